//! The loop over all work of a run: the paths, and what does not rest on them.
//!
//! Accounts on the same paths go through it together. Tallies merge exactly, so a result depends on which blocks were run and on
//! nothing else.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::estimator::LEAST_HEDGED;
use super::member::{Ending, Job, Member, Outcome};
use super::part::Partial;
use crate::engine::{BLOCK_LANES, Executor, NotANumber, Plan, Progress, Worker};
use crate::stats::Tally;

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
    let are_hedged = planned >= LEAST_HEDGED;
    let lanes = BLOCK_LANES as u64;
    let done = AtomicU64::new(paths.start);
    // The first block that is broken; none after it is of use.
    let broken_at = AtomicU64::new(u64::MAX);
    let tallies = executor.fold(
        paths.start / lanes..paths.end.div_ceil(lanes),
        || (Worker::sharing(&first.law, &jobs, are_hedged, executor.stop()), None),
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
    for (parts, _) in tallies {
        for (member, part) in members.iter_mut().zip(parts) {
            member.tally.take_in(part);
        }
    }
    Ok(())
}
