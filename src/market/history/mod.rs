//! Recorded prices as bars: read as people have them, cleaned, with every problem on record.
//!
//! The stages, a file each: bytes to text (`packing`, `json`, `parquet`; `streamed` where it is large), letters (`letters`), text to rows of fields (`layout`), which column
//! is which (`columns` by names, `order` by numbers), numbers (`number`), times (`stamp`, `epoch`, `times`), rows (`table`), bars
//! (`clean`), and checks that refute the whole reading (`refute`, `courses`, `filled`). What cannot be told is refused with what to say, never guessed.

mod clean;
mod clock;
mod closed;
mod columns;
mod counts;
mod courses;
mod dates;
mod epoch;
mod error;
mod filled;
mod instruments;
mod issue;
mod jitter;
mod json;
mod layout;
mod letters;
mod lines;
mod names;
mod number;
mod options;
mod order;
mod packing;
#[cfg(feature = "parquet")]
mod parquet;
mod rate_refusal;
mod read;
mod refusal;
mod refute;
mod resample;
mod series;
mod sheet;
mod stamp;
mod streamed;
mod table;
mod text;
mod time;
mod times;
mod watch;
mod words;
mod zone;

pub use error::HistoryError;
pub use issue::{HistoryReport, Issue, IssueKind};
pub use options::{ColumnChoice, DateOrder, DecimalMark, ReadOptions, Role};
pub use rate_refusal::RateRefusal;
pub use refusal::Refusal;
pub use resample::ResampleError;
pub use series::{HistoricalBar, PriceHistory};
pub use time::{Period, format_time, parse_time};

pub(super) use columns::Want;
pub(super) use counts::most_frequent;
pub(super) use filled::copied;
pub(super) use read::{refused_in, table_of};
pub(super) use table::Table;
