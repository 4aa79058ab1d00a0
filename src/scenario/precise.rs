//! What a run to a precision runs for: a number of the result, by the name that limits have for it.

use serde::Serialize;

/// The numbers of a level that more paths make precise, the usual one first.
const METRICS: [&str; 15] = [
    "liquidation_probability",
    "loss_probability",
    "mean_return",
    "bad_debt",
    "value_at_risk.0.95",
    "value_at_risk.0.99",
    "expected_shortfall.0.95",
    "expected_shortfall.0.99",
    "return.quantiles.0.01",
    "return.quantiles.0.05",
    "return.quantiles.0.25",
    "return.quantiles.0.5",
    "return.quantiles.0.75",
    "return.quantiles.0.95",
    "return.quantiles.0.99",
];

/// Which number of every level is to be precise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PreciseMetric(&'static str);

impl Default for PreciseMetric {
    fn default() -> Self {
        Self(METRICS[0])
    }
}

impl PreciseMetric {
    /// The number that limits and results have by this name; none where paths do not make it precise.
    pub fn named(name: &str) -> Option<Self> {
        METRICS.into_iter().find(|metric| *metric == name).map(Self)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        METRICS.into_iter().map(Self)
    }

    /// Its name in limits and results.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether it is the one that is meant where none is named.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
