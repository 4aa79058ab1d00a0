//! The estimators of an account's liquidation probabilities, the best first.
//!
//! | `sampling` | model and account | liquidation probability |
//! |---|---|---|
//! | auto, sobol | gbm, merton, kou, hawkes, regime, watched continuously, a first passage decides | crossing probabilities (see [`Crossing`]) |
//! | auto | any model but gbm, merton and those of recorded hours, or discrete monitoring, a first passage decides | particles where it is rare (see [`RareEvents`]) |
//! | auto | any model but bootstrap, watched continuously | hits counted by strata of what drives the price, or as in the next row |
//! | auto, sobol | any model that nets can lead (see [`Nets`](crate::numeric::Nets)) | hits counted, by the spread of nets |
//! | auto, sobol | heston, bates, garch, har, watched continuously, levels in order, long runs | the same, less what hedges the hits (see [`Hedging`](crate::market::Hedging)) in place of strata |
//! | otherwise | | hits counted on the run's paths |

use serde::{Deserialize, Serialize};

use super::estimator::{Answer, Effort, Estimator, LEAST_HEDGED};
use super::qmc::Crossing;
use super::splitting::RareEvents;
use crate::engine::{Executor, Plan};
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::{Estimate, Method, Tally};

/// Where the scenario names no precision: relative standard error aimed at, times the square root of the number of paths;
/// half of what plain sampling has at a probability of one half. Like that it falls as paths are added.
const RELATIVE: f64 = 0.5;
/// So many times that of a run whose aim is coarser than this, fewer than 2,500 paths: it is a first look.
const FIRST_LOOK: (f64, f64) = (2.0, 0.01);
/// Paths of the run for every point of a level, or for every particle, at most.
const PATHS_PER_POINT: u64 = 4;
/// Fewest points that are worth the trouble.
const LEAST_POINTS: u64 = 4096;
/// Shorter runs have no particles: a pilot and what an error needs would outweigh them.
pub(super) const LEAST_PATHS: u64 = 20_000;
/// The error is an estimate itself, right to about a fifth.
const SAFETY: f64 = 0.7;
/// An estimate with a larger relative error may be too skewed for its interval; plain sampling knows better then.
pub(super) const ROUGH: f64 = 0.1;

/// A scenario asks for a way to its probabilities that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`simulation.sampling` is \"sobol\", but the liquidation of this account is no first passage of a price of gbm, merton, kou, hawkes or \
     regime that is watched continuously (funding, interest, stress, orders of the owner and steps of the venue are in the way): take \
     \"auto\", which does the best that applies"
)]
pub struct SamplingError;

/// The ways to the liquidation probabilities of one account.
pub struct Estimators {
    /// Those that do not rest on the run's paths, the best first.
    list: Vec<Box<dyn Estimator>>,
    is_stratified: bool,
    levels: usize,
}

/// What the estimators of one account know, by level.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answers {
    own: Vec<Option<(Answer, usize)>>,
}

impl Answers {
    /// Whether every level has one.
    pub fn are_complete(&self) -> bool {
        !self.own.is_empty() && self.own.iter().all(Option::is_some)
    }
}

impl Estimators {
    /// Those of a plan of a scenario.
    ///
    /// # Errors
    /// See [`SamplingError`].
    pub fn new(scenario: &Scenario, plan: &Plan) -> Result<Self, SamplingError> {
        let sampling = scenario.simulation.sampling;
        let levels = plan.terms.len();
        let (asset, _) = plan.account.losing_side();
        // A miner's defaults depend on more than the price: they are counted.
        let is_driven = plan.law.is_driven(asset) && plan.law.continuous && plan.account.miner.is_none();
        let mut list: Vec<Box<dyn Estimator>> = Vec::new();
        let crossing = Crossing::new(plan, sampling == Sampling::Auto);
        let crossing = crossing.map(|crossing| match plan.intervals(&*plan.follower(), None) {
            Some(intervals) => crossing.with_marks(intervals.marks()),
            None => crossing,
        });
        match (sampling, crossing) {
            (Sampling::Pseudo, _) => {}
            (Sampling::Sobol, Some(crossing)) if (0..levels).all(|level| crossing.serves(level)) => {
                list.push(Box::new(crossing));
            }
            (Sampling::Sobol, _) => return Err(SamplingError),
            (Sampling::Auto, Some(crossing)) if crossing.reaches_rare_levels() => {
                list.push(Box::new(crossing))
            }
            (Sampling::Auto, crossing) => {
                if let Some(particles) = RareEvents::new(plan) {
                    list.push(Box::new(particles));
                }
                if let Some(crossing) = crossing {
                    list.push(Box::new(crossing));
                }
            }
        }
        let is_served = |level| list.iter().any(|one| one.method() != Method::Splitting && one.serves(level));
        let wants_strata = sampling == Sampling::Auto && is_driven && !(0..levels).all(is_served);
        Ok(Self { list, is_stratified: wants_strata, levels })
    }

