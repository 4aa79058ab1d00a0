//! Plan, the block loop, parallel run, stopping, merge.

mod result;

pub use result::{Kelly, LevelResult, Note, Quantiles, ReturnStats, RunResult, TimeToLiquidation};

#[allow(missing_docs)]
mod run;
pub use run::{Progress, RunError, RunOptions, run};
