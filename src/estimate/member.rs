//! An account in the loop over the paths of a run: what it has come to, and whether that is enough.

use super::estimators::{Answers, Estimators};
use super::looks::FIRST_CHECK;
use super::past::PastErrors;
use crate::engine::{BLOCK_LANES, Executor, Plan};
use crate::scenario::{PathBudget, PreciseMetric, Scenario};
use crate::stats::Tally;

/// Blocks after which a precision target is first looked at where liquidation probabilities do not depend on the paths.
const APART_CHECK: u64 = 512;

/// One of the accounts that go through the loop together.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// What is asked.
    pub scenario: &'a Scenario,
    /// What every block does.
    pub plan: &'a Plan,
    /// The ways to its probabilities.
    pub estimators: &'a Estimators,
    /// A number of every level, and its standard error, of what the job has come to.
    pub measure: fn(&Job<'_>, &Outcome, PreciseMetric) -> Vec<(f64, f64)>,
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
        /// Of which number.
        metric: PreciseMetric,
        /// Relative standard error asked for.
        relative: f64,
    },
    /// The most paths allowed were not enough.
    PrecisionMissed {
        /// Of which number.
        metric: PreciseMetric,
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

/// A job on its way to enough paths.
#[derive(Clone)]
pub(super) struct Member<'a> {
    pub job: &'a Job<'a>,
    pub tally: Tally,
    /// Once they are known.
    pub answers: Option<Answers>,
    /// Paths after which to look whether there are enough.
    pub until: u64,
    pub ending: Option<Ending>,
}

impl<'a> Member<'a> {
    pub fn new(job: &'a Job<'a>) -> Self {
        let until = match job.scenario.simulation.paths {
            PathBudget::Fixed(paths) => paths,
            PathBudget::Precision { max_paths, .. } => (FIRST_CHECK * BLOCK_LANES as u64).min(max_paths),
        };
        Self { job, tally: Tally::new(job.plan.terms.len()), answers: None, until, ending: None }
    }

    /// Most paths that it may take.
    pub fn planned(&self) -> u64 {
        self.job.scenario.simulation.paths.most()
    }

    /// Looks whether there are enough paths, after a part of the run that was to bring it so far.
    pub fn check(&mut self, wanted: u64, executor: &Executor<'_>) {
        let planned = self.planned();
        if self.tally.paths < wanted {
            self.ending = Some(Ending::Interrupted { planned });
            return;
        }
        if wanted != self.until {
            return;
        }
        let PathBudget::Precision { relative, metric, .. } = self.job.scenario.simulation.paths else {
            self.ending = Some(Ending::Complete);
            return;
        };
        let is_first = self.answers.is_none();
        if is_first {
            self.answers = Some(self.work(executor));
        }
        let least = self.least_paths();
        let reached = match metric.is_usual() {
            true => self.worst_relative_error(),
            false => self.worst_error_of(metric, executor),
        };
        self.ending = if executor.is_stopped() {
            Some(Ending::Interrupted { planned })
        } else if wanted == planned && reached > relative {
            Some(Ending::PrecisionMissed { metric, relative, reached })
        } else if reached <= relative && wanted >= least.min(planned) {
            Some(Ending::PrecisionReached { metric, relative })
        } else {
            None
        };
        self.until = self.next_look();
    }

    /// Fewest paths that are enough.
    fn least_paths(&self) -> u64 {
        match self.answers.as_ref().is_some_and(Answers::are_complete) {
            // Where no probability rests on the paths, the other results still get a fair number.
            true => APART_CHECK * BLOCK_LANES as u64,
            false => 0,
        }
    }

    /// The look after this one.
    fn next_look(&self) -> u64 {
        (2 * self.until).max(self.least_paths()).min(self.planned())
    }

    /// Goes on from what the first paths came to: at the looks before, they were not enough.
    pub fn knowing(&mut self, tally: Tally, answers: Option<Answers>, executor: &Executor<'_>) {
        (self.tally, self.answers) = (tally, answers);
        let paths = self.tally.paths;
        while self.until < paths {
            if self.answers.is_none() {
                self.answers = Some(self.work(executor));
            }
            self.until = self.next_look();
        }
        self.check(paths, executor);
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

    /// The largest relative standard error over the levels of a number that rests on the paths.
    fn worst_error_of(&self, metric: PreciseMetric, executor: &Executor<'_>) -> f64 {
        let (tally, answers) = (self.tally.clone(), self.answers.clone().unwrap_or_default());
        let past = PastErrors::of(self.job.plan, tally.paths, executor);
        let outcome = Outcome { tally, answers, ending: Ending::Complete, past };
        let relative = |error: (f64, f64)| if error.1 > 0.0 { error.1 / error.0.abs() } else { 0.0 };
        (self.job.measure)(self.job, &outcome, metric).into_iter().map(relative).fold(0.0, f64::max)
    }

    /// What it has come to.
    pub fn outcome(self, executor: &Executor<'_>) -> Outcome {
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
