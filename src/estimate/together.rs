//! Jobs on the same paths, piece by piece: whoever drives them keeps in between what is finished.

use super::estimators::Answers;
use super::member::{Job, Member, Outcome};
use super::paths::parts;
use crate::engine::{BLOCK_LANES, Executor, NotANumber};
use crate::stats::Tally;

/// What a job on its way has come to.
#[derive(Debug, Clone)]
pub struct OnTheWay {
    /// What its paths came to.
    pub tally: Tally,
    /// What does not rest on the paths, once it is known.
    pub answers: Option<Answers>,
}

/// Jobs on the same paths that have not been taken out yet; all of them have the same paths so far.
pub struct Together<'a> {
    /// With their places among the jobs.
    members: Vec<(usize, Member<'a>)>,
}

impl<'a> Together<'a> {
    /// Jobs at the start of their paths.
    pub fn new(jobs: &'a [Job<'a>]) -> Self {
        Self { members: jobs.iter().map(Member::new).enumerate().collect() }
    }

    /// Jobs that go on from what all of them came to on the same first blocks.
    pub fn knowing(jobs: &'a [Job<'a>], known: Vec<OnTheWay>, executor: &Executor<'_>) -> Self {
        let mut all = Self::new(jobs);
        for ((_, member), OnTheWay { tally, answers }) in all.members.iter_mut().zip(known) {
            member.knowing(tally, answers, executor);
        }
        all
    }

    /// What every job that was not taken out has come to, with its place.
    pub fn on_the_way(&self) -> impl Iterator<Item = (usize, OnTheWay)> + '_ {
        self.members.iter().map(|(place, member)| {
            (*place, OnTheWay { tally: member.tally.clone(), answers: member.answers.clone() })
        })
    }

    /// Whether every job was taken out.
    pub fn is_over(&self) -> bool {
        self.members.is_empty()
    }

    /// Runs so many more blocks, or fewer where a look is due or a job has enough. False if the executor was stopped before: then nothing has
    /// changed, or nothing but the paths.
    ///
    /// # Errors
    /// A price that is not a number.
    pub fn go_on(&mut self, blocks: u64, executor: &Executor<'_>) -> Result<bool, NotANumber> {
        let Some(until) = self.members.iter().map(|(_, member)| member.until).min() else { return Ok(true) };
        let start = self.members.first().map_or(0, |(_, member)| member.tally.paths);
        let until = until.min(start.saturating_add(blocks.saturating_mul(BLOCK_LANES as u64)));
        let jobs: Vec<Job<'_>> = self.members.iter().map(|(_, member)| *member.job).collect();
        let Some(more) = parts(&jobs, start..until, executor)? else { return Ok(false) };
        for ((_, member), more) in self.members.iter_mut().zip(&more) {
            let had = member.answers.is_some();
            member.tally.merge(more);
            member.check(until, executor);
            // What was found out until the work was stopped is not all there is.
            if executor.is_stopped() && !had {
                member.answers = None;
            }
        }
        Ok(!executor.is_stopped())
    }

    /// A job that has enough, with its place.
    pub fn next_ended(&self, executor: &Executor<'_>) -> Option<(usize, Outcome)> {
        let (place, member) = self.members.iter().find(|(_, member)| member.ending.is_some())?;
        Some((*place, member.clone().outcome(executor)))
    }

    /// Takes a job out, by its place.
    pub fn take_out(&mut self, place: usize) {
        self.members.retain(|(other, _)| *other != place);
    }
}
