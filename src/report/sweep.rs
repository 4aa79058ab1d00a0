//! What a sweep found, for the heat map of the report.

use std::io;

use serde::Serialize;

use super::sweep_tables::{SweepTables, short_names};
use crate::result::RunResult;

/// Rows of the map that a page can hold and stay below 1.5 MB: cells times leverages.
pub const MOST_MAPPED: usize = 4_000;

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
    /// The last parts of the key, as many as tell it from the others.
    pub name: String,
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

impl SweepReport {
    /// The map of a sweep; none where its cells are too many for a page.
    ///
    /// # Errors
    /// A result is gone.
    pub fn new(tables: &SweepTables<'_>) -> io::Result<Option<Self>> {
        let sources = tables.plan.sources();
        let (keys, axes) = axes(tables);
        let is_grid = sources.len() == 1 && !sources[0].cells.is_paired;
        let mut report = Self { is_grid, axes: Vec::new(), cells: Vec::new() };
        let mut rows = 0;
        for cell in tables.plan.cells() {
            let source = &sources[cell.source];
            let result = tables.result(&cell.identity)?;
            let values = keys.iter().map(|key| source.value(cell.cell, key).unwrap_or_default());
            report.cells.push(SweepCell::new(source.label(cell.cell), values.collect(), &result));
            rows += result.levels.len();
            if rows > MOST_MAPPED {
                return Ok(None);
            }
        }
        report.axes = axes;
        Ok(Some(report))
    }
}

/// The keys that take several values in any of the sources, and what is shown of them with all their values.
fn axes<'a>(tables: &SweepTables<'a>) -> (Vec<&'a str>, Vec<SweepAxis>) {
    let mut keys: Vec<&str> = Vec::new();
    let mut values: Vec<Vec<String>> = Vec::new();
    for axis in tables.plan.sources().iter().flat_map(|source| &source.cells.axes) {
        let known = keys.iter().position(|known| *known == axis.key);
        let at = known.unwrap_or_else(|| {
            keys.push(&axis.key);
            values.push(Vec::new());
            keys.len() - 1
        });
        for value in axis.values.iter().map(|value| value.trim_matches('"').to_owned()) {
            if !values[at].contains(&value) {
                values[at].push(value);
            }
        }
    }
    let names = short_names(&keys).into_iter();
    let axes = names.zip(values).map(|(name, values)| SweepAxis { name, values }).collect();
    (keys, axes)
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
