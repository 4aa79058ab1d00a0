//! All levels from each path's running extreme.
//!
//! Where nothing but the price moves an account, a level is liquidated when the price first touches its barrier, and
//! the barriers of rising leverage lie ever nearer. How many barriers a path has touched therefore decides every level
//! at once, and the return of each surviving level is a linear function of one variable u: the ratio of closing to entry
//! price, or its inverse where the contract settles in the coin. A path adds to one cell only: that of the most leveraged
//! level it survived. Its closing equity there is the one that u moves most, so bins fine enough for it are fine enough
//! for every level below.
//!
//! Many levels cost little more than one: a move that passes several barriers is booked as one range of levels, and the
//! time of passing is drawn for one level a path, in turns by the number of the path, which then counts for all.

mod kernels;

use std::ops::Range;

use kernels::{Book, Close, Deepen, Look};

use super::follower::{Follower, Hit, Survivors};
use super::hits::Candidates;
use super::observer::Observer;
use super::position::Level;
use crate::market::{Bars, Sides};
use crate::numeric::{Stream, dispatch, elementary, exp};
use crate::stats::{Deferred, Histogram, LiquidatedSums, Sums, Tally};
use crate::venue::Side;

/// The levels from `first` up to `end` were liquidated on one path at once.
#[derive(Debug, Clone, Copy)]
struct Pass {
    lane: u32,
    first: u32,
    end: u32,
    /// Log-price after the gap that did it; none for a continuous move.
    gap: Option<f64>,
}

/// Evaluates levels whose barriers are fixed and nested.
pub struct Nested {
    levels: Vec<Level>,
    asset: usize,
    side: Sides,
    sign: f64,
    /// Log u over log-price: 1, or −1 where the contract settles in the coin.
    exponent: f64,
    horizon: f64,
    /// Mirrored log-price of each barrier; −∞ where there is none. Rising with leverage.
    barriers: Vec<f64>,
    /// Number of levels still open, by path: levels below this index.
    open_levels: Vec<u32>,
    /// The highest barrier still open, by path.
    nearest: Vec<f64>,
    passes: Vec<Pass>,
    /// What a liquidation at its own price leaves, by level: recovered equity and bad debt.
    fills: Vec<(f64, f64)>,
    /// Change from level to level of the weight of the paths that touched it in a continuous move, and of its square.
    touched: Vec<[f64; 2]>,
    /// Mirrored log-price of the running extreme, by path.
    deepest: Vec<f64>,
    hits: Vec<Hit>,
    candidates: Candidates,
    ratios: Vec<f64>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    /// Closing equity and times on their way to the tally.
    closings: Deferred,
    times: Deferred,
}

impl Nested {
    /// An evaluation of levels in order of rising leverage on one asset over a horizon in years, if their barriers are nested and no
    /// surviving level can close below zero; the levels back otherwise.
    pub fn new(levels: Vec<Level>, asset: usize, horizon: f64) -> Result<Self, Vec<Level>> {
        let Some(first) = levels.first() else { return Err(levels) };
        let (side, sign) = watched(first.holding.side);
        let barriers: Vec<f64> =
            levels.iter().map(|level| level.log_barrier().map_or(f64::NEG_INFINITY, |b| sign * b)).collect();
        let nested = barriers.windows(2).all(|pair| pair[0] <= pair[1]);
        let exponent = first.closing_exponent();
        let solvent = levels.iter().zip(&barriers).all(|(level, barrier)| {
            // Without a barrier the worst is a long without debt at a price of 0, or an inverse short at an infinite one.
            let worst = if barrier.is_finite() { elementary::exp(exponent * sign * barrier) } else { 0.0 };
            level.closing_constant + level.closing_slope * worst >= 0.0
        });
        if !(nested && solvent) {
            return Err(levels);
        }
        let count = levels.len();
        let fills = levels
            .iter()
            .map(|level| {
                let fill = level.liquidate_at(level.liquidation.price.unwrap_or(0.0));
                (fill.recovered, fill.bad_debt)
            })
            .collect();
        Ok(Self {
            passes: Vec::new(),
            fills,
            touched: vec![[0.0; 2]; count + 1],
            levels,
            asset,
            side,
            sign,
            exponent,
            horizon,
            barriers,
            open_levels: Vec::new(),
            nearest: Vec::new(),
            deepest: Vec::new(),
            hits: Vec::new(),
            candidates: Candidates::default(),
            ratios: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            closings: Deferred::new(count, 1.0),
            times: Deferred::new(count, count as f64),
        })
    }

