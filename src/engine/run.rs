//! Running the blocks of a plan on several threads.
//!
//! Blocks are handed out in rising order and every block handed out is finished, so whatever has been done when a run
//! is interrupted is a prefix of the blocks. Tallies merge exactly, so the result depends on which blocks were run and
//! on nothing else.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::block::BLOCK_LANES;
use super::partial::{Partial, Shard};
use super::path_law::PathLawError;
use super::picture::PriceFans;
use super::plan::{Plan, PlanError};
use super::result::RunResult;
use super::sampling::{self, Apart};
use super::summary::{Ending, summarise};
use super::worker::Worker;
use crate::scenario::{PathBudget, Scenario};
use crate::stats::{Estimate, LevelTally, Tally};

/// How to run; nothing here changes the result of a finished run.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// Number of threads; all CPUs if none.
    pub threads: Option<usize>,
    /// Set from outside to stop after the blocks in flight.
    pub stop: &'a AtomicBool,
    /// Called now and then from a worker thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// Never set.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Default for RunOptions<'_> {
    /// All CPUs, to the end, without a word.
    fn default() -> Self {
        Self { threads: None, stop: &NEVER, progress: &|_| {} }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Paths finished.
    pub paths_done: u64,
    /// Paths in all; under a precision target the most that may be run.
    pub paths_planned: u64,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Its prices cannot.
    #[error(transparent)]
    Law(#[from] PathLawError),
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
    #[error("the shards hold {paths} paths, but the scenario asks for {planned}, or for other levels")]
    OtherTally {
        /// Paths of the tally.
        paths: u64,
        /// Paths of the scenario.
        planned: u64,
    },
    /// The threads could not be started.
    #[error("could not start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Blocks after which a precision target is first looked at; then after every doubling.
const FIRST_CHECK: u64 = 32;
/// The same where liquidation probabilities do not depend on the paths.
const APART_CHECK: u64 = 512;

/// Simulates a scenario.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    run_tallied(scenario, options).map(|(result, _)| result)
}

/// Simulates a scenario; also what the result was made of.
///
/// # Errors
/// See [`RunError`].
pub fn run_tallied(scenario: &Scenario, options: &RunOptions<'_>) -> Result<(RunResult, Tally), RunError> {
    run_plans(std::slice::from_ref(scenario), vec![Plan::new(scenario)?], options)?
        .pop()
        .ok_or(RunError::Interrupted)
}

/// Simulates scenarios that differ in their accounts only, on the same paths: each block of paths is made once and shown to all
/// accounts. The results are those of single runs, bit for bit.
///
/// What is not shared: probabilities that do not rest on the paths (`sampling`), which each account takes from nets or particles of
/// its own.
///
/// # Errors
/// See [`RunError`]; the scenarios must have the same [`path_key`](super::path_key()).
pub fn run_sharing(scenarios: &[Scenario], options: &RunOptions<'_>) -> Result<Vec<RunResult>, RunError> {
    let plans = scenarios.iter().map(Plan::new).collect::<Result<Vec<_>, PlanError>>()?;
    let mut keys = plans.iter().zip(scenarios).map(|(plan, of)| plan.path_key(&of.simulation.paths));
    let first = keys.next();
    if keys.any(|key| Some(key) != first) {
        return Err(RunError::DifferentPaths);
    }
    let results = run_plans(scenarios, plans, options)?;
    Ok(results.into_iter().map(|(result, _)| result).collect())
}

/// Simulates one part of a scenario's paths.
///
/// # Errors
/// See [`RunError`]; an interrupted part is none.
pub fn run_shard(scenario: &Scenario, shard: Shard, options: &RunOptions<'_>) -> Result<Partial, RunError> {
    let PathBudget::Fixed(paths) = scenario.simulation.paths else { return Err(RunError::ShardOfPrecision) };
    let range = shard.paths(paths);
    if range.is_empty() {
        return Err(RunError::TooManyShards { shards: shard.of(), paths });
    }
    let plan = Plan::new(scenario)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let mut member = Member::new(scenario, &plan, &pool);
    let (before, wanted) = (range.start, range.end - range.start);
    let progress = |progress: Progress| {
        (options.progress)(Progress { paths_done: progress.paths_done - before, paths_planned: wanted });
    };
    run_paths(&mut [&mut member], &pool, &RunOptions { progress: &progress, ..*options }, range);
    let tally = member.tally;
    if tally.paths < wanted {
        return Err(RunError::Interrupted);
    }
    Ok(Partial { liqsim: env!("CARGO_PKG_VERSION").to_owned(), identity: scenario.identity(), shard, tally })
}

/// The result of a scenario from the tally of all its paths.
///
/// # Errors
/// See [`RunError`]; the tally must be that of the scenario.
pub fn result_of(scenario: &Scenario, tally: Tally, threads: Option<usize>) -> Result<RunResult, RunError> {
    let plan = Plan::new(scenario)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    let PathBudget::Fixed(paths) = scenario.simulation.paths else { return Err(RunError::ShardOfPrecision) };
    if tally.paths != paths || tally.levels.len() != plan.terms.len() {
        return Err(RunError::OtherTally { paths: tally.paths, planned: paths });
    }
    let member = Member { tally, ending: Some(Ending::Complete), ..Member::new(scenario, &plan, &pool) };
    member.result(&pool, &mut PriceFans::default()).map(|(result, _)| result)
}

/// Simulates the plans of scenarios with the same path key.
fn run_plans(
    scenarios: &[Scenario],
    plans: Vec<Plan>,
    options: &RunOptions<'_>,
) -> Result<Vec<(RunResult, Tally)>, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let mut members: Vec<Member<'_>> =
        scenarios.iter().zip(&plans).map(|(scenario, plan)| Member::new(scenario, plan, &pool)).collect();
    loop {
        let mut running: Vec<&mut Member<'_>> =
            members.iter_mut().filter(|member| member.ending.is_none()).collect();
        let Some(until) = running.iter().map(|member| member.until).min() else { break };
        // Whoever still runs has all paths so far.
        let start = running.first().map_or(0, |member| member.tally.paths);
        run_paths(&mut running, &pool, options, start..until);
        for member in running {
            member.look(until);
        }
    }
    let mut fans = PriceFans::default();
    members.into_iter().map(|member| member.result(&pool, &mut fans)).collect()
}

