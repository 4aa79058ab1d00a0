//! What is known apart from the paths of where those close that are liquidated.
//!
//! Of each interval of the closing price the chance p is known; where it is also known how likely a path is to be liquidated and to close in it,
//! q, liquidated paths and others are cells of their own (post-stratification, as in `conditioned`): with the share c of the others in the
//! interval whose return is below a number beyond all that liquidations leave, the share of returns below it is the sum of q + (p − q)·c.
//! What q misses, it misses in sums over the intervals beyond a mark, whose errors may go together.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::left::Left;
use super::places::Places;

/// The liquidated ones among all paths, by interval of their closing price.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Crossed {
    closed: Vec<u64>,
}

/// What is known beforehand of a level, and what the paths say of it.
pub(super) struct Known {
    /// Chances of being liquidated and closing in each interval.
    chances: Vec<f64>,
    /// Errors of their sums beyond each mark, and of all of them.
    errors: (Vec<f64>, f64),
    /// Whether liquidation is below, so that what is beyond a mark is above it.
    is_below: bool,
    /// The share of all paths that were liquidated less the chance, and by interval the share that was not less the chance.
    off: (f64, Vec<f64>),
    /// The liquidated ones among the paths whose nets are looked at.
    seen: Vec<f64>,
    /// All paths.
    paths: f64,
}

impl Crossed {
    /// Adds a liquidated path of a block.
    pub fn add(&mut self, path: usize, places: &Places) {
        self.closed.resize(places.chances().len(), 0);
        if let Some(closed) =
            places.of_paths().get(path).and_then(|place| self.closed.get_mut(usize::from(*place)))
        {
            *closed += 1;
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        self.closed.resize(self.closed.len().max(other.closed.len()), 0);
        super::closings::add(&mut self.closed, &other.closed);
    }

    /// With the probabilities of being liquidated at all and of closing `beyond` each mark, too; with the paths and the chances by interval, of
    /// all and how far these are off, and the liquidated ones among those `seen`. None where what there is does not fit.
    pub fn with(
        &self,
        (probability, beyond): (Estimate, &[Estimate]),
        (paths, intervals, off): (f64, &[f64], &[f64]),
        seen: Vec<f64>,
    ) -> Option<Known> {
        let (first, last) = (beyond.first()?, beyond.last()?);
        if self.closed.len() != intervals.len() || beyond.len() + 1 != intervals.len() {
            return None;
        }
        let is_below = first.value >= last.value;
        let sums = || beyond.iter().map(|estimate| estimate.value);
        // By interval from the one where liquidation is.
        let from: Vec<f64> = match is_below {
            true => [probability.value].into_iter().chain(sums()).collect(),
            false => [probability.value].into_iter().chain(sums().rev()).collect(),
        };
        let mut chances: Vec<f64> =
            from.iter().zip(from[1..].iter().chain([&0.0])).map(|(at, next)| at - next).collect();
        if !is_below {
            chances.reverse();
        }
        let mut lost = 0.0;
        let alive = self.closed.iter().zip(off).zip(&chances).map(|((closed, off), chance)| {
            let share = *closed as f64 / paths;
            lost += share;
            // The share of all in the interval is off by so much; less the liquidated ones, and what these should be.
            off - share + chance
        });
        let alive = alive.collect();
        let errors = (beyond.iter().map(|estimate| estimate.std_error).collect(), probability.std_error);
        Some(Known { chances, errors, is_below, off: (lost - probability.value, alive), seen, paths })
    }
}

impl Known {
    /// What is left of a return beyond all that liquidations leave, of which so many paths that were seen are below it, by interval.
    pub fn left(&self, below: &[f64], seen: &[f64], intervals: &[f64]) -> Left {
        let shares: Vec<f64> = below
            .iter()
            .zip(seen)
            .zip(&self.seen)
            // Where all are liquidated it does not matter.
            .map(
                |((below, seen), lost)| {
                    if seen > lost { ((below - lost) / (seen - lost)).clamp(0.0, 1.0) } else { 1.0 }
                },
            )
            .collect();
        let (mut mean, mut off, mut variance) = (0.0, self.off.0, 0.0);
        for (((share, chance), all), alive) in
            shares.iter().zip(&self.chances).zip(intervals).zip(&self.off.1)
        {
            let own = (all - chance).max(0.0);
            mean += chance + own * share;
            off += share * alive;
            variance += own * share * (1.0 - share);
        }
        let ends = shares.first().zip(shares.last());
        let nearest = ends.map_or(1.0, |(first, last)| if self.is_below { *first } else { *last });
        let mut error = (1.0 - nearest) * self.errors.1;
        for (pair, of_sum) in shares.windows(2).zip(&self.errors.0) {
            error += (pair[1] - pair[0]).abs() * of_sum;
        }
        Left { off, mean, variance: variance + self.paths * error * error }
    }

    /// What is to be taken off the share of liquidated paths.
    pub fn off_lost(&self) -> f64 {
        self.off.0
    }
}