    /// Books the gap at the open of a bar and then its continuous move.
    #[inline(always)]
    fn book(&mut self, k: usize, bars: &Bars) {
        let i = self.candidates.indices[k] as usize;
        let lane = bars.lanes[i];
        let open_levels = self.open_levels[lane as usize] as usize;
        let after_gap = match self.sign * bars.open[i] > self.nearest[lane as usize] {
            true => open_levels,
            false => left_open(&self.barriers[..open_levels], self.sign * bars.open[i]),
        };
        let after_move = left_open(&self.barriers[..after_gap], self.sign * bars.extreme[i]);
        if after_gap < open_levels {
            self.gap(lane, after_gap..open_levels, bars.open[i], bars.start[i]);
        }
        if after_move < after_gap {
            self.passes.push(Pass { lane, first: after_move as u32, end: after_gap as u32, gap: None });
            if let Some(level) = self.timed(lane, after_move..after_gap) {
                let time = self.candidates.time(k, bars, self.barriers[level], self.sign);
                self.hits.push(hit(lane, level, time, self.fills[level]));
            }
        }
        self.leave_open(lane, after_move);
    }

    /// Books a gap to a log-price that liquidates some levels of a path.
    #[inline(always)]
    fn gap(&mut self, lane: u32, levels: Range<usize>, log_price: f64, time: f64) {
        let (first, end) = (levels.start as u32, levels.end as u32);
        self.passes.push(Pass { lane, first, end, gap: Some(log_price) });
        if let Some(level) = self.timed(lane, levels) {
            let fill = self.gap_fill(level, exp(log_price));
            self.hits.push(hit(lane, level, time, fill));
        }
    }

    /// Only the levels below an index stay open on a path.
    #[inline(always)]
    fn leave_open(&mut self, lane: u32, levels: usize) {
        self.open_levels[lane as usize] = levels as u32;
        self.nearest[lane as usize] = match levels {
            0 => f64::NEG_INFINITY,
            n => self.barriers[n - 1],
        };
    }

    /// Books the looks of one path, by their times.
    #[inline(always)]
    fn look_at(&mut self, path: usize, times: &[f64], rows: &[f64]) {
        let paths = self.deepest.len();
        for (time, log_price) in times.iter().zip(rows[path..].iter().step_by(paths)) {
            let price = self.sign * log_price;
            if price <= self.nearest[path] {
                let open_levels = self.open_levels[path] as usize;
                let left = left_open(&self.barriers[..open_levels], price);
                self.gap(path as u32, left..open_levels, *log_price, *time);
                self.leave_open(path as u32, left);
            }
        }
    }

    /// The level whose time is drawn on a path, if it is in a range.
    #[inline(always)]
    fn timed(&self, lane: u32, levels: Range<usize>) -> Option<usize> {
        let turn = (lane % self.levels.len() as u32) as usize;
        levels.contains(&turn).then_some(turn)
    }

    /// What a level is left with after a gap to this ratio to the price at the start.
    #[inline(always)]
    fn gap_fill(&self, level: usize, ratio: f64) -> (f64, f64) {
        let level = &self.levels[level];
        let fill = level.liquidate_at(ratio * level.holding.entry);
        (fill.recovered, fill.bad_debt)
    }

