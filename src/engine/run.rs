//! Running the blocks of a plan on several threads.
//!
//! Blocks are handed out in rising order and every block handed out is finished, so whatever has been done when a run
//! is interrupted is a prefix of the blocks. Tallies merge exactly, so the result depends on which blocks were run and
//! on nothing else.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::block::{BLOCK_LANES, Worker};
use super::picture::PriceFan;
use super::plan::{Plan, PlanError};
use super::result::RunResult;
use super::sampling::{self, Apart};
use super::summary::{Ending, summarise};
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
    /// Stopped before the first block was finished.
    #[error("interrupted before any path was finished")]
    Interrupted,
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
    let plan = Plan::new(scenario)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let estimate_apart = |paths| pool.install(|| sampling::estimates_apart(scenario, &plan, paths));
    let mut apart = None;
    let mut tally = Tally::new(plan.terms.len());
    let ending = match scenario.simulation.paths {
        PathBudget::Fixed(paths) => {
            run_paths(&plan, &pool, options, 0..paths, paths, &mut tally);
            if tally.paths == paths { Ending::Complete } else { Ending::Interrupted { planned: paths } }
        }
        PathBudget::Precision { relative, max_paths } => {
            apart = estimate_apart(max_paths);
            // Where no probability rests on the paths, the other results still get a fair number.
            let is_apart = apart.iter().flatten().all(Option::is_some) && apart.is_some();
            let first = if is_apart { APART_CHECK } else { FIRST_CHECK };
            let mut until = (first * BLOCK_LANES as u64).min(max_paths);
            loop {
                let start = tally.paths;
                run_paths(&plan, &pool, options, start..until, max_paths, &mut tally);
                let reached = worst_relative_error(&plan, &tally, apart.as_deref());
                if tally.paths < until {
                    break Ending::Interrupted { planned: max_paths };
                } else if reached <= relative {
                    break Ending::PrecisionReached { relative };
                } else if until == max_paths {
                    break Ending::PrecisionMissed { relative, reached };
                }
                until = (2 * until).min(max_paths);
            }
        }
    };
    if tally.paths == 0 {
        return Err(RunError::Interrupted);
    }
    if let PathBudget::Fixed(_) = scenario.simulation.paths {
        // After the paths, so that a run cut short has the numbers of a shorter run.
        apart = estimate_apart(tally.paths);
    }
    let price_fan = PriceFan::new(scenario)?;
    let result = RunResult { price_fan, ..summarise(scenario, &plan, &tally, apart.as_deref(), ending) };
    Ok((result, tally))
}

/// Runs the paths of a range that starts on a block boundary and adds them to the tally.
fn run_paths(
    plan: &Plan,
    pool: &rayon::ThreadPool,
    options: &RunOptions<'_>,
    paths: std::ops::Range<u64>,
    planned: u64,
    tally: &mut Tally,
) {
    let lanes = BLOCK_LANES as u64;
    let next = AtomicU64::new(paths.start / lanes);
    let done = AtomicU64::new(paths.start);
    let tallies = pool.broadcast(|_| {
        let mut worker = Worker::new(plan);
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
        worker.into_tally()
    });
    for part in &tallies {
        tally.merge(part);
    }
}

/// The largest relative standard error of the liquidation probability over the levels that can be liquidated.
fn worst_relative_error(plan: &Plan, tally: &Tally, apart: Option<&[Option<Apart>]>) -> f64 {
    let n = tally.paths as f64;
    let relative = |level: usize, cell: &LevelTally| {
        let sums = cell.liquidated.mapped(0.0, 1.0);
        let plain = Estimate::mean(sums.powers[0], sums.squares[0], n);
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
