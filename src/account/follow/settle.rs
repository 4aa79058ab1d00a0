//! What happens at the common times: payments, the owner's orders for set times, a look at the equity.

use super::act::Prices;
use super::slot::{Place, Watch};
use super::state::General;
use crate::account::interest::Growth;
use crate::account::policy::{Deleverage, Occasion};
use crate::account::pool::Held;
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::{Kernel, dispatch, exponentials};
use crate::venue::{Funding, Side};

impl General {
    /// Price ratios by asset and path.
    pub(super) fn set_prices(&mut self, log_prices: &[Vec<f64>]) {
        self.ratios.resize(log_prices.len(), Vec::new());
        for (ratios, log_prices) in self.ratios.iter_mut().zip(log_prices) {
            exponentials(log_prices, ratios);
        }
    }

    /// What is due at a moment, at these log-prices (by asset and path) and funding rates (by law and path).
    pub(super) fn settle_all(&mut self, number: usize, log_prices: &[Vec<f64>], rates: &[f64]) {
        let now = self.schedule[number];
        let next = self.schedule[number + 1..].iter().find(|moment| moment.interest).copied();
        self.set_prices(log_prices);
        if now.interest {
            self.set_growth(&now, next.as_ref());
        }
        self.expire_puts(&now);
        dispatch(Settle { follower: self, now, log_prices, rates });
        if now.interest {
            self.charged = now.seconds;
        }
    }

    /// All paths, one after the other.
    #[inline(always)]
    fn settle_paths(&mut self, now: &Moment, log_prices: &[Vec<f64>], rates: &[f64]) {
        let recorded = if now.date.is_some() { self.lanes.div_ceil(PATHS_PER_RECORD) } else { 0 };
        let moves = now.interest || now.funding || self.acts_by_the_clock();
        let (levels, units) = (self.levels.len(), self.units.len());
        let mut equities = Vec::with_capacity(recorded * levels);
        let mut watches = vec![Watch::NOTHING; units];
        for lane in 0..self.lanes {
            watches.fill(Watch::NOTHING);
            for level in 0..levels {
                let equity = self.settle_level((lane, level), now, (log_prices, rates), &mut watches);
                if lane < recorded {
                    equities.push(self.wealth(lane, level, equity, now.years()));
                }
            }
            if moves && self.is_trailing {
                (0..units).for_each(|unit| self.watches[lane * units + unit] = self.watch_all(lane, unit));
            } else if moves {
                self.watches[lane * units..][..units].copy_from_slice(&watches);
            }
        }
        if now.date.is_some() {
            self.dated.push(equities);
        }
    }

    /// One level on one path: its equity, and what its pools wait for from now on, by unit.
    #[inline(always)]
    fn settle_level(
        &mut self,
        (lane, level): (usize, usize),
        now: &Moment,
        (log_prices, rates): (&[Vec<f64>], &[f64]),
        watches: &mut [Watch],
    ) -> f64 {
        let (pays, acts) = (now.interest || now.funding, self.acts_by_the_clock());
        let (mut x, mut y) = (std::mem::take(&mut self.settled.0), std::mem::take(&mut self.settled.1));
        let mut equity = 0.0;
        for pool in 0..self.unit_of.len() {
            let place = Place { lane, level, pool };
            let at = self.slot(place);
            if !self.slots[at].is_open() {
                equity += self.slots[at].left;
                continue;
            }
            self.prices_of(place, &mut x);
            if pays {
                self.pay(place, now, rates, &x);
            }
            let (of, held) = self.held(place);
            equity += of.equity(held, &x) * of.worth(&x);
        }
        self.courses[lane * self.levels.len() + level].follow(equity);
        if pays || acts {
            let time = now.seconds as f64 / SECONDS_PER_YEAR;
            let mut has_acted = false;
            for pool in 0..self.unit_of.len() {
                let place = Place { lane, level, pool };
                let at = self.slot(place);
                if !self.slots[at].is_open() {
                    continue;
                }
                let assets = &self.levels[level].pools[pool].assets;
                y.clear();
                y.extend(assets.iter().map(|asset| log_prices[*asset][lane]));
                if acts || !self.is_quiet_at(place, &y) {
                    has_acted = true;
                    self.prices_of(place, &mut x);
                    let prices = Prices { y: &y, x: &x };
                    if pays && self.continuous {
                        self.react(place, prices, time);
                    }
                    if acts
                        && self.slots[at].is_open()
                        && self.keep_schedule(place, now, &x)
                        && self.continuous
                    {
                        self.react(place, prices, time);
                    }
                }
                let slot = &self.slots[at];
                if slot.is_open() {
                    let watch =
                        Watch { low: slot.low, high: slot.high, due: slot.appointment(), is_open: true };
                    let unit = &mut watches[self.unit_of[pool]];
                    *unit = unit.and(watch);
                }
            }
            if has_acted {
                equity = 0.0;
                for pool in 0..self.unit_of.len() {
                    let place = Place { lane, level, pool };
                    self.prices_of(place, &mut x);
                    equity += self.equity_of(place, &x);
                }
            }
        }
        self.settled = (x, y);
        equity
    }

    /// Whether nothing that a pool waits for has come about at these log-prices.
    #[inline(always)]
    fn is_quiet_at(&self, place: Place, y: &[f64]) -> bool {
        let slot = &self.slots[self.slot(place)];
        let is_fixed = !self.is_trailing && self.units[self.unit_of[place.pool]].is_line();
        is_fixed && y[0] > slot.low && y[0] < slot.high
    }

