//! What passes from models to accounts: units of time, the time grid, and bars; and recorded price history.

mod bars;
mod duration;
mod history;

pub use bars::{Bars, Sides};
pub use duration::{Duration, DurationError, SECONDS_PER_DAY, SECONDS_PER_YEAR};
pub use history::{
    HistoricalBar, HistoryError, HistoryReport, Issue, IssueKind, PriceHistory, ResampleError, format_time,
    parse_time,
};
