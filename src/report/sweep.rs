//! What a sweep found, for the heat map of the report.

use serde::Serialize;

use crate::result::RunResult;

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
    pub liquidation_probability: Shown,
    /// Mean return on equity.
    pub mean_return: Shown,
    /// Mean loss on equity in the worst 5 % of the paths.
    pub expected_shortfall: Option<Shown>,
}

/// What the map shows of an estimate; the rest would only make the page larger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shown {
    /// The estimate.
    pub value: f64,
    /// Lower end of the 95 % interval, where the map shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl SweepCell {
    /// The cell of a result.
    pub fn new(label: String, values: Vec<String>, result: &RunResult) -> Self {
        let alone = |value| Shown { value, low: None, high: None };
        let levels = result
            .levels
            .iter()
            .map(|level| SweepLevel {
                leverage: level.leverage,
                liquidation_probability: Shown {
                    value: level.liquidation_probability.value,
                    low: Some(level.liquidation_probability.low),
                    high: Some(level.liquidation_probability.high),
                },
                mean_return: alone(level.mean_return.value),
                expected_shortfall: level
                    .expected_shortfall
                    .get("0.95")
                    .map(|shortfall| alone(shortfall.value)),
            })
            .collect();
        Self { label, values, identity: result.identity.clone(), levels }
    }
}
