//! How far a recorded history leaves probabilities open, whatever the number of paths drawn from it.

use crate::account::{Follower, Survivors};
use crate::engine::{Executor, PastStarts, Plan};
use crate::market::SECONDS_PER_DAY;
use crate::stats::{Estimate, LevelTally, OverlapError, Tally};

/// Paths that are followed along the past starts, at least and at most: what they leave open is known well enough from every few of them.
const LEAST_PATHS: u64 = 4_096;
const MOST_PATHS: u64 = 32_768;

/// What a finite history leaves open, beside the error of drawing from it.
#[derive(Debug, Clone, PartialEq)]
pub struct PastErrors {
    /// Past starts of a whole horizon.
    pub starts: usize,
    /// Horizons among them that do not overlap.
    pub independent_horizons: f64,
    /// Share of the run's paths that are drawn from them.
    pub share: f64,
    /// Days of a block of the bootstrap.
    pub block_days: f64,
    /// Degrees of freedom of the errors.
    degrees: f64,
    /// One per level.
    levels: Vec<LevelErrors>,
}

/// Standard errors of means over the past starts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct LevelErrors {
    liquidation: f64,
    loss: f64,
    mean_return: f64,
    bad_debt: f64,
}

/// What a chunk of neighbouring starts came to.
struct ChunkSums {
    paths: f64,
    /// By level: liquidations, losses, returns and bad debt.
    levels: Vec<[f64; 4]>,
}

impl ChunkSums {
    fn of(tally: &Tally, follower: &dyn Follower) -> Self {
        let level = |(cell, survivors): (&LevelTally, Survivors)| {
            let liquidated = cell.liquidated.mapped(0.0, 1.0);
            [
                liquidated.powers[0],
                survivors.closing_equity.weight_below(1.0) + cell.recovered.weight_below(1.0),
                survivors.returns.powers[1] + liquidated.powers[1],
                cell.bad_debt.mapped(0.0, 1.0).powers[1],
            ]
        };
        Self {
            paths: tally.paths as f64,
            levels: tally.levels.iter().zip(follower.survivors(tally)).map(level).collect(),
        }
    }
}

impl PastErrors {
    /// Follows the account of a plan along its past starts; none where its prices do not come from any. `paths` are those of the run. A run
    /// that was stopped knows the number of independent horizons only.
    pub fn of(plan: &Plan, paths: u64, executor: &Executor<'_>) -> Option<Self> {
        let past = PastStarts::of(plan, paths.clamp(LEAST_PATHS, MOST_PATHS))?;
        let length = past.history().length();
        let block = length.div_ceil(past.hours());
        // By chunk: paths, and sums by level.
        let chunks: Option<Vec<Option<ChunkSums>>> = executor.map(
            0..past.chunks() as u64,
            || past.worker(),
            |worker, chunk| {
                let tally = past.chunk(worker, chunk as usize)?;
                Some(ChunkSums::of(&tally, worker.follower()))
            },
        );
        let chunks: Option<Vec<ChunkSums>> = chunks.and_then(|chunks| chunks.into_iter().collect());
        let overlap = length as f64 / (block * past.hours()) as f64;
        let mut degrees = 0.0;
        let level = |level: usize, chunks: &[ChunkSums]| {
            let error = |quantity: usize| {
                let sums: Vec<(f64, f64)> =
                    chunks.iter().map(|chunk| (chunk.levels[level][quantity], chunk.paths)).collect();
                OverlapError::of(&sums, block, overlap)
            };
            let liquidation = error(0)?;
            let errors = LevelErrors {
                liquidation: liquidation.std_error,
                loss: error(1)?.std_error,
                mean_return: error(2)?.std_error,
                bad_debt: error(3)?.std_error,
            };
            Some((errors, liquidation.degrees))
        };
        let mut levels = Vec::new();
        for number in 0..plan.terms.len() {
            if let Some((errors, found)) = chunks.as_deref().and_then(|chunks| level(number, chunks)) {
                levels.push(errors);
                degrees = found;
            }
        }
        Some(Self {
            starts: past.history().starts().len(),
            independent_horizons: past.history().independent_horizons(),
            share: past.share(),
            block_days: (block * past.hours()) as f64 * 3600.0 / SECONDS_PER_DAY,
            degrees,
            levels,
        })
    }

    /// The probability of liquidation at a level with what the history leaves open.
    pub fn liquidation(&self, level: usize, estimate: Estimate) -> Estimate {
        self.probability(estimate, self.levels.get(level).map(|errors| errors.liquidation))
    }

    /// The probability of a loss at a level.
    pub fn loss(&self, level: usize, estimate: Estimate) -> Estimate {
        self.probability(estimate, self.levels.get(level).map(|errors| errors.loss))
    }

    /// The mean return at a level.
    pub fn mean_return(&self, level: usize, estimate: Estimate, paths: f64) -> Estimate {
        self.mean(estimate, self.levels.get(level).map(|errors| errors.mean_return), paths)
    }

    /// The bad debt at a level.
    pub fn bad_debt(&self, level: usize, estimate: Estimate, paths: f64) -> Estimate {
        self.mean(estimate, self.levels.get(level).map(|errors| errors.bad_debt), paths)
    }

    /// Number of independent paths whose counts would leave probabilities as open as these estimates, which know what the history leaves
    /// open; that of independent horizons where they say nothing.
    pub fn effective_paths(&self, estimates: &[Estimate]) -> f64 {
        let open = estimates.iter().filter(|estimate| estimate.std_error > 0.0);
        let fewest = open.map(Estimate::effective_paths).fold(f64::INFINITY, f64::min);
        if fewest.is_finite() { fewest } else { self.independent_horizons }
    }

    /// Errors of drawing and of the history are independent: variances add up.
    fn probability(&self, estimate: Estimate, of_history: Option<f64>) -> Estimate {
        let Estimate { value, std_error, method, .. } = estimate;
        if value <= 0.0 || value >= 1.0 {
            // The exact bound of so many independent horizons, all of which were spared or none.
            let events = value * self.independent_horizons;
            let bound = Estimate::probability(events, events, self.independent_horizons);
            let mixed = |own: f64, bound: f64| (1.0 - self.share) * own + self.share * bound;
            let low = mixed(estimate.low, bound.low).min(estimate.low);
            let high = mixed(estimate.high, bound.high).max(estimate.high);
            return Estimate { low, high, ..estimate };
        }
        let counted = (value * (1.0 - value) / self.independent_horizons).sqrt();
        let of_history = of_history.filter(|error| *error > 0.0).unwrap_or(counted);
        let all = together(std_error, self.share * of_history);
        Estimate::proportion_with(value, all, self.degrees.max(1.0)).by(method)
    }

    fn mean(&self, estimate: Estimate, of_history: Option<f64>, paths: f64) -> Estimate {
        let Estimate { value, std_error, method, .. } = estimate;
        let counted = std_error * (paths / self.independent_horizons).sqrt();
        let all = together(std_error, self.share * of_history.unwrap_or(counted));
        Estimate::normal_with(value, all, self.degrees.max(1.0)).by(method)
    }
}

/// The error of a sum of two independent parts.
fn together(one: f64, other: f64) -> f64 {
    (one * one + other * other).sqrt()
}
