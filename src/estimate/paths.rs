//! The loop over all work of a run: the paths, and what does not rest on them.
//!
//! Accounts on the same paths go through it together. Tallies merge exactly, so a result depends on which blocks were run and on
//! nothing else.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::estimators::{Answers, Estimators};
use super::looks::FIRST_CHECK;
use super::part::Partial;
use super::past::PastErrors;
use crate::engine::{BLOCK_LANES, Executor, NotANumber, Plan, Progress, Worker};
use crate::scenario::{PathBudget, Scenario};
use crate::stats::Tally;

/// Blocks after which a precision target is first looked at where liquidation probabilities do not depend on the paths.
const APART_CHECK: u64 = 512;

/// One of the accounts that go through the loop together.
pub struct Job<'a> {
    /// What is asked.
    pub scenario: &'a Scenario,
    /// What every block does.
    pub plan: &'a Plan,
    /// The ways to its probabilities.
    pub estimators: &'a Estimators,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// All paths asked for.
    Complete,
    /// Stopped from outside.
    Interrupted {
        /// Paths asked for.
        planned: u64,
    },
    /// The precision asked for was met.
    PrecisionReached {
        /// Relative standard error asked for.
        relative: f64,
    },
    /// The most paths allowed were not enough.
    PrecisionMissed {
        /// Relative standard error asked for.
        relative: f64,
        /// Relative standard error of the worst level; infinite if it was never liquidated.
        reached: f64,
    },
}

/// What a job has come to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What its paths came to; without any path if it was stopped before the first block.
    pub tally: Tally,
    /// What does not rest on the paths.
    pub answers: Answers,
    /// How it ended.
    pub ending: Ending,
    /// What a recorded history leaves open; none where prices do not come from whole past horizons.
    pub past: Option<PastErrors>,
}

