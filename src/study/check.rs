//! The verdict on scenarios: their limits, and what changed since a baseline.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::assumptions::Assumptions;
use super::comparison::{Comparison, ComparisonOptions, compare};
use super::levels::run_levels as run;
use super::limits::{LimitCheck, check_limits};
use super::simulation::RunError;
use super::verdict::Verdict;
use crate::engine::RunOptions;
use crate::result::RunResult;
use crate::scenario::Scenario;

/// Rounds of deciding: each one knows better how many paths are needed.
const MOST_ROUNDS: usize = 5;

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

/// What a scenario is checked for, besides its limits.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions<'a> {
    /// Results of earlier runs, one of which has the title of the scenario.
    pub baseline: Option<&'a [RunResult]>,
    /// How to compare with it.
    pub comparison: ComparisonOptions,
    /// Where a limit is undecided: run as many paths as decide it, and no more than these.
    pub decide: Option<u64>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The scenario cannot be run, or the run was cut short: part of the paths is no ground for a verdict.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No result of the baseline has its title.
    #[error("the baseline has no scenario \"{0}\"")]
    NotInBaseline(String),
}

/// Runs a scenario and judges it; also the result of the run. The verdict is that of limits and baseline: a caller that adds
/// assumptions calls [`ScenarioCheck::judge`] again. `file` is where the scenario came from, as reports show it.
///
/// # Errors
/// See [`CheckError`].
pub fn check(
    scenario: &Scenario,
    file: &str,
    asked: &CheckOptions<'_>,
    options: &RunOptions<'_>,
) -> Result<(ScenarioCheck, RunResult), CheckError> {
    let result = complete(scenario, options)?;
    let mut notes = Vec::new();
    let (mut limits, paths) = judge_limits(scenario, &result, asked.decide, options)?;
    for limit in &mut limits {
        limit.line = scenario.line_of_limit(&limit.metric, limit.leverage, (limit.min, limit.max));
    }
    if paths > result.paths {
        notes.push(format!("{} paths did not decide every limit; {paths} were run.", result.paths));
    }
    let baseline = match asked.baseline {
        None => None,
        Some(baseline) => {
            let named = baseline.iter().find(|other| other.scenario == scenario.name);
            let before = named.ok_or_else(|| CheckError::NotInBaseline(scenario.name.clone()))?;
            let mut comparison = compare(before, &result, asked.comparison.clone());
            comparison.limited = scenario.limits.iter().map(|limit| limit.metric.clone()).collect();
            Some(comparison)
        }
    };
    let mut check = ScenarioCheck {
        scenario: scenario.name.clone(),
        file: file.to_owned(),
        identity: result.identity.clone(),
        paths,
        verdict: Verdict::Pass,
        limits,
        baseline,
        assumptions: None,
        notes,
    };
    check.judge();
    Ok((check, result))
}

fn complete(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let result = run(scenario, options)?;
    if options.stop.load(Ordering::Relaxed) { Err(RunError::Interrupted) } else { Ok(result) }
}

/// The limits, with more paths where these decide; and the number of paths.
fn judge_limits(
    scenario: &Scenario,
    result: &RunResult,
    decide: Option<u64>,
    options: &RunOptions<'_>,
) -> Result<(Vec<LimitCheck>, u64), RunError> {
    let mut limits = check_limits(result, &scenario.limits);
    let mut paths = result.paths;
    for _ in 0..MOST_ROUNDS {
        let needed = limits.iter().filter_map(|limit| limit.paths_to_decide).max();
        let Some((needed, most)) = needed.zip(decide).filter(|(_, most)| paths < *most) else { break };
        let longer = complete(&scenario.clone().with(Some(needed.min(most)), None), options)?;
        limits = check_limits(&longer, &scenario.limits);
        paths = longer.paths;
    }
    Ok((limits, paths))
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
