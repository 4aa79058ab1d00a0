//! Recorded prices as bars: read as people have them, cleaned, with every problem on record.

mod clean;
mod columns;
mod issue;
mod read;
mod resample;
mod series;
mod time;

pub use issue::{HistoryReport, Issue, IssueKind};
pub use read::HistoryError;
pub use resample::ResampleError;
pub use series::{HistoricalBar, PriceHistory};
pub use time::{format_time, parse_time};
