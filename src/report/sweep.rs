//! What a sweep found, for the heat map of the report.

use serde::Serialize;

use crate::engine::RunResult;
use crate::stats::Estimate;

/// Every cell of a sweep with the figures of the heat map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// The keys that take several values.
    pub axes: Vec<SweepAxis>,
    /// Whether the cells are all combinations of the axes; otherwise each stands for itself.
    pub is_grid: bool,
    /// One entry per cell.
    pub cells: Vec<SweepCell>,
}

/// A key and the values that it takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepAxis {
    /// Dotted path of the key.
    pub key: String,
    /// The values as text.
    pub values: Vec<String>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepCell {
    /// What tells it from the others.
    pub label: String,
    /// Its value of each axis, as text.
    pub values: Vec<String>,
    /// Its identity.
    pub identity: String,
    /// One entry per leverage.
    pub levels: Vec<SweepLevel>,
}

/// One leverage of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepLevel {
    /// The leverage.
    pub leverage: f64,
    /// Probability of liquidation.
    pub liquidation_probability: Estimate,
    /// Mean return on equity.
    pub mean_return: Estimate,
    /// Mean loss on equity in the worst 5 % of the paths.
    pub expected_shortfall: Option<Estimate>,
}

impl SweepCell {
    /// The cell of a result.
    pub fn new(label: String, values: Vec<String>, result: &RunResult) -> Self {
        let levels = result
            .levels
            .iter()
            .map(|level| SweepLevel {
                leverage: level.leverage,
                liquidation_probability: level.liquidation_probability,
                mean_return: level.mean_return,
                expected_shortfall: level.expected_shortfall.get("0.95").copied(),
            })
            .collect();
        Self { label, values, identity: result.identity.clone(), levels }
    }
}
