//! A run with everything that its result tells: the same call, and the same bytes, as `liqsim run`.

use super::safe::Depths;
use super::simulation::{RunError, result_of, run_tallied};
use crate::engine::RunOptions;
use crate::estimate::{MergeError, Partial};
use crate::result::RunResult;
use crate::scenario::Scenario;
use crate::stats::Tally;

/// Probability of liquidation at which a leverage is shown as safe.
const SAFE: f64 = 0.01;

/// Simulates a scenario: every level, and the largest leverage that is safe where the paths can tell it.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let (result, tally) = run_tallied(scenario, options)?;
    with_safe_leverage(scenario, &tally, options, result)
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
    Ok(with_safe_leverage(scenario, &tally, options, result)?)
}

/// Adds the largest leverage that is safe, where the tally can tell.
fn with_safe_leverage(
    scenario: &Scenario,
    tally: &Tally,
    options: &RunOptions<'_>,
    mut result: RunResult,
) -> Result<RunResult, RunError> {
    if let Some(depths) = Depths::new(scenario, tally) {
        result.safe_leverage.push(depths.safest(SAFE, options)?.0);
    }
    Ok(result)
}