    /// Whether hits on the run's paths are counted by the strata of what drives the price.
    pub fn is_stratified(&self) -> bool {
        self.is_stratified
    }

    /// What the estimators find out in a run of some paths; what they know so far if the work is stopped. Where a portion of the work is done
    /// the answers are of no use: what was done is kept by the executor.
    pub fn answers(&self, budget: &PathBudget, paths: u64, executor: &Executor<'_>) -> Answers {
        let effort = match *budget {
            PathBudget::Fixed(_) => effort(paths),
            PathBudget::Precision { relative, max_paths, metric } if metric.is_usual() => {
                let paths = max_paths.max(LEAST_POINTS);
                Effort { relative: SAFETY * relative, paths, until_met: true, closings: false }
            }
            PathBudget::Precision { .. } => effort(paths),
        };
        // Shorter runs do not ask.
        let effort = Effort { closings: paths >= LEAST_HEDGED, ..effort };
        let mut own: Vec<Option<(Answer, usize)>> = vec![None; self.levels];
        for (place, estimator) in self.list.iter().enumerate() {
            if estimator.method() == Method::Splitting && paths < LEAST_PATHS {
                continue;
            }
            let wanted: Vec<usize> =
                (0..self.levels).filter(|level| own[*level].is_none() && estimator.serves(*level)).collect();
            for (own, found) in own.iter_mut().zip(estimator.answer(&wanted, &effort, executor)) {
                if let Some(found) = found {
                    own.get_or_insert((found, place));
                }
            }
        }
        Answers { own }
    }

    /// Probabilities by level from little work, at most about `points` a level; none where that tells nothing.
    pub fn at_a_glance(&self, points: u64, executor: &Executor<'_>) -> Vec<Option<f64>> {
        let effort = Effort { relative: ROUGH, paths: points, until_met: true, closings: false };
        let mut known = vec![None; self.levels];
        for estimator in self.list.iter().filter(|estimator| estimator.is_quick()) {
            let wanted: Vec<usize> = (0..self.levels)
                .filter(|level| known[*level].is_none() && estimator.serves(*level))
                .collect();
            for (known, found) in known.iter_mut().zip(estimator.answer(&wanted, &effort, executor)) {
                let value = found.map(|found| found.probability.value);
                *known = known.or(value.filter(|value| *value > 0.0 && *value < 1.0));
            }
        }
        known
    }

    /// What is known best of a level's liquidation probability, with what the tally of the run's paths says.
    pub fn probability(&self, answers: &Answers, level: usize, tally: &Tally) -> Choice {
        let sums = tally.levels[level].liquidated.mapped(0.0, 1.0);
        let counted = || Estimate::probability(sums.powers[0], sums.squares[0], tally.paths as f64);
        let paired = || tally.mirrors.probability(level, sums.powers[0], tally.paths as f64);
        let nets = || {
            let estimate = tally.replicates.liquidation(level, sums.powers[0], tally.paths as f64)?;
            Some(estimate.by(Method::Stratified))
        };
        let better =
            |one: Estimate, other: Estimate| if other.std_error < one.std_error { other } else { one };
        let strata = tally.strata.probability(level);
        let sorted = strata.into_iter().chain(nets()).reduce(better);
        let plain = sorted.or_else(paired).unwrap_or_else(counted);
        // What nets gain is known by an estimate; the choice rests on what does not vary from run to run.
        let usual = strata.or_else(paired).unwrap_or_else(counted);
        let own = answers.own.get(level).and_then(Option::as_ref);
        let used = own.filter(|(answer, place)| {
            let Estimate { value, std_error, high, .. } = answer.probability;
            let is_fine = value > 0.0 && std_error > 0.0 && std_error < ROUGH * value;
            let is_nothing = value == 0.0 && plain.value == 0.0 && high < plain.high;
            answer.is_certain()
                || is_nothing
                || is_fine
                    && self.list.get(*place).is_some_and(|one| one.is_better(answer, &usual, tally.paths))
        });
        match used {
            Some((answer, _)) => Choice { probability: answer.probability, answer: Some(answer.clone()) },
            None => Choice { probability: plain, answer: None },
        }
    }
}

/// A liquidation probability, and what it took where it does not rest on the run's paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The probability; its method says where it is from.
    pub probability: Estimate,
    /// What it took apart from the run's paths.
    pub answer: Option<Answer>,
}

/// What a run of some paths is worth at the sides of them.
pub(super) fn effort(paths: u64) -> Effort {
    let aim = RELATIVE / (paths.max(1) as f64).sqrt();
    Effort {
        relative: if aim > FIRST_LOOK.1 { FIRST_LOOK.0 * aim } else { aim },
        paths: (paths / PATHS_PER_POINT).max(LEAST_POINTS),
        until_met: false,
        closings: false,
    }
}
