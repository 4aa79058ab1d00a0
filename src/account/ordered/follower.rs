//! The follower of levels in order: bars, settlement dates and the close.

use super::booking::{Book, Ordered, Seen};
use super::columns::{Deepen, Outcomes, Passed, Prices};
use super::followed::Worth;
use super::settle::Settle;
use crate::account::follower::{Follower, Hit, Survivors};
use crate::account::observer::{Due, Observer};
use crate::account::sums::add_sums;
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Kernel, Stream, dispatch, reset};
use crate::stats::{Sums, Tally};

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
            self.liquidations.sums[level].add_insolvent(bad_debt, weight);
            open = level;
        }
    }
}

impl Observer for Ordered {
    fn begin(&mut self, lanes: usize) {
        let count = self.terms.levels.len();
        self.terms.begin(lanes, &self.schedule);
        self.liquidations.begin();
        self.open_levels.clear();
        self.open_levels.resize(lanes, count as u32);
        // Every path starts where the first one does.
        let nearest = self.terms.leave_open(0, count);
        reset(&mut self.log_nearest, lanes, nearest);
        self.x.resize(lanes, 1.0);
        self.deepest.clear();
        self.deepest.resize(lanes, 0.0);
        if let Some(followed) = &mut self.followed {
            followed.begin(lanes, &self.terms.levels, &self.terms.debt.cash);
        }
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn nearest(&self) -> Option<&[f64]> {
        // How deep a path went is kept where nothing moves the barriers.
        self.followed.as_ref().map(|_| &self.log_nearest[..])
    }

    fn observe_near(&mut self, bars: &[Bars], near: &[u32], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        dispatch(Book { follower: self, seen: Seen::Bars(bars, Some(near), hit_noise) });
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let sign = self.terms.sign;
        if self.followed.is_none() && bars.len() == self.deepest.len() {
            dispatch(Deepen { prices: &bars.extreme, sign, deepest: &mut self.deepest });
        } else if self.followed.is_none() {
            for (lane, extreme) in bars.lanes.iter().zip(&bars.extreme) {
                let deepest = &mut self.deepest[*lane as usize];
                *deepest = deepest.min(sign * extreme);
            }
        }
        dispatch(Book { follower: self, seen: Seen::Bars(bars, None, hit_noise) });
    }

    fn settle(&mut self, date: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let Self { schedule, terms, followed: Some(followed), open_levels, log_nearest, flagged, .. } = self
        else {
            return;
        };
        let (now, log_prices, watches) = (schedule[date], &log_prices[self.asset][..], self.watches);
        if terms.settle(&now, &schedule[date + 1..]) {
            followed.set_cash(&terms.debt.cash);
        }
        if terms.common.go_to(date) {
            for (nearest, open) in log_nearest.iter_mut().zip(open_levels) {
                *nearest = terms.common.nearest(*open as usize);
            }
        }
        let rates = if now.funding { due.funding } else { &[] };
        dispatch(Settle { terms, followed, log_prices, rates, watches, log_nearest, flagged });
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        dispatch(Book { follower: self, seen: Seen::Date(time, log_prices) });
        if let Some(followed) = self.followed.as_mut().filter(|_| now.date.is_some()) {
            followed.record(&self.terms, log_prices, &self.open_levels);
        }
    }

    fn look(&mut self, times: &[f64], log_prices: &[Vec<f64>]) -> bool {
        let Self { terms, log_nearest, deepest, flagged, .. } = self;
        let (sign, rows) = (terms.sign, &log_prices[self.asset][..]);
        flagged.clear();
        dispatch(Passed { sign, rows, nearest: log_nearest, deepest, touched: flagged });
        dispatch(Book { follower: self, seen: Seen::Looks(times, rows) });
        true
    }
}

impl Follower for Ordered {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_prices = &log_prices[self.asset];
        dispatch(Prices { power: self.terms.power, log_prices, x: &mut self.x });
        dispatch(Close { follower: self, weights, tally });
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

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        self.closings.survivors(tally, level)
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
        let Ordered { followed, liquidations, terms, closings, deepest, open_levels, x, .. } = follower;
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
        liquidations.tally(&terms.levels, weights, tally);
        add_sums(&mut closings.sums, &mut liquidations.sums, weights.len(), tally);
    }
}
