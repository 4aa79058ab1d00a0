//! The bad debt of jumps past liquidation prices, given where the price was just before each.
//!
//! A level owes where a jump ends beyond both its barrier and the price at which nothing is left of it; most paths have no such jump, and
//! what those that have one owe says little. What an open level owes in the mean is known before each jump that is due ([`JumpTail`]): the sum
//! over a path's jumps is as right in the mean as what was owed, by the law of total expectation, and every path with a jump tells of it. What
//! is owed without a jump, as when money is charged, is added as it is.

use super::terms::{Limit, Terms};
use crate::market::JumpTail;
use crate::numeric::{Kernel, exp};
use crate::stats::LiquidatedSums;

/// What the paths of a block are expected to owe.
#[derive(Debug)]
pub(super) struct GapDebts {
    tail: JumpTail,
    /// By level, where limits are the same on all paths; empty where money moves them.
    limits: Vec<Limit>,
    /// By level and path.
    debts: Vec<Vec<f64>>,
}

impl GapDebts {
    /// For jumps with this tail to the side where levels are lost, whose limits `move` or stay.
    pub fn new(tail: JumpTail, terms: &Terms, moves: bool) -> Self {
        let levels = 0..terms.levels.len();
        let debts = levels.clone().map(|_| Vec::new()).collect();
        let limits =
            if moves { Vec::new() } else { levels.filter_map(|level| terms.limit(level, 0)).collect() };
        Self { tail, limits, debts }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        for debts in &mut self.debts {
            debts.clear();
            debts.resize(lanes, 0.0);
        }
    }

    /// Adds what a level owes on a path.
    #[inline(always)]
    pub fn add(&mut self, level: usize, lane: usize, debt: f64) {
        self.debts[level][lane] += debt;
    }

    /// Adds the block to its sums.
    #[inline(always)]
    pub fn tally(&self, weights: &[f64], sums: &mut [LiquidatedSums]) {
        for (debts, sums) in self.debts.iter().zip(sums) {
            for (debt, weight) in debts.iter().zip(weights).filter(|(debt, _)| **debt > 0.0) {
                sums.bad_debt.add(*debt, *weight);
            }
        }
    }

    /// The debt of a level by path.
    pub fn of_level(&self, level: usize) -> &[f64] {
        &self.debts[level]
    }
}

/// Jumps are due on some paths at these log-prices (by path): adds what their open levels are expected to owe.
pub(super) struct Expect<'a> {
    pub debts: &'a mut GapDebts,
    pub terms: &'a Terms,
    pub open_levels: &'a [u32],
    pub lanes: &'a [u32],
    pub log_prices: &'a [f64],
}

impl Kernel for Expect<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { debts: GapDebts { tail, limits, debts }, terms, open_levels, lanes, log_prices } = self;
        for lane in lanes.iter().map(|lane| *lane as usize) {
            let log_price = log_prices[lane];
            let (price, x) = (terms.sign * log_price, exp(terms.power * log_price));
            for level in 0..open_levels[lane] as usize {
                let Some(limit) = limits.get(level).copied().or_else(|| terms.limit(level, lane)) else {
                    continue;
                };
                let [chance, beyond] = tail.at(price - limit.log_price);
                debts[level][lane] += (limit.slope * x).mul_add(beyond, limit.least * chance);
            }
        }
    }
}