/// One of the scenarios that share their paths.
struct Member<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    tally: Tally,
    /// Whether its liquidations are counted by strata.
    is_stratified: bool,
    /// Probabilities that do not rest on the paths, by level.
    apart: Option<Vec<Option<Apart>>>,
    /// Paths after which to look whether there are enough.
    until: u64,
    ending: Option<Ending>,
}

impl<'a> Member<'a> {
    fn new(scenario: &'a Scenario, plan: &'a Plan, pool: &rayon::ThreadPool) -> Self {
        let (apart, until) = match scenario.simulation.paths {
            PathBudget::Fixed(paths) => (None, paths),
            PathBudget::Precision { max_paths, .. } => {
                let apart = pool.install(|| sampling::estimates_apart(scenario, plan, max_paths));
                // Where no probability rests on the paths, the other results still get a fair number.
                let is_apart = apart.as_ref().is_some_and(|apart| apart.iter().all(Option::is_some));
                let first = if is_apart { APART_CHECK } else { FIRST_CHECK };
                (apart, (first * BLOCK_LANES as u64).min(max_paths))
            }
        };
        let is_stratified = sampling::is_stratified(scenario, plan);
        let tally = Tally::new(plan.terms.len());
        Self { scenario, plan, tally, is_stratified, apart, until, ending: None }
    }

    /// Most paths that it may take.
    fn planned(&self) -> u64 {
        match self.scenario.simulation.paths {
            PathBudget::Fixed(paths) => paths,
            PathBudget::Precision { max_paths, .. } => max_paths,
        }
    }

