//! The result of a run: numbers, notes, and how both come from what was estimated.

mod charges;
mod drawn;
mod means;
mod notes;
mod mining;
mod noting;
mod passage;
mod picture;
mod records;
mod run_result;
mod several;
mod sources;
mod summary;
mod time;
mod words;

pub use means::{LevelMeans, TAILS};
pub use mining::{HashpricePoint, MinerPoint, MinerResult, MinerStart, NetworkResult};
pub use notes::{Collateral, Currency, Note, NoteText};
pub use picture::{EquityDistribution, PriceFan, PriceFans};
pub use run_result::{
    CostStats, CurveLevel, EquityPoint, Interval, Kelly, LevelResult, MarginCalls, PartialLiquidations,
    PositionResult, Quantiles, ReturnStats, RunResult, SafeLeverage, SurvivalPoint,
};
pub use sources::Sources;
pub use summary::summarise;
pub use time::TimeToLiquidation;
