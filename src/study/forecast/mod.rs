//! Forecasts of liquidation from recorded prices, and how such forecasts have come true.
//!
//! For an account whose liquidation is the first passage of one asset through a fixed barrier: how far the price goes from each start
//! is worked out once, and serves every leverage on both sides. Other accounts are followed as they stand (`accounts`).

mod accounts;
mod barrier;
mod logistic;
mod methods;
mod scores;
mod setup;
mod walk;

pub use accounts::walk_accounts;
pub use barrier::Barrier;
pub use logistic::{Logistic, logistic};
pub use methods::{ForecastError, ForecastMethod};
pub use scores::{ReliabilityBin, Scores, scores};
pub use setup::barriers;
pub use walk::{ForecastWalk, HorizonForecasts, OtherModels, WalkOptions, walk, walk_beside};
