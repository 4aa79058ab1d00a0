//! Plan, the block loop, parallel run, stopping, merge.

mod result;

pub use result::{Kelly, LevelResult, Note, Quantiles, ReturnStats, RunResult, TimeToLiquidation};