    /// Price ratios of the assets of a pool on a path.
    #[inline(always)]
    fn prices_of(&self, place: Place, x: &mut Vec<f64>) {
        let assets = &self.levels[place.level].pools[place.pool].assets;
        x.clear();
        x.extend(assets.iter().map(|asset| self.ratios[*asset][place.lane]));
    }

    /// What a pool is worth in the currency of the account at price ratios (by place); what it left if it is gone.
    fn equity_of(&self, place: Place, x: &[f64]) -> f64 {
        let slot = &self.slots[self.slot(place)];
        if !slot.is_open() {
            return slot.left;
        }
        let (pool, held) = self.held(place);
        pool.equity(held, x) * pool.worth(x)
    }

    /// The interest that is due now.
    fn set_growth(&mut self, now: &Moment, next: Option<&Moment>) {
        let (charged, horizon) = (self.charged, self.schedule.last().map_or(0, |last| last.seconds));
        for level in &mut self.levels {
            for (pool, growth) in level.pools.iter().zip(&mut level.growth) {
                for (leg, growth) in pool.legs.iter().zip(growth) {
                    *growth = Growth::at(leg, now, charged, next, horizon);
                }
            }
        }
    }

    /// Interest and funding of one pool on one path.
    #[inline(always)]
    fn pay(&mut self, place: Place, now: &Moment, rates: &[f64], x: &[f64]) {
        let (at, legs, lanes) = (self.slot(place), self.stakes_of(place), self.lanes);
        let level = &self.levels[place.level];
        let (pool, growth) = (&level.pools[place.pool], &level.growth[place.pool]);
        let (slot, stakes) = (&mut self.slots[at], &mut self.stakes[legs]);
        let before = (slot.cash, stakes.iter().map(|stake| stake.exposure).sum::<f64>(), slot.pending);
        if now.interest {
            slot.interest += pool.charge_interest((&mut slot.cash, stakes), growth, slot.interest, x);
        }
        if now.funding {
            let mut paid = 0.0;
            for (leg, stake) in pool.legs.iter().zip(&*stakes) {
                let funding = leg.flows.funding.as_ref().filter(|funding| {
                    stake.exposure != 0.0 && !funding.is_zero() && funding.is_due(now.seconds)
                });
                let Some(funding) = funding else { continue };
                let rate = match leg.law {
                    Some(law) => rates.get(law * lanes + place.lane).copied().unwrap_or(0.0),
                    None => Funding::constant_rate(funding).unwrap_or(0.0),
                };
                paid += leg.funding(stake.exposure, x[leg.place], rate);
            }
            slot.cash -= paid;
            slot.funding += paid;
        }
        slot.pending = pool.pending_interest(Held { cash: slot.cash, legs: stakes }, growth, x);
        let after = (slot.cash, stakes.iter().map(|stake| stake.exposure).sum::<f64>(), slot.pending);
        if before != after {
            self.renew_liquidation(place);
        }
    }

    fn acts_by_the_clock(&self) -> bool {
        let at_times = |policy: Deleverage| matches!(policy.on, Occasion::Every(_));
        self.policy.add_margin.is_some()
            || self.policy.exit_after.is_some()
            || self.policy.deleverage.is_some_and(at_times)
    }

    /// What puts pay at their expiry.
    fn expire_puts(&mut self, now: &Moment) {
        let Some(put) = self.policy.protective_put.filter(|put| put.expiry.seconds() == now.seconds) else {
            return;
        };
        let pay = |ratio: &f64| self.in_account(put.value(*ratio, put.expiry.years()), *ratio);
        self.puts = self.ratios.iter().map(|ratios| ratios.iter().map(pay).collect()).collect();
    }

    /// A value in the quote currency in that of the account.
    fn in_account(&self, value: f64, ratio: f64) -> f64 {
        if self.in_coin { value / ratio } else { value }
    }

    /// Puts of a level: what they cost and what they are worth some years after the start; once they have expired, what they
    /// have paid.
    pub(super) fn options(&self, lane: usize, level: usize, years: f64) -> (f64, f64) {
        let Some(put) = self.policy.protective_put else { return (0.0, 0.0) };
        let is_alive = put.expiry.years() > years;
        let legs = self.levels[level].pools.iter().flat_map(|pool| &pool.legs);
        let longs = legs.filter(|leg| leg.side == Side::Long);
        longs.fold((0.0, 0.0), |(cost, worth), leg| {
            let (notional, ratio) = (leg.exposure.abs(), self.ratios[leg.asset][lane]);
            let value = match is_alive {
                true => self.in_account(put.value(ratio, years), ratio),
                false => self.puts.get(leg.asset).map_or(0.0, |puts| puts[lane]),
            };
            (cost + notional * put.premium(), worth + notional * value)
        })
    }

    /// All the owner's money in units of what was committed, where the pools hold this equity.
    pub(super) fn wealth(&self, lane: usize, level: usize, equity: f64, years: f64) -> f64 {
        let paid_in = self.courses[lane * self.levels.len() + level].paid_in;
        let (premium, options) = self.options(lane, level, years);
        (equity + (self.committed - 1.0 - paid_in) + options) / (self.committed + premium)
    }
}

/// What is due on all paths at a moment: on the instructions of the processor, exponentials and logarithms need no calls.
struct Settle<'a> {
    follower: &'a mut General,
    now: Moment,
    log_prices: &'a [Vec<f64>],
    rates: &'a [f64],
}

impl Kernel for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.follower.settle_paths(&self.now, self.log_prices, self.rates);
    }
}
