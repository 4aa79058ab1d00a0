//! The follower of levels in order: bars and settlement dates.

use super::booking::{Book, Ordered, Seen};
use super::columns::Deepen;
use super::gap_debts::Expect;
use super::looks::Look;
use super::settle::Settle;
use crate::account::observer::{Driven, Due, Observer};
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, dispatch, reset};

impl Observer for Ordered {
    fn begin(&mut self, lanes: usize) {
        let count = self.terms.levels.len();
        self.terms.begin(lanes, &self.schedule);
        self.liquidations.begin();
        if let Some(stopped) = &mut self.stopped {
            stopped.begin();
        }
        if let Some(hedged) = &mut self.hedged {
            hedged.begin(lanes);
        }
        if let Some(debts) = &mut self.gap_debts {
            debts.begin(lanes);
        }
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
        // How deep a path went is kept where nothing moves the barriers; hedges look at bars that are farther away, too.
        let is_enough = self.followed.is_some() && self.hedged.is_none();
        is_enough.then_some(&self.log_nearest[..])
    }

    fn follow(&mut self, bars: &[Bars], driven: &Driven<'_>) {
        let Self { hedged: Some(hedged), terms, open_levels, log_nearest, .. } = self else { return };
        if let Some(driving) = driven(self.asset) {
            hedged.follow(&bars[self.asset], driving, terms, (open_levels, log_nearest));
        }
    }

    fn before_events(&mut self, asset: usize, lanes: &[u32], log_prices: &[f64]) {
        let Self { gap_debts: Some(debts), terms, open_levels, .. } = self else { return };
        if asset == self.asset {
            dispatch(Expect { debts, terms, open_levels, lanes, log_prices });
        }
    }

    fn observe_near(&mut self, bars: &[Bars], near: &[u32], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        if let Some(stopped) = &mut self.stopped {
            // All bars begin together; the others have no start of their own.
            stopped.arrive(bars, bars.start.first().copied());
        }
        dispatch(Book { follower: self, seen: Seen::Bars(bars, Some(near), hit_noise) });
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let sign = self.terms.sign;
        if let Some(stopped) = &mut self.stopped {
            stopped.arrive(bars, None);
        }
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

    fn looks_at_once(&self) -> bool {
        true
    }

    fn look(&mut self, times: &[f64], first: usize, log_prices: &[&[f64]]) {
        let rows = log_prices[self.asset];
        dispatch(Look { follower: self, times, first, rows });
    }
}
