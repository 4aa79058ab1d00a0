//! What passes from models to accounts: units of time, the time grid, and bars; and recorded history of prices and funding.

mod bars;
mod duration;
mod funding_history;
mod history;
mod varying;

pub use bars::{Bars, Sides};
pub use duration::{Duration, DurationError, SECONDS_PER_DAY, SECONDS_PER_YEAR};
pub use funding_history::{FundingHistory, FundingHistoryError};
pub use history::{
    HistoricalBar, HistoryError, HistoryReport, Issue, IssueKind, PriceHistory, ResampleError, format_time,
    parse_time,
};
pub use varying::Varying;
