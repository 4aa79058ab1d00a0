//! How often what was forecast with a probability came.

use serde::Serialize;

use super::table::Table;
use crate::stats::Estimate;
use crate::study::ReliabilityBin;

/// A number with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl From<Estimate> for Score {
    fn from(Estimate { value, low, high, .. }: Estimate) -> Self {
        Self { value, low, high }
    }
}

/// Forecasts of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityRow {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) forecasts: usize,
    pub(super) predicted: f64,
    pub(super) realised: Score,
}

impl ReliabilityRow {
    /// Forecasts between two edges: how many, their mean, and what came.
    pub(super) fn new(
        (from, to): (f64, f64),
        forecasts: usize,
        predicted: f64,
        [value, low, high]: [f64; 3],
    ) -> Self {
        Self { from, to, forecasts, predicted, realised: Score { value, low, high } }
    }
}

impl From<&ReliabilityBin> for ReliabilityRow {
    fn from(bin: &ReliabilityBin) -> Self {
        let ReliabilityBin { from, to, forecasts, predicted, realised } = *bin;
        Self { from, to, forecasts, predicted, realised: realised.into() }
    }
}

/// How forecasts came true, as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordDocument {
    /// Name of the scenario.
    pub scenario: String,
    /// What came of it, in a sentence or two.
    pub answer: String,
    /// What was forecast, from what.
    pub line: String,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// The table of scores.
    #[serde(flatten)]
    pub table: Table,
    /// By model and horizon.
    pub scores: Vec<RecordedScore>,
}

/// The reliability of a model over a horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedScore {
    /// Kind of the model.
    pub model: String,
    /// The horizon.
    pub horizon_days: f64,
    /// Horizons that do not overlap; none where that is not known.
    pub independent_horizons: Option<f64>,
    /// Forecasts by size.
    pub reliability: Vec<ReliabilityRow>,
}
