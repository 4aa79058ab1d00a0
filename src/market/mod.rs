//! What passes from models to accounts: units of time, the time grid, and bars.

mod bars;
mod duration;

pub use bars::{Bars, Sides};
pub use duration::{Duration, DurationError, SECONDS_PER_DAY, SECONDS_PER_YEAR};