/// Does the work of jobs on the same paths until each has enough, or the executor is stopped.
///
/// # Errors
/// A price that is not a number.
pub fn estimate(jobs: &[Job<'_>], executor: &Executor<'_>) -> Result<Vec<Outcome>, NotANumber> {
    let mut members: Vec<Member<'_>> = jobs.iter().map(Member::new).collect();
    loop {
        let mut running: Vec<&mut Member<'_>> =
            members.iter_mut().filter(|member| member.ending.is_none()).collect();
        let Some(until) = running.iter().map(|member| member.until).min() else { break };
        // Whoever still runs has all paths so far.
        let start = running.first().map_or(0, |member| member.tally.paths);
        run_paths(&mut running, executor, start..until)?;
        for member in running {
            member.check(until, executor);
        }
    }
    Ok(members.into_iter().map(|member| member.outcome(executor)).collect())
}

/// What the paths of a part of a job come to; none if the executor was stopped before all were done.
///
/// # Errors
/// A price that is not a number.
pub fn part(job: &Job<'_>, paths: Range<u64>, executor: &Executor<'_>) -> Result<Option<Tally>, NotANumber> {
    Ok(parts(std::slice::from_ref(job), paths, executor)?.and_then(|mut tallies| tallies.pop()))
}

/// What the same paths of a part of several jobs come to; none if the executor was stopped before all were done.
///
/// # Errors
/// A price that is not a number.
pub fn parts(
    jobs: &[Job<'_>],
    paths: Range<u64>,
    executor: &Executor<'_>,
) -> Result<Option<Vec<Tally>>, NotANumber> {
    let mut members: Vec<Member<'_>> = jobs.iter().map(Member::new).collect();
    let wanted = paths.end - paths.start;
    run_paths(&mut members.iter_mut().collect::<Vec<_>>(), executor, paths)?;
    let is_whole = members.iter().all(|member| member.tally.paths == wanted);
    Ok(is_whole.then(|| members.into_iter().map(|member| member.tally).collect()))
}

/// What a job comes to whose paths have all been run elsewhere.
pub fn outcome_of(job: &Job<'_>, tally: Tally, executor: &Executor<'_>) -> Outcome {
    Member { tally, ending: Some(Ending::Complete), ..Member::new(job) }.outcome(executor)
}

/// What a job comes to whose parts were made elsewhere; the blocks that it needs first where these are not all.
///
/// # Errors
/// The blocks that are missing up to the next look of the run.
pub fn joined(job: &Job<'_>, part: &Partial, executor: &Executor<'_>) -> Result<Outcome, Vec<Range<u64>>> {
    let mut member = Member::new(job);
    while member.ending.is_none() {
        let until = member.until;
        let blocks = until.div_ceil(BLOCK_LANES as u64);
        let gaps = part.blocks.gaps(0..blocks);
        if !gaps.is_empty() {
            return Err(gaps);
        }
        member.tally = part.tally_until(blocks, job.plan.terms.len());
        member.check(until, executor);
    }
    Ok(member.outcome(executor))
}

struct Member<'a> {
    job: &'a Job<'a>,
    tally: Tally,
    /// Once they are known.
    answers: Option<Answers>,
    /// Paths after which to look whether there are enough.
    until: u64,
    ending: Option<Ending>,
}

impl<'a> Member<'a> {
    fn new(job: &'a Job<'a>) -> Self {
        let until = match job.scenario.simulation.paths {
            PathBudget::Fixed(paths) => paths,
            PathBudget::Precision { max_paths, .. } => (FIRST_CHECK * BLOCK_LANES as u64).min(max_paths),
        };
        Self { job, tally: Tally::new(job.plan.terms.len()), answers: None, until, ending: None }
    }

    /// Most paths that it may take.
    fn planned(&self) -> u64 {
        self.job.scenario.simulation.paths.most()
    }

    /// Looks whether there are enough paths, after a part of the run that was to bring it so far.
    fn check(&mut self, wanted: u64, executor: &Executor<'_>) {
        let planned = self.planned();
        if self.tally.paths < wanted {
            self.ending = Some(Ending::Interrupted { planned });
            return;
        }
        if wanted != self.until {
            return;
        }
        let PathBudget::Precision { relative, .. } = self.job.scenario.simulation.paths else {
            self.ending = Some(Ending::Complete);
            return;
        };
        let is_first = self.answers.is_none();
        if is_first {
            self.answers = Some(self.work(executor));
        }
        let least = match self.answers.as_ref().is_some_and(Answers::are_complete) {
            // Where no probability rests on the paths, the other results still get a fair number.
            true => APART_CHECK * BLOCK_LANES as u64,
            false => 0,
        };
        let reached = self.worst_relative_error();
        self.ending = if executor.is_stopped() {
            Some(Ending::Interrupted { planned })
        } else if wanted == planned && reached > relative {
            Some(Ending::PrecisionMissed { relative, reached })
        } else if reached <= relative && wanted >= least.min(planned) {
            Some(Ending::PrecisionReached { relative })
        } else {
            None
        };
        self.until = (2 * self.until).max(least).min(planned);
    }

    fn work(&self, executor: &Executor<'_>) -> Answers {
        let budget = &self.job.scenario.simulation.paths;
        let answers =
            |executor: &Executor<'_>| self.job.estimators.answers(budget, self.tally.paths, executor);
        match budget {
            // Whoever joins wave after wave of such a run asks again at each look.
            PathBudget::Precision { .. } => {
                executor.once("answers", |executor| Some(answers(executor))).unwrap_or_default()
            }
            PathBudget::Fixed(_) => answers(executor),
        }
    }

    /// The largest relative standard error of the liquidation probability over the levels that can be liquidated.
    fn worst_relative_error(&self) -> f64 {
        let answers = self.answers.clone().unwrap_or_default();
        let relative = |level: usize| {
            let choice = self.job.estimators.probability(&answers, level, &self.tally);
            let p = choice.probability;
            match choice.answer.is_some_and(|answer| answer.is_certain()) {
                true => 0.0,
                false if p.value > 0.0 => p.std_error / p.value,
                false => f64::INFINITY,
            }
        };
        let terms = self.job.plan.terms.iter().enumerate();
        terms.filter(|(_, level)| level.is_liquidatable).map(|(level, _)| relative(level)).fold(0.0, f64::max)
    }

    fn outcome(self, executor: &Executor<'_>) -> Outcome {
        // After the paths, so that a run cut short has the numbers of a shorter run.
        let answers = match &self.answers {
            Some(answers) => answers.clone(),
            None if self.tally.paths > 0 => self.work(executor),
            None => Answers::default(),
        };
        let planned = self.planned();
        let ending = match self.ending {
            Some(Ending::Complete) if executor.is_stopped() => Ending::Interrupted { planned },
            Some(ending) => ending,
            None => Ending::Interrupted { planned },
        };
        let past = PastErrors::of(self.job.plan, self.tally.paths, executor).filter(|_| self.tally.paths > 0);
        Outcome { tally: self.tally, answers, ending, past }
    }
}

/// Runs the paths of a range that starts on a block boundary and adds them to the tallies.
fn run_paths(
    members: &mut [&mut Member<'_>],
    executor: &Executor<'_>,
    paths: Range<u64>,
) -> Result<(), NotANumber> {
    let jobs: Vec<(&Plan, bool)> =
        members.iter().map(|member| (member.job.plan, member.job.estimators.is_stratified())).collect();
    let Some((first, _)) = jobs.first() else { return Ok(()) };
    let planned = members[0].planned();
    let lanes = BLOCK_LANES as u64;
    let done = AtomicU64::new(paths.start);
    // The first block that is broken; none after it is of use.
    let broken_at = AtomicU64::new(u64::MAX);
    let tallies = executor.fold(
        paths.start / lanes..paths.end.div_ceil(lanes),
        || (Worker::sharing(&first.law, &jobs, executor.stop()), None),
        |(worker, broken), block| {
            let count = lanes.min(paths.end - block * lanes);
            if block > broken_at.load(Ordering::Relaxed) {
                return;
            }
            if !worker.run_block(block, count as usize) {
                if let Some(found) = worker.broken() {
                    broken_at.fetch_min(block, Ordering::Relaxed);
                    *broken = Some(found.clone());
                }
                return;
            }
            let finished = done.fetch_add(count, Ordering::Relaxed) + count;
            executor.report(Progress { paths_done: finished, paths_planned: planned });
        },
        |(worker, broken)| (worker.into_tallies(), broken),
    );
    let broken = tallies.iter().filter_map(|(_, broken): &(_, Option<NotANumber>)| broken.clone());
    if let Some(first) = broken.min_by_key(|broken| broken.path) {
        return Err(first);
    }
    for (parts, _) in &tallies {
        for (member, part) in members.iter_mut().zip(parts) {
            member.tally.merge(part);
        }
    }
    Ok(())
}
