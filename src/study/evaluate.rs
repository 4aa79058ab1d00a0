//! Evaluating an account on paths that a caller brings.

use super::run::RunError;
use crate::engine::{Executor, PathArrays, Plan, PlanError, RunOptions, held};
use crate::estimate::{Ending, Estimators, Outcome, tally_of};
use crate::result::{RunResult, summarise};
use crate::scenario::Scenario;

/// Why an account cannot be evaluated on paths.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The account cannot be opened.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The paths are of other assets.
    #[error(
        "the paths are of {given} assets, and the scenario has {wanted}: bring the bars of each, in the scenario's order"
    )]
    Assets {
        /// Assets of the paths.
        given: usize,
        /// Assets of the scenario.
        wanted: usize,
    },
    /// The work could not be done.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// The result of a scenario's account on given paths, all of the same weight: their bars take the place of those of the models, their
/// length that of the horizon. Everything is counted; the errors are those of independent paths.
///
/// What a bar does not tell is decided against the account: see [`GivenPaths`](crate::engine::GivenPaths).
///
/// # Errors
/// See [`EvaluateError`].
pub fn evaluate(
    scenario: &Scenario,
    paths: &PathArrays,
    options: &RunOptions<'_>,
) -> Result<RunResult, EvaluateError> {
    let (given, wanted) = (paths.assets(), scenario.assets.len());
    if given != wanted {
        return Err(EvaluateError::Assets { given, wanted });
    }
    let mut scenario = scenario.clone();
    scenario.simulation.horizon = paths.horizon();
    let is_held = |asset: &usize| scenario.account.positions.iter().any(|position| position.asset == *asset);
    let assets: Vec<usize> = (0..wanted).filter(is_held).collect();
    let paths = paths.of_assets(&assets).ok_or(EvaluateError::Assets { given, wanted })?;
    let plan = Plan::new(&held(&scenario))?;
    let executor = Executor::new(*options).map_err(RunError::from)?;
    let (count, planned) = (paths.paths(), paths.paths() as u64);
    let tally = tally_of(&plan, &paths, count, &executor);
    if tally.paths == 0 {
        return Err(RunError::Interrupted.into());
    }
    let ending = if tally.paths < planned { Ending::Interrupted { planned } } else { Ending::Complete };
    let outcome = Outcome { tally, answers: Default::default(), ending };
    Ok(summarise(&scenario, &plan, &Estimators::counting(&plan), &outcome))
}
