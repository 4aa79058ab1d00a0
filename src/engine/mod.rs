//! What makes paths and shows them to observers: the law of the paths, the grid, the block loop, the executor.

mod block;
mod columns;
mod common_jumps;
mod driver;
mod executor;
mod funding;
mod grid;
mod held;
mod looks;
mod network;
mod not_a_number;
mod path_law;
mod past_starts;
mod paths;
mod plan;
mod price_fan;
mod recorded;
mod shared_work;
mod source;
mod worker;

pub use block::BLOCK_LANES;
pub(crate) use block::BlockLoop;
pub use executor::{Executor, Progress, RunOptions, ThreadsError};
pub use funding::FundingLaw;
pub use grid::GridPoint;
pub use held::held;
pub use network::NetworkLaw;
pub use not_a_number::{Broken, NotANumber};
pub use past_starts::{PastStarts, PastWorker};
pub use path_law::{PathLaw, PathLawError};
pub use paths::{AssetBars, Closes, PathBars};
pub use plan::{LevelTerms, Plan, PlanError, PositionAtStart, path_key};
pub use price_fan::PriceDates;
pub use recorded::{BarColumns, RecordedPaths};
pub use shared_work::{OtherWork, Portion, SharedWork};
pub use worker::Worker;