    /// Looks whether there are enough paths, after a part of the run that was to bring so many.
    fn look(&mut self, wanted: u64) {
        let planned = self.planned();
        if self.tally.paths < wanted {
            self.ending = Some(Ending::Interrupted { planned });
        } else if wanted == self.until {
            self.ending = match self.scenario.simulation.paths {
                PathBudget::Fixed(_) => Some(Ending::Complete),
                PathBudget::Precision { relative, .. } => {
                    let reached = worst_relative_error(self.plan, &self.tally, self.apart.as_deref());
                    if reached <= relative {
                        Some(Ending::PrecisionReached { relative })
                    } else if wanted == planned {
                        Some(Ending::PrecisionMissed { relative, reached })
                    } else {
                        None
                    }
                }
            };
            self.until = (2 * self.until).min(planned);
        }
    }

    fn result(self, pool: &rayon::ThreadPool, fans: &mut PriceFans) -> Result<(RunResult, Tally), RunError> {
        let Self { scenario, plan, tally, mut apart, ending, .. } = self;
        let Some(ending) = ending.filter(|_| tally.paths > 0) else { return Err(RunError::Interrupted) };
        let is_cut_short = matches!(ending, Ending::Interrupted { .. });
        if let PathBudget::Fixed(_) = scenario.simulation.paths
            && !is_cut_short
        {
            // After the paths: a run cut short shows at once what it has counted.
            apart = pool.install(|| sampling::estimates_apart(scenario, plan, tally.paths));
        }
        let price_fan = fans.of(scenario)?;
        let result = RunResult { price_fan, ..summarise(scenario, plan, &tally, apart.as_deref(), ending) };
        Ok((result, tally))
    }
}

/// Runs the paths of a range that starts on a block boundary and adds them to the tallies.
fn run_paths(
    members: &mut [&mut Member<'_>],
    pool: &rayon::ThreadPool,
    options: &RunOptions<'_>,
    paths: std::ops::Range<u64>,
) {
    let plans: Vec<(&Plan, bool)> =
        members.iter().map(|member| (member.plan, member.is_stratified)).collect();
    let Some((first, _)) = plans.first() else { return };
    let planned = members[0].planned();
    let lanes = BLOCK_LANES as u64;
    let next = AtomicU64::new(paths.start / lanes);
    let done = AtomicU64::new(paths.start);
    let tallies = pool.broadcast(|_| {
        let mut worker = Worker::sharing(&first.law, &plans);
        while !options.stop.load(Ordering::Relaxed) {
            let block = next.fetch_add(1, Ordering::Relaxed);
            if block * lanes >= paths.end {
                break;
            }
            let count = lanes.min(paths.end - block * lanes);
            worker.run_block(block, count as usize);
            let finished = done.fetch_add(count, Ordering::Relaxed) + count;
            (options.progress)(Progress { paths_done: finished, paths_planned: planned });
        }
        worker.into_tallies()
    });
    for parts in &tallies {
        for (member, part) in members.iter_mut().zip(parts) {
            member.tally.merge(part);
        }
    }
}

/// The largest relative standard error of the liquidation probability over the levels that can be liquidated.
fn worst_relative_error(plan: &Plan, tally: &Tally, apart: Option<&[Option<Apart>]>) -> f64 {
    let n = tally.paths as f64;
    let relative = |level: usize, cell: &LevelTally| {
        let sums = cell.liquidated.mapped(0.0, 1.0);
        let counted = || Estimate::mean(sums.powers[0], sums.squares[0], n);
        let plain = tally.strata.probability(level).unwrap_or_else(counted);
        let own = apart.and_then(|apart| apart[level].as_ref());
        let probability = sampling::better(own, plain, tally.paths);
        if probability.value > 0.0 { probability.std_error / probability.value } else { f64::INFINITY }
    };
    plan.terms
        .iter()
        .zip(&tally.levels)
        .enumerate()
        .filter(|(_, (level, _))| level.is_liquidatable)
        .map(|(number, (_, cell))| relative(number, cell))
        .fold(0.0, f64::max)
}
