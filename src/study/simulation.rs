//! Simulating scenarios: from what is asked to the results of all levels.

use std::borrow::Cow;

use super::metric::Metrics;
use crate::engine::{
    BLOCK_LANES, Executor, NotANumber, PathLawError, Plan, PlanError, RunOptions, ThreadsError,
};
use crate::estimate::{Estimators, Job, Outcome, SamplingError, estimate, outcome_of};
use crate::result::{LevelResult, PriceFans, RunResult, summarise};
use crate::scenario::{PathBudget, PreciseMetric, Scenario};
use crate::stats::Tally;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Its prices cannot.
    #[error(transparent)]
    Law(#[from] PathLawError),
    /// It asks for a way to its probabilities that there is not.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A model gives prices that are no numbers.
    #[error(transparent)]
    NotANumber(#[from] NotANumber),
    /// Stopped before the first block was finished.
    #[error("interrupted before any path was finished")]
    Interrupted,
    /// Scenarios that were to share their paths do not have the same.
    #[error("the scenarios do not have the same paths")]
    DifferentPaths,
    /// The paths of the parts would not be known beforehand.
    #[error("a run that stops at a precision has no shards: give it a number of paths, such as --paths 1e7")]
    ShardOfPrecision,
    /// Some would be empty.
    #[error("{paths} paths cannot be cut into {shards} shards, each at least a block of {BLOCK_LANES}")]
    TooManyShards {
        /// Shards asked for.
        shards: u64,
        /// Paths of the run.
        paths: u64,
    },
    /// The tally has other paths or levels than the scenario.
    #[error("the tally holds {paths} paths, but the scenario asks for {planned}, or for other levels")]
    OtherTally {
        /// Paths of the tally.
        paths: u64,
        /// Paths of the scenario.
        planned: u64,
    },
    /// A range of blocks that is empty, or that ends beyond the run.
    #[error(
        "there are no blocks {start}..{end}: the run has {all} of {BLOCK_LANES} paths, from 0, and a range is without its end"
    )]
    NoSuchBlocks {
        /// The first block asked for.
        start: u64,
        /// The one after the last.
        end: u64,
        /// Blocks of the run.
        all: u64,
    },
    /// The threads could not be started.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
}

/// A scenario ready to be run.
pub(super) struct Prepared<'a> {
    pub scenario: Cow<'a, Scenario>,
    pub plan: Plan,
    pub estimators: Estimators,
}

impl<'a> Prepared<'a> {
    pub fn new(scenario: &'a Scenario) -> Result<Self, RunError> {
        Self::of(Cow::Borrowed(scenario))
    }

    pub fn of(scenario: Cow<'a, Scenario>) -> Result<Self, RunError> {
        let plan = Plan::new(&scenario)?;
        Ok(Self { estimators: Estimators::new(&scenario, &plan)?, scenario, plan })
    }

    pub fn job(&self) -> Job<'_> {
        let (scenario, plan, estimators) = (&*self.scenario, &self.plan, &self.estimators);
        Job { scenario, plan, estimators, measure: measured }
    }

    pub fn result(&self, outcome: &Outcome, fans: &mut PriceFans) -> Result<RunResult, RunError> {
        if outcome.tally.paths == 0 {
            return Err(RunError::Interrupted);
        }
        let price_fan = fans.of(&self.scenario)?;
        Ok(RunResult { price_fan, ..summarise(&self.scenario, &self.plan, &self.estimators, outcome) })
    }
}

/// A number of every level, and its standard error, of what a job has come to.
fn measured(job: &Job<'_>, outcome: &Outcome, metric: PreciseMetric) -> Vec<(f64, f64)> {
    let result = summarise(job.scenario, job.plan, job.estimators, outcome);
    let of = |level: &LevelResult| {
        let found = Metrics::new(level, result.paths).get(metric.name())?.estimate();
        Some((found.value, found.std_error))
    };
    result.levels.iter().filter_map(of).collect()
}

/// Simulates a scenario: the results of all levels, errors of sampling alone.
///
/// # Errors
/// See [`RunError`].
pub(super) fn run_sampled(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    run_tallied(scenario, options).map(|(result, _)| result)
}

/// Simulates a scenario, errors of sampling alone; also what the result was made of.
///
/// # Errors
/// See [`RunError`].
pub fn run_tallied(scenario: &Scenario, options: &RunOptions<'_>) -> Result<(RunResult, Tally), RunError> {
    run_prepared(&[Prepared::new(scenario)?], options)?.pop().ok_or(RunError::Interrupted)
}

/// Simulates scenarios with the same [`path_key`](crate::engine::path_key()) on the same paths; also what their results were made of.
///
/// # Errors
/// See [`RunError`].
pub(super) fn share(
    scenarios: &[Scenario],
    options: &RunOptions<'_>,
) -> Result<Vec<(RunResult, Tally)>, RunError> {
    run_prepared(&with_same_paths(scenarios)?, options)
}

/// Scenarios that can be run on the same paths.
///
/// # Errors
/// See [`RunError`]; they cannot.
pub(super) fn with_same_paths(scenarios: &[Scenario]) -> Result<Vec<Prepared<'_>>, RunError> {
    let prepared = scenarios.iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
    let mut keys = prepared.iter().map(|one| one.plan.path_key(&one.scenario.simulation.paths));
    let first = keys.next();
    match keys.any(|key| Some(key) != first) {
        true => Err(RunError::DifferentPaths),
        false => Ok(prepared),
    }
}

/// Simulates scenarios with the same path key.
fn run_prepared(
    prepared: &[Prepared<'_>],
    options: &RunOptions<'_>,
) -> Result<Vec<(RunResult, Tally)>, RunError> {
    let executor = Executor::new(*options)?;
    let jobs: Vec<Job<'_>> = prepared.iter().map(Prepared::job).collect();
    let outcomes = estimate(&jobs, &executor)?;
    let mut fans = PriceFans::default();
    let result =
        |(one, outcome): (&Prepared<'_>, Outcome)| Ok((one.result(&outcome, &mut fans)?, outcome.tally));
    prepared.iter().zip(outcomes).map(result).collect()
}

/// The result of a scenario from the tally of all its paths.
///
/// # Errors
/// See [`RunError`]; the tally must be that of the scenario.
pub fn result_of(scenario: &Scenario, tally: Tally, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let prepared = Prepared::new(scenario)?;
    let PathBudget::Fixed(paths) = scenario.simulation.paths else { return Err(RunError::ShardOfPrecision) };
    if tally.paths != paths || tally.levels.len() != prepared.plan.terms.len() {
        return Err(RunError::OtherTally { paths: tally.paths, planned: paths });
    }
    let outcome = outcome_of(&prepared.job(), tally, &Executor::new(*options)?);
    prepared.result(&outcome, &mut PriceFans::default())
}
