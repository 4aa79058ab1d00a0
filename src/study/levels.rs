//! Runs whose levels carry the errors of the parameters where the scenario asks for them.

use super::parameters::add_parameter_errors;
use super::simulation::{RunError, run_tallied, share};
use crate::engine::RunOptions;
use crate::result::RunResult;
use crate::scenario::Scenario;

/// Simulates a scenario: the results of all levels.
///
/// # Errors
/// See [`RunError`].
pub fn run_levels(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let (mut result, tally) = run_tallied(scenario, options)?;
    add_parameter_errors(scenario, &tally, &mut result, options)?;
    Ok(result)
}

/// Simulates scenarios that differ in their accounts only, on the same paths: each block of paths is made once and shown to all
/// accounts. The results are those of single runs, bit for bit.
///
/// What is not shared: probabilities that do not rest on the paths, which each account takes from points or particles of its own, and draws
/// of the parameters.
///
/// # Errors
/// See [`RunError`]; the scenarios must have the same [`path_key`](crate::engine::path_key()).
pub fn run_sharing(scenarios: &[Scenario], options: &RunOptions<'_>) -> Result<Vec<RunResult>, RunError> {
    let found = share(scenarios, options)?;
    let one = |(scenario, (mut result, tally)): (&Scenario, _)| {
        add_parameter_errors(scenario, &tally, &mut result, options)?;
        Ok(result)
    };
    scenarios.iter().zip(found).map(one).collect()
}
