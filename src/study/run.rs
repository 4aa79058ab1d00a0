//! A run with everything that its result tells: the same call, and the same bytes, as `liqsim run`.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::assumed::assumptions;
use super::curve::curve;
use super::parameters::add_parameter_errors;
use super::safe::Depths;
use super::sentence::{SAFE, answer};
use super::simulation::{Prepared, RunError, run_tallied};
use crate::engine::{Executor, RunOptions, SharedWork};
use crate::estimate::{CurvePart, Partial, joined};
use crate::result::{Note, PriceFans, RunResult};
use crate::scenario::Scenario;
use crate::stats::Tally;

/// Simulates a scenario: every level, the largest leverage that is safe where the paths can tell it, a curve over leverage, and
/// the answer in words.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let (result, tally) = run_tallied(scenario, options)?;
    completed(scenario, &tally, options, (result, SharedWork::default(), None))
}

/// Why a part of a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum MergePartsError {
    /// These blocks are missing, up to the next look at the precision where the run has one.
    #[error("not all blocks are there; missing: {}", listed(.0))]
    Missing(Vec<Range<u64>>),
    /// The scenario is not the one that was run: it, a file that it names, or the version of liqsim has changed.
    #[error("the scenario is not the one that the parts were made of")]
    OtherScenario,
    /// It does not hold the paths of its blocks.
    #[error("a part does not hold the paths that its blocks have")]
    Unsound,
    /// There is no result.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Ranges that are named in a message.
const MOST_NAMED: usize = 20;

fn listed(ranges: &[Range<u64>]) -> String {
    let named: Vec<String> =
        ranges.iter().take(MOST_NAMED).map(|range| format!("{}..{}", range.start, range.end)).collect();
    let rest = if ranges.len() > MOST_NAMED { " and more" } else { "" };
    format!("{}{rest}", named.join(", "))
}

/// The result of a run from all of its parts, joined ([`Partial::merge`]): the same bytes as [`run`].
///
/// # Errors
/// See [`MergePartsError`].
pub fn merge(
    scenario: &Scenario,
    part: &Partial,
    options: &RunOptions<'_>,
) -> Result<RunResult, MergePartsError> {
    if part.identity != scenario.identity() {
        return Err(MergePartsError::OtherScenario);
    }
    if !part.is_of(scenario) {
        return Err(MergePartsError::Unsound);
    }
    let prepared = Prepared::new(scenario)?;
    let executor = Executor::new(*options).map_err(RunError::from)?.sharing(None, part.work.clone());
    let outcome = joined(&prepared.job(), part, &executor).map_err(MergePartsError::Missing)?;
    let result = prepared.result(&outcome, &mut PriceFans::default())?;
    let made = (result, executor.into_work(), part.curve.as_deref().cloned());
    Ok(completed(scenario, &outcome.tally, options, made)?)
}

/// Adds what a result tells beyond its levels; a run that was stopped gets no curve.
fn completed(
    scenario: &Scenario,
    tally: &Tally,
    options: &RunOptions<'_>,
    (mut result, work, made): (RunResult, SharedWork, Option<CurvePart>),
) -> Result<RunResult, RunError> {
    let is_stopped = || options.stop.load(Ordering::Relaxed);
    if let Some(depths) = Depths::new(scenario, tally).map(|depths| depths.resting_on(&result)) {
        // Whoever has stopped a run does not wait for a better number.
        let safe = match is_stopped() {
            true => depths.safe(SAFE),
            false => depths.safest_of(SAFE, &Executor::new(*options)?.sharing(None, work))?.0,
        };
        result.safe_leverage.push(safe);
    }
    if !is_stopped() {
        match curve(scenario, &result, made, &RunOptions { progress: &|_| {}, ..*options }) {
            Err(RunError::Interrupted) => {}
            curve => result.curve = curve?,
        }
    }
    if !is_stopped() {
        add_parameter_errors(scenario, tally, &mut result, options)?;
    }
    result.answer = Some(answer(scenario, &result));
    result.assumptions = Some(assumptions(scenario));
    if is_stopped() && !result.interrupted {
        let paths = result.paths;
        result.curve.clear();
        result.interrupted = true;
        result.notes.insert(0, Note::Interrupted { paths, planned: paths }.text());
    }
    result.scenario_toml = scenario.to_toml().ok();
    Ok(result)
}
