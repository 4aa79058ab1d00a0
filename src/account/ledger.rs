//! The state of every level on every path.
//!
//! The general way: nothing is assumed about how the levels' barriers lie to each other, each level keeps its own on
//! each path. Used where levels are not [nested](super::Nested), and as its independent twin in tests.

use super::evaluation::{Evaluation, Hit, Survivors};
use super::hits::Candidates;
use super::nested::{add_sums, tally_hits, watched};
use super::position::Level;
use crate::market::{Bars, Sides};
use crate::numeric::{Stream, exp};
use crate::stats::{LiquidatedSums, Sums, Tally};
use crate::venue::Side;

/// Evaluates levels one by one.
pub struct Ledger {
    levels: Vec<Level>,
    asset: usize,
    side: Sides,
    sign: f64,
    horizon: f64,
    lanes: usize,
    /// Mirrored log-price of the barrier by level and path; −∞ where there is none, +∞ where it has been touched.
    barriers: Vec<f64>,
    /// The highest barrier not yet touched, by path.
    nearest: Vec<f64>,
    hits: Vec<Hit>,
    candidates: Candidates,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
}

impl Ledger {
    /// An evaluation of levels of one side on one asset over a horizon in years.
    pub fn new(levels: Vec<Level>, asset: usize, horizon: f64) -> Self {
        let count = levels.len();
        let (side, sign) = watched(levels.first().map_or(Side::Long, |level| level.holding.side));
        Self {
            levels,
            asset,
            side,
            sign,
            horizon,
            lanes: 0,
            barriers: Vec::new(),
            nearest: Vec::new(),
            hits: Vec::new(),
            candidates: Candidates::default(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
        }
    }
}

impl Evaluation for Ledger {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.hits.clear();
        self.barriers.clear();
        let mut nearest = f64::NEG_INFINITY;
        for level in &self.levels {
            let barrier = level.log_barrier().map_or(f64::NEG_INFINITY, |b| self.sign * b);
            nearest = nearest.max(barrier);
            self.barriers.resize(self.barriers.len() + lanes, barrier);
        }
        self.nearest.clear();
        self.nearest.resize(lanes, nearest);
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        self.candidates.find(bars, &self.nearest, self.sign, hit_noise);
        for (k, i) in self.candidates.indices.iter().enumerate() {
            let i = *i as usize;
            let lane = bars.lanes[i];
            let mut nearest = f64::NEG_INFINITY;
            for (number, level) in self.levels.iter().enumerate() {
                let barrier = &mut self.barriers[number * self.lanes + lane as usize];
                if *barrier == f64::INFINITY {
                    continue;
                }
                let (time, price) = if self.sign * bars.open[i] <= *barrier {
                    (bars.start[i], exp(bars.open[i]) * level.holding.entry)
                } else if self.sign * bars.extreme[i] <= *barrier {
                    (
                        self.candidates.time(k, bars, *barrier, self.sign),
                        level.liquidation.price.unwrap_or(0.0),
                    )
                } else {
                    nearest = nearest.max(*barrier);
                    continue;
                };
                *barrier = f64::INFINITY;
                let fill = level.liquidate_at(price);
                self.hits.push(Hit {
                    lane,
                    level: number as u32,
                    time,
                    recovered: fill.recovered,
                    bad_debt: fill.bad_debt,
                });
            }
            self.nearest[lane as usize] = nearest;
        }
    }

    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_price = &log_prices[self.asset];
        for (number, level) in self.levels.iter().enumerate() {
            let barriers = &self.barriers[number * self.lanes..][..self.lanes];
            for ((barrier, log_price), weight) in barriers.iter().zip(log_price).zip(weights) {
                if *barrier < f64::INFINITY {
                    let value = level.return_at(exp(*log_price) * level.holding.entry);
                    self.survivor_sums[number].add(value, *weight);
                    tally.levels[number].closing_equity.add(1.0 + value, *weight);
                }
            }
        }
        tally_hits(&self.hits, weights, self.horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, self.lanes, tally);
    }

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        let cell = &tally.levels[level];
        Survivors { returns: cell.survivors.mapped(0.0, 1.0), closing_equity: cell.closing_equity.clone() }
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}
