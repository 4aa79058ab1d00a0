//! The file format: text to [`Scenario`], problems with their place, schema.

mod types;

pub use types::{Account, Asset, Limit, MarginMode, Monitoring, PathBudget, Position, Scenario, Simulation};
