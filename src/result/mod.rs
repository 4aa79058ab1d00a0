//! The result of a run: numbers, notes, and how both come from what was estimated.

mod charges;
mod notes;
mod noting;
mod passage;
mod picture;
mod run_result;
mod several;
mod sources;
mod summary;
mod words;

pub use notes::{Collateral, Currency, Note, NoteText};
pub use picture::{EquityDistribution, PriceFan, PriceFans};
pub use run_result::{
    CostStats, EquityPoint, Interval, Kelly, LevelResult, MarginCalls, PartialLiquidations, PositionResult,
    Quantiles, ReturnStats, RunResult, SafeLeverage, SurvivalPoint, TimeToLiquidation,
};
pub use sources::Sources;
pub use summary::summarise;
