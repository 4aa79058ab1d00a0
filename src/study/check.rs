//! The verdict on scenarios: their limits, and what changed since a baseline.

use serde::{Deserialize, Serialize};

use super::assumptions::Assumptions;
use super::comparison::Comparison;
use super::limits::LimitCheck;
use super::verdict::Verdict;

/// The verdict on one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioCheck {
    /// Title of the scenario.
    pub scenario: String,
    /// The file it came from.
    pub file: String,
    /// Hash of what determines the result.
    pub identity: String,
    /// Number of simulated paths.
    pub paths: u64,
    /// The worst of the limits, the baseline and the assumptions.
    pub verdict: Verdict,
    /// One entry per limit and level.
    pub limits: Vec<LimitCheck>,
    /// Against the baseline, if there is one.
    pub baseline: Option<Comparison>,
    /// Its model against recorded prices, if there are any.
    #[serde(default)]
    pub assumptions: Option<Assumptions>,
    /// What to know besides.
    pub notes: Vec<String>,
}

impl ScenarioCheck {
    /// The worst of the limits, the baseline and the assumptions.
    pub fn judge(&mut self) {
        let limits = self.limits.iter().map(|limit| limit.verdict);
        let baseline = self.baseline.iter().map(|baseline| baseline.verdict);
        let assumptions = self.assumptions.iter().map(|assumptions| assumptions.verdict);
        self.verdict = Verdict::worst(limits.chain(baseline).chain(assumptions));
    }
}

/// The verdict on all scenarios of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The worst of all.
    pub verdict: Verdict,
    /// One entry per scenario.
    pub scenarios: Vec<ScenarioCheck>,
}

impl CheckReport {
    /// The report of some scenarios.
    pub fn new(scenarios: Vec<ScenarioCheck>) -> Self {
        Self { verdict: Verdict::worst(scenarios.iter().map(|scenario| scenario.verdict)), scenarios }
    }
}
