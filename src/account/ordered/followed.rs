//! What is followed of one level on each path, in a round robin by the number of the path: costs and drawdown. Equity over time is
//! recorded of all levels on the first paths of a block.

use super::columns::Prices;
use super::terms::Terms;
use crate::account::drawdown::{Drawdown, Drawdowns};
use crate::account::opening::Opening;
use crate::account::schedule::{DATES, PATHS_PER_RECORD};
use crate::numeric::{Kernel, dispatch};
use crate::stats::{AccountSums, Costs, Deferred, Tally};

/// Paths that are taken together: what is worked on stays in the first-level cache.
pub(super) const PATHS_TOGETHER: usize = 128;

/// The levels that the paths of a block follow.
#[derive(Debug)]
pub(super) struct Followed {
    count: usize,
    /// Cash and exposure of the level that a path follows: those of all levels in turn, as often as paths
    /// that are taken together need them, whichever of them is the first.
    cash: Vec<f64>,
    exposure: Vec<f64>,
    drawdowns: Drawdowns,
    ended: Vec<(Costs, f64)>,
    /// What each level of a recorded path was left with at its liquidation; not a number while it is open.
    left: Vec<f64>,
    /// Equity by date, then by level and recorded path.
    dated: Vec<Vec<f64>>,
    sums: Vec<AccountSums>,
    equities: Deferred,
}

impl Followed {
    /// For this many levels.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            cash: Vec::new(),
            exposure: Vec::new(),
            drawdowns: Drawdowns::default(),
            ended: Vec::new(),
            left: Vec::new(),
            dated: Vec::new(),
            sums: vec![AccountSums::default(); count],
            equities: Deferred::new(count * DATES, 1.0),
        }
    }

    /// The level that a path follows.
    #[inline(always)]
    pub fn level_of(&self, lane: usize) -> usize {
        lane % self.count
    }

    fn recorded(&self) -> usize {
        self.ended.len().div_ceil(PATHS_PER_RECORD)
    }

    /// Starts a block of levels with this cash.
    pub fn begin(&mut self, lanes: usize, levels: &[Opening], cash: &[f64]) {
        self.left.clear();
        self.exposure.clear();
        self.exposure.extend(
            levels.iter().map(|level| level.start.exposure).cycle().take(levels.len() + PATHS_TOGETHER),
        );
        self.cash.resize(self.exposure.len(), 0.0);
        self.set_cash(cash);
        self.drawdowns.begin(lanes);
        self.dated.clear();
        self.ended.clear();
        self.ended.resize(lanes, Default::default());
        for (lane, (level, cash)) in levels.iter().zip(cash).cycle().take(lanes).enumerate() {
            self.drawdowns.open(lane, Drawdown::open(cash + level.start.exposure));
        }
        self.left.resize(self.recorded() * self.count, f64::NAN);
    }

    /// The cash of all levels has changed.
    pub fn set_cash(&mut self, cash: &[f64]) {
        for paths in self.cash.chunks_mut(self.count) {
            paths.copy_from_slice(&cash[..paths.len()]);
        }
    }

    /// Takes in the equity cash + exposure·z of at most [`PATHS_TOGETHER`] paths from a first one on.
    #[inline(always)]
    pub fn follow(&mut self, first: usize, z: &[f64]) {
        let turn = first % self.count;
        self.drawdowns.follow(first, (&self.cash[turn..], &self.exposure[turn..]), z);
    }

    /// Takes note that a liquidation left this much of a level.
    #[inline(always)]
    pub fn lose(&mut self, level: usize, lane: usize, recovered: f64) {
        let recorded = self.recorded();
        if lane < recorded {
            self.left[level * recorded + lane] = recovered;
        }
    }

    /// Ends the level that each path follows where it is still open: below the number of open levels, at a price of x.
    #[inline(always)]
    pub fn end_open(&mut self, terms: &Terms, open_levels: &[u32], x: &[f64]) {
        for (lane, (x, open)) in x.iter().zip(open_levels).enumerate() {
            let level = self.level_of(lane);
            if level < *open as usize {
                let exposure = terms.exposure(level);
                let equity = exposure.mul_add(*x, terms.cash(level, lane));
                let closed = (equity - terms.levels[level].taker_fee * exposure.abs() * x).max(0.0);
                let fees = equity.max(0.0) - closed;
                self.end(lane, terms.costs(level, lane, *x, (fees, 0.0)), closed);
            }
        }
    }

    /// Ends the level that a path follows with this equity.
    #[inline(always)]
    pub fn end(&mut self, lane: usize, costs: Costs, equity: f64) {
        let mut drawdown = self.drawdowns.of(lane);
        drawdown.follow(equity);
        self.ended[lane] = (costs, drawdown.largest());
    }

    /// Keeps the equity of every level at a date.
    pub fn record(&mut self, terms: &Terms, log_prices: &[f64], open_levels: &[u32]) {
        let recorded = self.recorded();
        let (mut x, mut z) = (vec![0.0; recorded], vec![0.0; recorded]);
        dispatch(Prices { power: terms.power, log_prices, x: &mut x });
        let charged = terms.charges.as_ref().map_or(&[][..], |charges| &charges.charged);
        dispatch(Worth { coins: terms.debt.coins, money: terms.debt.money, x: &x, charged, z: &mut z });
        let mut equities = Vec::with_capacity(recorded * self.count);
        for (level, (opening, cash)) in terms.levels.iter().zip(&terms.debt.cash).enumerate() {
            for (lane, (z, open)) in z.iter().zip(open_levels).enumerate() {
                let is_open = level < *open as usize;
                let left = self.left[level * recorded + lane];
                equities.push(if is_open { cash + opening.start.exposure * z } else { left });
            }
        }
        self.dated.push(equities);
    }

    /// Adds a block to the tally.
    #[inline(always)]
    pub fn tally(&mut self, weights: &[f64], tally: &mut Tally) {
        let recorded = self.recorded();
        for (date, equities) in self.dated.iter().enumerate() {
            for (level, equities) in equities.chunks_exact(recorded).enumerate() {
                let bins = tally.levels[level].account.get_or_insert_default().equity_at(date);
                for (equity, weight) in equities.iter().zip(weights) {
                    self.equities.add(level * DATES + date, bins, *equity, *weight);
                }
            }
        }
        for (lane, ((costs, drawdown), weight)) in self.ended.iter().zip(weights).enumerate() {
            let level = lane % self.count;
            let account = tally.levels[level].account.get_or_insert_default();
            account.add_costs(&mut self.sums[level], costs, *drawdown, *weight);
        }
        for (sums, cell) in self.sums.iter_mut().zip(&mut tally.levels) {
            cell.account.get_or_insert_default().add_sums(sums);
        }
    }

    /// Adds what was held back.
    pub fn flush(&mut self, tally: &mut Tally) {
        for (index, level) in tally.levels.iter_mut().enumerate() {
            if let Some(account) = &mut level.account {
                for date in 0..DATES {
                    self.equities.flush(index * DATES + date, account.equity_at(date));
                }
            }
        }
    }
}

/// What a unit of exposure is worth on each path: coins·x less money·charged.
pub(super) struct Worth<'a> {
    pub coins: f64,
    pub money: f64,
    pub x: &'a [f64],
    /// By path; empty where nothing is charged.
    pub charged: &'a [f64],
    pub z: &'a mut [f64],
}

impl Kernel for Worth<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { coins, money, x, charged, z } = self;
        for (z, x) in z.iter_mut().zip(x) {
            *z = coins * x;
        }
        for (z, charged) in z.iter_mut().zip(charged) {
            *z = money.mul_add(-charged, *z);
        }
    }
}
