//! The liquidations of a block, and their way into the tally.
//!
//! Where nothing moves the barriers, a touch leaves the same on every path: levels that one move passes are kept as a range, and many
//! levels cost little more than one. Elsewhere each level has its own fill.

use std::ops::Range;

use super::gap_debts::GapDebts;
use crate::account::fill::Remains;
use crate::account::follower::Hit;
use crate::account::opening::Opening;
use crate::numeric::exp;
use crate::stats::{Deferred, LiquidatedSums, Tally};

/// The levels from `first` up to `end` were liquidated on one path at once.
#[derive(Debug, Clone, Copy)]
struct Pass {
    lane: u32,
    first: u32,
    end: u32,
    /// Log-price after the gap that did it; none for a continuous move.
    gap: Option<f64>,
}

/// One level was liquidated on a path.
#[derive(Debug, Clone, Copy)]
struct Loss {
    lane: u32,
    level: u32,
    recovered: f64,
    bad_debt: f64,
}

/// What happened to the levels of a block's paths.
#[derive(Debug)]
pub(super) struct Liquidations {
    horizon: f64,
    /// What a liquidation at a barrier that never moves leaves, by level.
    fills: Vec<Remains>,
    /// Change from level to level of the weight of the paths that touched it in a continuous move, or passed it in a gap that left as much, and
    /// of its square.
    touched: Vec<[f64; 2]>,
    passes: Vec<Pass>,
    losses: Vec<Loss>,
    hits: Vec<Hit>,
    /// Those hits that a gap made, with its pass: what they leave is worked out at the end of the block.
    gaps: Vec<(u32, u32)>,
    ratios: Vec<f64>,
    pub sums: Vec<LiquidatedSums>,
    times: Deferred,
}

