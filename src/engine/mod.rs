//! Plan, the block loop, parallel run, stopping, and the result.

mod block;
mod picture;
mod plan;
mod result;
mod run;
mod summary;

pub use block::{BLOCK_LANES, Worker};
pub use picture::{EquityDistribution, PriceFan};
pub use plan::{GridPoint, Plan, PlanError};
pub use result::{
    Interval, Kelly, LevelResult, Note, Quantiles, ReturnStats, RunResult, SafeLeverage, TimeToLiquidation,
};
pub use run::{Progress, RunError, RunOptions, run, run_tallied};
