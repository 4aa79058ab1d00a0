//! All levels from each path's running extreme.
//!
//! Where nothing but the price moves an account, a level is liquidated when the price first touches its barrier, and
//! the barriers of rising leverage lie ever nearer. How many barriers a path has touched therefore decides every level
//! at once, and the return of each surviving level is a linear function of one variable u: the ratio of closing to entry
//! price, or its inverse where the contract settles in the coin. A path adds to one cell only: that of the most leveraged
//! level it survived. Its closing equity there is the one that u moves most, so bins fine enough for it are fine enough
//! for every level below.

use super::evaluation::{Evaluation, Hit, Survivors};
use super::hits::Candidates;
use super::position::Level;
use crate::market::{Bars, Sides};
use crate::numeric::{Kernel, Stream, dispatch, exp};
use crate::stats::{Histogram, Liquidated, LiquidatedSums, Sums, Tally};
use crate::venue::Side;

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
    /// Mirrored log-price of the running extreme, by path.
    deepest: Vec<f64>,
    hits: Vec<Hit>,
    candidates: Candidates,
    ratios: Vec<f64>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
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
            let worst = if barrier.is_finite() { (exponent * sign * barrier).exp() } else { 0.0 };
            level.closing_constant + level.closing_slope * worst >= 0.0
        });
        if !(nested && solvent) {
            return Err(levels);
        }
        let count = levels.len();
        Ok(Self {
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
        })
    }

    /// Books the gap at the open of a bar and then its continuous move.
    fn book(&mut self, k: usize, bars: &Bars) {
        let i = self.candidates.indices[k] as usize;
        let lane = bars.lanes[i];
        let mut open_levels = self.open_levels[lane as usize] as usize;
        let touched = |open_levels: usize, price: f64| {
            open_levels > 0 && self.sign * price <= self.barriers[open_levels - 1]
        };
        if touched(open_levels, bars.open[i]) {
            let ratio = exp(bars.open[i]);
            while touched(open_levels, bars.open[i]) {
                open_levels -= 1;
                let level = &self.levels[open_levels];
                let fill = level.liquidate_at(ratio * level.holding.entry);
                self.hits.push(Hit {
                    lane,
                    level: open_levels as u32,
                    time: bars.start[i],
                    recovered: fill.recovered,
                    bad_debt: fill.bad_debt,
                });
            }
        }
        while touched(open_levels, bars.extreme[i]) {
            open_levels -= 1;
            let level = &self.levels[open_levels];
            let fill = level.liquidate_at(level.liquidation.price.unwrap_or(0.0));
            self.hits.push(Hit {
                lane,
                level: open_levels as u32,
                time: self.candidates.time(k, bars, self.barriers[open_levels], self.sign),
                recovered: fill.recovered,
                bad_debt: fill.bad_debt,
            });
        }
        self.open_levels[lane as usize] = open_levels as u32;
        self.nearest[lane as usize] = match open_levels {
            0 => f64::NEG_INFINITY,
            n => self.barriers[n - 1],
        };
    }
}

impl Evaluation for Nested {
    fn begin(&mut self, lanes: usize) {
        self.open_levels.clear();
        self.open_levels.resize(lanes, self.levels.len() as u32);
        self.nearest.clear();
        self.nearest.resize(lanes, self.barriers[self.barriers.len() - 1]);
        self.deepest.clear();
        self.deepest.resize(lanes, 0.0);
        self.hits.clear();
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        dispatch(Deepen { bars, sign: self.sign, deepest: &mut self.deepest });
        self.candidates.find(bars, &self.nearest, self.sign, hit_noise);
        for k in 0..self.candidates.indices.len() {
            self.book(k, bars);
        }
    }

    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_price = &log_prices[self.asset];
        let lanes = log_price.len();
        self.ratios.resize(lanes, 0.0);
        dispatch(Exponentials { from: log_price, exponent: self.exponent, to: &mut self.ratios });
        for (lane, ratio) in self.ratios.iter().enumerate() {
            let open_levels = self.open_levels[lane] as usize;
            if open_levels > 0 {
                let level = &self.levels[open_levels - 1];
                let equity = level.closing_slope.mul_add(*ratio, level.closing_constant);
                self.survivor_sums[open_levels - 1].add(ratio - 1.0, weights[lane]);
                tally.levels[open_levels - 1].closing_equity.add(equity, weights[lane]);
            }
        }
        for (deepest, weight) in self.deepest.iter().zip(weights) {
            tally.depths.add(-deepest, *weight);
        }
        tally_hits(&self.hits, weights, self.horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, lanes, tally);
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

/// Adds the liquidations of a block to its sums and to the tally's histograms.
pub(super) fn tally_hits(
    hits: &[Hit],
    weights: &[f64],
    horizon: f64,
    sums: &mut [LiquidatedSums],
    tally: &mut Tally,
) {
    for hit in hits {
        let level = hit.level as usize;
        let outcome =
            Liquidated { time: hit.time / horizon, recovered: hit.recovered, bad_debt: hit.bad_debt };
        tally.levels[level].add_liquidated(&mut sums[level], outcome, weights[hit.lane as usize]);
    }
}

/// Moves the sums of a block of `lanes` paths to the tally and clears them for the next block.
pub(super) fn add_sums(
    survivors: &mut [Sums],
    liquidated: &mut [LiquidatedSums],
    lanes: usize,
    tally: &mut Tally,
) {
    tally.paths += lanes as u64;
    for ((cell, survivors), liquidated) in tally.levels.iter_mut().zip(survivors).zip(liquidated) {
        cell.add_sums(survivors, liquidated);
        *survivors = Sums::default();
        *liquidated = LiquidatedSums::default();
    }
}

struct Exponentials<'a> {
    from: &'a [f64],
    exponent: f64,
    to: &'a mut [f64],
}

impl Kernel for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to = exp(self.exponent * *from);
        }
    }
}

struct Deepen<'a> {
    bars: &'a Bars,
    sign: f64,
    deepest: &'a mut [f64],
}

impl Kernel for Deepen<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bars, sign, deepest } = self;
        if bars.len() == deepest.len() {
            for (deepest, extreme) in deepest.iter_mut().zip(&bars.extreme) {
                *deepest = deepest.min(sign * extreme);
            }
        } else {
            for (lane, extreme) in bars.lanes.iter().zip(&bars.extreme) {
                let deepest = &mut deepest[*lane as usize];
                *deepest = deepest.min(sign * extreme);
            }
        }
    }
}