    /// Adds the liquidations of the block to its sums and to the tally's histograms.
    #[inline(always)]
    fn tally_passes(&mut self, weights: &[f64], tally: &mut Tally) {
        self.touched.fill([0.0; 2]);
        self.ratios.resize(self.passes.len(), 0.0);
        for (ratio, pass) in self.ratios.iter_mut().zip(&self.passes) {
            *ratio = exp(pass.gap.unwrap_or(0.0));
        }
        for (pass, ratio) in self.passes.iter().zip(&self.ratios) {
            let (weight, range) = (weights[pass.lane as usize], pass.first as usize..pass.end as usize);
            match pass.gap {
                None => {
                    for (level, sign) in [(range.start, 1.0), (range.end, -1.0)] {
                        self.touched[level][0] += sign * weight;
                        self.touched[level][1] += sign * weight * weight;
                    }
                }
                Some(_) => {
                    for level in range {
                        let fill = self.gap_fill(level, *ratio);
                        let sums = &mut self.liquidated_sums[level];
                        tally.levels[level].add_fill(sums, fill, weight, weight * weight);
                    }
                }
            }
        }
        let [mut weight, mut square] = [0.0; 2];
        for (level, change) in self.touched[..self.levels.len()].iter().enumerate() {
            weight += change[0];
            square += change[1];
            if weight > 0.0 {
                let sums = &mut self.liquidated_sums[level];
                tally.levels[level].add_fill(sums, self.fills[level], weight, square);
            }
        }
        for hit in &self.hits {
            let level = hit.level as usize;
            let weight = weights[hit.lane as usize] * self.levels.len() as f64;
            let time = hit.time / self.horizon;
            self.liquidated_sums[level].time.add(time, weight);
            self.times.add(level, &mut tally.levels[level].times, time, weight);
        }
    }
}

/// How many of the nested barriers a mirrored price has not touched.
#[inline(always)]
fn left_open(barriers: &[f64], price: f64) -> usize {
    let mut left = 0;
    for barrier in barriers {
        left += usize::from(price > *barrier);
    }
    left
}

#[inline(always)]
fn hit(lane: u32, level: usize, time: f64, (recovered, bad_debt): (f64, f64)) -> Hit {
    Hit { lane, level: level as u32, time, recovered, bad_debt }
}

impl Observer for Nested {
    fn begin(&mut self, lanes: usize) {
        self.open_levels.clear();
        self.open_levels.resize(lanes, self.levels.len() as u32);
        self.nearest.clear();
        self.nearest.resize(lanes, self.barriers[self.barriers.len() - 1]);
        self.deepest.clear();
        self.deepest.resize(lanes, 0.0);
        self.hits.clear();
        self.passes.clear();
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        if bars.len() == self.deepest.len() {
            dispatch(Deepen { prices: &bars.extreme, sign: self.sign, deepest: &mut self.deepest });
        } else {
            for (lane, extreme) in bars.lanes.iter().zip(&bars.extreme) {
                let deepest = &mut self.deepest[*lane as usize];
                *deepest = deepest.min(self.sign * extreme);
            }
        }
        self.candidates.find(bars, &self.nearest, self.sign, hit_noise);
        dispatch(Book { nested: self, bars });
    }

    fn look(&mut self, times: &[f64], log_prices: &[Vec<f64>]) -> bool {
        let rows = &log_prices[self.asset];
        dispatch(Look { nested: self, times, rows });
        true
    }
}

impl Follower for Nested {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_price = &log_prices[self.asset];
        dispatch(Close { nested: self, log_price, weights, tally });
    }

    fn flush(&mut self, tally: &mut Tally) {
        for (index, level) in tally.levels.iter_mut().enumerate() {
            self.closings.flush(index, &mut level.closing_equity);
            self.times.flush(index, &mut level.times);
        }
    }

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        let target = &self.levels[level];
        // Closing equity is constant + slope·(1 + y).
        let constant = target.closing_constant + target.closing_slope - 1.0;
        let mut returns = Sums::default();
        let mut closing_equity = Histogram::default();
        for (cell, own) in tally.levels.iter().zip(&self.levels).skip(level) {
            returns += cell.survivors.mapped(constant, target.closing_slope);
            closing_equity.add_mapped(&cell.closing_equity, |equity| {
                let ratio = (equity - own.closing_constant) / own.closing_slope;
                target.closing_slope.mul_add(ratio, target.closing_constant)
            });
        }
        Survivors { returns, closing_equity }
    }

    fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        for pass in &self.passes {
            (pass.first..pass.end).for_each(|level| name(pass.lane, level as usize));
        }
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}

/// The extreme that can liquidate a position, and the sign that mirrors log-prices so that it lies below.
pub(super) fn watched(side: Side) -> (Sides, f64) {
    match side {
        Side::Long => (Sides::Low, 1.0),
        Side::Short => (Sides::High, -1.0),
    }
}
