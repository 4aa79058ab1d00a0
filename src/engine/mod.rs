//! Plan, the block loop, parallel run, stopping, and the result.

mod bar_step;
mod block;
mod columns;
mod funding;
mod grid;
mod held;
mod common_jumps;
mod crossing;
mod driver;
mod looks;
mod mining;
mod network;
mod partial;
mod path_law;
mod picture;
mod plan;
mod rare;
mod result;
mod run;
mod sampling;
mod records;
mod several;
mod summary;
mod passage;
mod paths;
mod worker;

pub use block::BLOCK_LANES;
pub use crossing::{Crossing, CrossingEstimate, CrossingTarget};
pub use funding::FundingLaw;
pub use grid::GridPoint;
pub use held::held;
pub use mining::{HashpricePoint, MinerPoint, MinerResult, MinerStart, NetworkResult};
pub use network::NetworkLaw;
pub use partial::{MergeError, Partial, Shard, ShardError};
pub use path_law::{PathLaw, PathLawError};
pub use paths::{AssetBars, Closes, PathBars};
pub use picture::{EquityDistribution, PriceFan};
pub use plan::{LevelTerms, Plan, PlanError, PositionAtStart, path_key};
pub use rare::{RareBudget, RareEstimate, RareEvents};
pub use result::{
    CostStats, CurveLevel, EquityPoint, Interval, Kelly, LevelResult, MarginCalls, Note, PartialLiquidations,
    PositionResult, Quantiles, ReturnStats, RunResult, SafeLeverage, SurvivalPoint, TimeToLiquidation,
};
pub use run::{Progress, RunError, RunOptions, result_of, run, run_shard, run_sharing, run_tallied};
pub use sampling::{DepthApart, depth_apart};
pub use worker::Worker;