impl Liquidations {
    /// For levels whose liquidation at their own price leaves this.
    pub fn new(fills: Vec<Remains>, horizon: f64) -> Self {
        let count = fills.len();
        Self {
            horizon,
            fills,
            touched: vec![[0.0; 2]; count + 1],
            passes: Vec::new(),
            losses: Vec::new(),
            hits: Vec::new(),
            gaps: Vec::new(),
            ratios: Vec::new(),
            sums: vec![LiquidatedSums::default(); count],
            times: Deferred::new(count, count as f64),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self) {
        self.passes.clear();
        self.losses.clear();
        self.hits.clear();
        self.gaps.clear();
    }

    /// What liquidation at its own price leaves of a level.
    pub fn left_of(&self, level: usize) -> f64 {
        self.fills[level].recovered
    }

    /// Whether no touch of a barrier that never moves leaves anything owing.
    pub fn owe_nothing(&self) -> bool {
        self.fills.iter().all(|fill| fill.bad_debt == 0.0)
    }

    /// Those whose times were drawn; what a gap leaves stands in them after the tally.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Names the path and the level of each.
    pub fn for_each(&self, name: &mut dyn FnMut(u32, usize)) {
        for pass in &self.passes {
            (pass.first..pass.end).for_each(|level| name(pass.lane, level as usize));
        }
        self.losses.iter().for_each(|loss| name(loss.lane, loss.level as usize));
    }

    /// The level of a range whose time is drawn on a path, if it is in there.
    #[inline(always)]
    pub fn timed(&self, lane: u32, levels: &Range<usize>) -> Option<usize> {
        let turn = (lane % self.fills.len() as u32) as usize;
        levels.contains(&turn).then_some(turn)
    }

    /// A continuous move touched barriers that never move; the time is that of the timed level.
    #[inline(always)]
    pub fn touch(&mut self, lane: u32, levels: Range<usize>, time: impl FnOnce(usize) -> f64) {
        self.passes.push(Pass { lane, first: levels.start as u32, end: levels.end as u32, gap: None });
        if let Some(level) = self.timed(lane, &levels) {
            let fill = self.fills[level];
            self.hits.push(hit(lane, level, time(level), &fill));
        }
    }

    /// A gap to this log-price passed barriers that never move.
    #[inline(always)]
    pub fn gap(&mut self, lane: u32, levels: Range<usize>, log_price: f64, time: f64) {
        let (first, end) = (levels.start as u32, levels.end as u32);
        self.passes.push(Pass { lane, first, end, gap: Some(log_price) });
        if let Some(level) = self.timed(lane, &levels) {
            self.gaps.push((self.hits.len() as u32, self.passes.len() as u32 - 1));
            self.hits.push(hit(lane, level, time, &self.fills[level]));
        }
    }

    /// One level was liquidated, whose barrier moves.
    #[inline(always)]
    pub fn lose(&mut self, lane: usize, level: usize, fill: &Remains, time: f64) {
        let (recovered, bad_debt) = (fill.recovered, fill.bad_debt);
        self.losses.push(Loss { lane: lane as u32, level: level as u32, recovered, bad_debt });
        if lane % self.fills.len() == level {
            self.hits.push(hit(lane as u32, level, time, fill));
        }
    }

    /// Adds a block to its sums and to the tally's histograms; what jumps leave owing is that of the `expected` debts, where there are any.
    #[inline(always)]
    pub fn tally(
        &mut self,
        openings: &[Opening],
        mut expected: Option<&mut GapDebts>,
        weights: &[f64],
        tally: &mut Tally,
    ) {
        self.touched.fill([0.0; 2]);
        let power = openings.first().map_or(1.0, Opening::power);
        self.ratios.resize(self.passes.len(), 0.0);
        for (ratio, pass) in self.ratios.iter_mut().zip(&self.passes) {
            *ratio = exp(power * pass.gap.unwrap_or(0.0));
        }
        for (hit, pass) in &self.gaps {
            let hit = &mut self.hits[*hit as usize];
            let fill = gap_fill(&openings[hit.level as usize], self.ratios[*pass as usize]);
            (hit.recovered, hit.bad_debt) = (fill.recovered, fill.bad_debt);
        }
        for (pass, x) in self.passes.iter().zip(&self.ratios) {
            let (weight, range) = (weights[pass.lane as usize], pass.first as usize..pass.end as usize);
            if pass.gap.is_some() {
                for level in range {
                    let Remains { recovered, bad_debt, .. } = gap_fill(&openings[level], *x);
                    let bad_debt = if expected.is_some() { 0.0 } else { bad_debt };
                    let (sums, touch) = (&mut self.sums[level], self.fills[level]);
                    // Most often nothing is left either way: then it counts as a touch.
                    if recovered == touch.recovered && touch.bad_debt == 0.0 {
                        for (level, sign) in [(level, 1.0), (level + 1, -1.0)] {
                            self.touched[level][0] += sign * weight;
                            self.touched[level][1] += sign * weight * weight;
                        }
                        if bad_debt > 0.0 {
                            sums.bad_debt.add_equal(bad_debt, weight, weight * weight);
                        }
                    } else {
                        tally.levels[level].add_fill(sums, (recovered, bad_debt), weight, weight * weight);
                    }
                }
            } else {
                for (level, sign) in [(range.start, 1.0), (range.end, -1.0)] {
                    self.touched[level][0] += sign * weight;
                    self.touched[level][1] += sign * weight * weight;
                }
            }
        }
        let [mut weight, mut square] = [0.0; 2];
        for (level, (change, fill)) in self.touched.iter().zip(&self.fills).enumerate() {
            weight += change[0];
            square += change[1];
            if weight > 0.0 {
                let sums = &mut self.sums[level];
                tally.levels[level].add_fill(sums, (fill.recovered, fill.bad_debt), weight, square);
            }
        }
        for loss in &self.losses {
            let (weight, level) = (weights[loss.lane as usize], loss.level as usize);
            let mut fill = (loss.recovered, loss.bad_debt);
            if let Some(debts) = &mut expected {
                debts.add(level, loss.lane as usize, std::mem::take(&mut fill.1));
            }
            tally.levels[level].add_fill(&mut self.sums[level], fill, weight, weight * weight);
        }
        if let Some(debts) = expected {
            debts.tally(weights, &mut self.sums);
        }
        for hit in &self.hits {
            let level = hit.level as usize;
            let weight = weights[hit.lane as usize] * self.fills.len() as f64;
            let time = hit.time / self.horizon;
            self.sums[level].time.add(time, weight);
            self.times.add(level, &mut tally.levels[level].times, time, weight);
        }
    }

    /// Adds what was held back.
    pub fn flush(&mut self, tally: &mut Tally) {
        for (index, level) in tally.levels.iter_mut().enumerate() {
            self.times.flush(index, &mut level.times);
        }
    }
}

/// What a level is left with after a gap to this x, nothing but the price having moved it.
#[inline(always)]
fn gap_fill(opening: &Opening, x: f64) -> Remains {
    opening.liquidate_at(opening.start.cash, opening.start.exposure, x)
}

#[inline(always)]
fn hit(lane: u32, level: usize, time: f64, fill: &Remains) -> Hit {
    Hit { lane, level: level as u32, time, recovered: fill.recovered, bad_debt: fill.bad_debt }
}
