//! What the estimators of a liquidation probability have in common.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::account::DATES;
use crate::engine::Executor;
use crate::stats::{Estimate, Method};

/// Paths of the shortest run that is hedged and makes use of the law of the closing price: others take less time than what there is to be known
/// beforehand.
pub(super) const LEAST_HEDGED: u64 = 16_384;

/// When an estimate is good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Relative standard error that is aimed at, at every level.
    pub relative: f64,
    /// Most paths, points or particles of a level.
    pub paths: u64,
    /// Whether more is done until the error is as it was wanted. Otherwise a small sample, or the most, says how much is done, and whoever
    /// shares the work knows all of it beforehand.
    pub until_met: bool,
    /// Whether it is told, too, when levels are liquidated and where those paths close, as far as that is known.
    pub closings: bool,
}

/// The liquidation probability of one level, and what it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The probability.
    pub probability: Estimate,
    /// Paths, points or particles, which levels may share.
    pub paths: u64,
    /// Independent parts of them, whose spread is the error.
    pub replicates: usize,
    /// Whether they were drawn from a tilted law.
    pub is_tilted: bool,
    /// The probabilities that the level is liquidated and the price closes farther from where it is liquidated than each of some rising marks;
    /// none where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<Estimate>,
    /// The probabilities that it is liquidated by evenly spaced dates before the horizon ([`DATES`] less one); none where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_date: Vec<Estimate>,
}

impl Answer {
    /// A probability from so many paths in so many independent parts, and nothing beside it.
    pub fn of(probability: Estimate, paths: u64, replicates: usize) -> Self {
        Self { probability, paths, replicates, is_tilted: false, beyond: Vec::new(), by_date: Vec::new() }
    }

    /// Number of plain paths with sampled hits that would have the same error.
    pub fn effective_paths(&self) -> f64 {
        self.probability.effective_paths()
    }

    /// Whether it was known without work.
    pub fn is_certain(&self) -> bool {
        self.paths == 0
    }

    /// Plain paths that one path of its own is worth.
    pub fn gain(&self) -> f64 {
        self.effective_paths() / self.paths as f64
    }
}

/// A way to liquidation probabilities that does not rest on the run's paths.
pub trait Estimator: Send + Sync {
    /// How its estimates come about.
    fn method(&self) -> Method;

    /// Whether it may know a level.
    fn serves(&self, level: usize) -> bool;

    /// Whether a few hundred points cost no more than as many plain paths, and tell more.
    fn is_quick(&self) -> bool {
        false
    }

    /// Works on the wanted levels. One answer a level of the account: none where it has nothing to say, or was stopped before it
    /// knew anything.
    fn answer(&self, wanted: &[usize], effort: &Effort, executor: &Executor<'_>) -> Vec<Option<Answer>>;

    /// Whether its answer is to be taken rather than a plain estimate from so many paths.
    fn is_better(&self, answer: &Answer, plain: &Estimate, paths: u64) -> bool;
}
