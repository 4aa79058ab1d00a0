//! Positions under margin and the outcome of a path.

mod position;

pub use position::{Level, LevelError, LiquidationFill};
