//! Positions under margin: what a path of prices does to every leverage level of an account.

mod evaluation;
mod hits;
mod ledger;
mod nested;
mod position;

pub use evaluation::{Evaluation, Hit, Survivors};
pub use ledger::Ledger;
pub use nested::Nested;
pub use position::{Level, LevelError, LiquidationFill};
