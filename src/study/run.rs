//! A run with everything that its result tells: the same call, and the same bytes, as `liqsim run`.

use std::sync::atomic::Ordering;

use super::assumed::assumptions;
use super::curve::curve;
use super::parameters::add_parameter_errors;
use super::safe::Depths;
use super::sentence::{SAFE, answer};
use super::simulation::{RunError, result_of, run_tallied};
use crate::engine::RunOptions;
use crate::estimate::{MergeError, Partial};
use crate::result::{Note, RunResult};
use crate::scenario::Scenario;
use crate::stats::Tally;

/// Simulates a scenario: every level, the largest leverage that is safe where the paths can tell it, a curve over leverage, and
/// the answer in words.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let (result, tally) = run_tallied(scenario, options)?;
    completed(scenario, &tally, options, result)
}

/// Why the parts of a run cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergePartsError {
    /// They do not belong together, or some are missing.
    #[error(transparent)]
    Parts(#[from] MergeError),
    /// The scenario is not the one that was run: it, a file that it names, or the version of liqsim has changed.
    #[error("the scenario is not the one that the parts were made of")]
    OtherScenario,
    /// There is no result.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// The result of a run from all of its parts ([`run_shard`](super::run_shard)): the same bytes as [`run`].
///
/// # Errors
/// See [`MergePartsError`].
pub fn merge(
    scenario: &Scenario,
    parts: &[Partial],
    options: &RunOptions<'_>,
) -> Result<RunResult, MergePartsError> {
    let tally = Partial::merge(parts)?;
    if parts.iter().any(|part| part.identity != scenario.identity()) {
        return Err(MergePartsError::OtherScenario);
    }
    let result = result_of(scenario, tally.clone(), options)?;
    Ok(completed(scenario, &tally, options, result)?)
}

/// Adds what a result tells beyond its levels; a run that was stopped gets no curve.
fn completed(
    scenario: &Scenario,
    tally: &Tally,
    options: &RunOptions<'_>,
    mut result: RunResult,
) -> Result<RunResult, RunError> {
    let is_stopped = || options.stop.load(Ordering::Relaxed);
    if let Some(depths) = Depths::new(scenario, tally) {
        // Whoever has stopped a run does not wait for a better number.
        let safe = match is_stopped() {
            true => depths.safe(SAFE),
            false => depths.safest(SAFE, options)?.0,
        };
        result.safe_leverage.push(safe);
    }
    if !is_stopped() {
        add_parameter_errors(scenario, tally, &mut result, options)?;
    }
    result.answer = Some(answer(scenario, &result));
    result.assumptions = Some(assumptions(scenario));
    if !is_stopped() {
        match curve(scenario, &result, &RunOptions { progress: &|_| {}, ..*options }) {
            Err(RunError::Interrupted) => {}
            curve => result.curve = curve?,
        }
    }
    if is_stopped() && !result.interrupted {
        let paths = result.paths;
        result.curve.clear();
        result.interrupted = true;
        result.notes.insert(0, Note::Interrupted { paths, planned: paths }.text());
    }
    result.scenario_toml = scenario.to_toml().ok();
    Ok(result)
}
