//! The close of a block: what its open levels come to, and what is told of it.

use super::booking::Ordered;
use super::columns::{Outcomes, Prices};
use super::followed::Worth;
use super::gap_debts::GapDebts;
use super::hedging::Hedged;
use super::stopped::Stopped;
use crate::account::follower::{Follower, Hit, Survivors};
use crate::account::opening::Opening;
use crate::account::sums::add_sums;
use crate::market::{Hedging, JumpTail, Martingale, Sides};
use crate::numeric::{Kernel, dispatch, exp};
use crate::stats::{Intervals, MARKS, Sums, Tally};

impl Ordered {
    /// Sets what closing a unit of exposure brings on each path.
    #[inline(always)]
    fn close_prices(&mut self) {
        let Self { terms, x, z, .. } = self;
        let charged = terms.charges.as_ref().map_or(&[][..], |charges| &charges.charged);
        z.resize(x.len(), 0.0);
        let (coins, money) = (terms.kept_at_close() * terms.debt.coins, terms.debt.money);
        Worth { coins, money, x, charged, z }.run();
    }

    /// Books what a path of open levels closes with: to the cell of the most leveraged level whose equity covers it, and a loss of
    /// everything to those above.
    #[inline(always)]
    fn close(&mut self, lane: usize, weight: f64, tally: &mut Tally) {
        let (terms, z) = (&self.terms, self.z[lane]);
        let mut open = self.open_levels[lane] as usize;
        while open > 0 {
            let level = open - 1;
            let (cash, exposure) = (terms.debt.cash[level], terms.levels[level].start.exposure);
            let equity = exposure.mul_add(z, cash);
            if equity >= 0.0 {
                return self.closings.add((level, lane), (z, equity), weight, tally);
            }
            // A fee that the collateral no longer covers is lost by nobody.
            let worth = terms.debt.coins.mul_add(self.x[lane], -terms.charged(lane));
            let bad_debt = (-exposure.mul_add(worth, cash)).max(0.0);
            match &mut self.gap_debts {
                Some(debts) => {
                    debts.add(level, lane, bad_debt);
                    self.liquidations.sums[level].add_insolvent(0.0, weight);
                }
                None => self.liquidations.sums[level].add_insolvent(bad_debt, weight),
            }
            open = level;
        }
    }
}

impl Follower for Ordered {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_prices = &log_prices[self.asset];
        dispatch(Prices { power: self.terms.power, log_prices, x: &mut self.x });
        dispatch(Close { follower: self, weights, tally });
        if let Some(stopped) = &mut self.stopped {
            stopped.finish(log_prices, self.terms.levels.len(), tally);
        }
        if let Some(hedged) = &mut self.hedged {
            hedged.finish(log_prices, tally);
        }
    }

    fn broken(&self) -> Option<usize> {
        self.terms.broken()
    }

    fn flush(&mut self, tally: &mut Tally) {
        self.closings.flush(tally);
        self.liquidations.flush(tally);
        if let Some(followed) = &mut self.followed {
            followed.flush(tally);
        }
    }

    fn survivors(&self, tally: &Tally) -> Vec<Survivors> {
        self.closings.survivors(tally)
    }

    fn survivor_returns(&self, tally: &Tally, level: usize) -> Sums {
        self.closings.returns(tally, level)
    }

    fn outcomes(&self, level: usize, returns: &mut [f64], liquidated: &mut [u8]) -> bool {
        let (closes, left) = (self.closings.terms_of(level), self.liquidations.left_of(level));
        let (z, kept, open) = (&self.z, &self.closings.kept, &self.open_levels);
        dispatch(Outcomes { level: level as u32, closes, left, z, kept, open, returns, liquidated });
        true
    }

    fn control(&mut self, martingale: Martingale, horizon: f64) {
        let Self { terms, followed, .. } = &*self;
        let barriers = || terms.common.logs.iter().map(|log_price| terms.sign * log_price).collect();
        self.stopped = Some(Stopped::new(martingale, horizon, followed.is_none().then(barriers)));
    }

    fn controls(&self, level: usize, controls: &mut [f64]) -> bool {
        self.stopped.as_ref().map(|stopped| stopped.of_level(level, controls)).is_some()
    }

    fn can_hedge(&self) -> bool {
        true
    }

    fn hedge(&mut self, hedges: Hedging, intervals: Option<&Intervals>) {
        self.hedged = Some(Hedged::new(hedges, intervals, &self.terms));
    }

    fn marked(&self, level: usize) -> Option<&[[f32; MARKS]]> {
        self.hedged.as_ref()?.marked(level)
    }

    fn hedged(&self, level: usize, controls: &mut [f64]) -> bool {
        self.hedged.as_ref().map(|hedged| hedged.of_level(level, controls)).is_some()
    }

    fn expect_debts(&mut self, tail: &dyn Fn(Sides, f64) -> Option<JumpTail>) {
        let Self { terms, liquidations, followed, side, .. } = &*self;
        let moves = followed.is_some();
        // What a touch leaves owing the same on all paths is not kept by path.
        let is_kept = moves || liquidations.owe_nothing();
        let has_line = |level: &Opening| level.owed_line(level.start.cash, level.start.exposure).is_some();
        let is_known = is_kept && terms.levels.iter().all(has_line);
        let tail = if is_known { tail(*side, terms.power) } else { None };
        self.gap_debts = tail.map(|tail| GapDebts::new(tail, terms, moves));
    }

    fn expected_debts(&self, level: usize) -> Option<&[f64]> {
        Some(self.gap_debts.as_ref()?.of_level(level))
    }

    fn returns_at(&self, level: usize, log_prices: &[f64]) -> Option<Vec<f64>> {
        let (cash, exposure) = self.closings.terms_of(level);
        let coins = self.terms.kept_at_close() * self.terms.debt.coins;
        let power = self.terms.power;
        let worth = |log_price: f64| coins * exp(power * log_price) - self.expected.at(power, log_price);
        Some(log_prices.iter().map(|log_price| exposure.mul_add(worth(*log_price), cash) - 1.0).collect())
    }

    fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        self.liquidations.for_each(name);
    }

    fn hits(&self) -> &[Hit] {
        self.liquidations.hits()
    }
}

/// The end of a block.
struct Close<'a> {
    follower: &'a mut Ordered,
    weights: &'a [f64],
    tally: &'a mut Tally,
}

impl Kernel for Close<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { follower, weights, tally } = self;
        follower.close_prices();
        follower.closings.begin(weights.len());
        for (lane, weight) in weights.iter().enumerate() {
            follower.close(lane, *weight, tally);
        }
        let Ordered { followed, liquidations, terms, closings, deepest, open_levels, gap_debts, x, .. } =
            follower;
        match followed {
            Some(followed) => {
                followed.end_open(terms, open_levels, x);
                followed.tally(weights, tally);
            }
            None => {
                for (deepest, weight) in deepest.iter().zip(weights) {
                    tally.depths.add(-deepest, *weight);
                }
            }
        }
        liquidations.tally(&terms.levels, gap_debts.as_mut(), weights, tally);
        add_sums(&mut closings.sums, &mut liquidations.sums, weights.len(), tally);
    }
}
