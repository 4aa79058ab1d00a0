//! What is done to a pool: closed in part or whole, resized, paid into; by its owner, its venues or its lender.
//!
//! A lender calls when the loan to value reaches a level. At the end of the time that it gives, the loan is liquidated
//! unless the loan to value is below that level, whether because the owner has paid (the owner's margin call says
//! when and how much) or because the price has recovered. Liquidation at the higher level comes at once, grace or not. Under
//! such a lender the calls that are counted are the lender's, met where the loan has recovered at the deadline.
//!
//! A margin call is answered by paying in from a reserve that all pools of the account share, or by making all positions of
//! the pool smaller by the same share. Money that is paid in on a schedule is divided as the equity was; the part of a pool
//! that is gone stays with the owner. A pool that holds coins takes money in at the price of the moment.

use super::slot::{Aside, Place};
use super::state::General;
use crate::account::follower::Hit;
use crate::account::policy::{Answer, Deleverage, Occasion};
use crate::account::pool::{Held, Room, Stake};
use crate::account::schedule::Moment;
use crate::account::steps::NO_LIMIT;
use crate::stats::Exit;

impl General {
    /// Ends a pool that leaves this much, in its own currency; costs are valued at the same prices.
    fn close(&mut self, place: Place, x: &[f64], left: f64, bad_debt: f64) {
        let at = self.slot(place);
        let (pool, held) = self.held(place);
        let (owed, worth) = (pool.interest_in_coins(held, x), pool.worth(x));
        let (slot, aside) = (&mut self.slots[at], &mut self.asides[at]);
        slot.interest += owed;
        slot.left = left * worth;
        aside.bad_debt = bad_debt * worth;
        let Aside { fees, slippage, kept, .. } = aside;
        for cost in [fees, &mut slot.funding, &mut slot.interest, slippage, kept] {
            *cost *= worth;
        }
        (slot.due, slot.deadline) = (f64::INFINITY, f64::INFINITY);
        self.follow_alone(place, slot_left(left * worth));
    }

    /// Takes in the equity of an account of one pool between the dates.
    fn follow_alone(&mut self, place: Place, equity: f64) {
        if self.unit_of.len() == 1 {
            self.course(place).follow(equity);
        }
    }

    /// Counts an account as liquidated from a time on.
    fn hit(&mut self, place: Place, time: f64) {
        let number = self.hits.len() as u32;
        let course = self.course(place);
        if course.hit.is_none() {
            course.hit = Some(number);
            // What is left is known at the horizon only.
            let (lane, level) = (place.lane as u32, place.level as u32);
            self.hits.push(Hit { lane, level, time, recovered: 0.0, bad_debt: 0.0 });
        }
    }

    /// Lets the venues close what they need, or everything.
    pub(super) fn liquidate(&mut self, place: Place, x: &[f64], time: f64) {
        self.hit(place, time);
        let (at, legs) = (self.slot(place), self.stakes_of(place));
        let (pool, held) = self.held(place);
        let Some(reduced) = pool.reduce(held, &self.limits[legs.clone()], x) else {
            return self.liquidate_all(place, x, time);
        };
        let equity = pool.equity(Held { cash: reduced.cash, legs: &reduced.legs }, x) * pool.worth(x);
        let slot = &mut self.slots[at];
        slot.cash = reduced.cash;
        slot.interest += reduced.interest;
        self.asides[at].kept += reduced.kept;
        self.stakes[legs.clone()].copy_from_slice(&reduced.legs);
        self.limits[legs].copy_from_slice(&reduced.limits);
        self.course(place).reductions += 1.0;
        self.follow_alone(place, equity);
    }

    /// Lets the venues close everything.
    fn liquidate_all(&mut self, place: Place, x: &[f64], time: f64) {
        self.hit(place, time);
        let at = self.slot(place);
        let (pool, held) = self.held(place);
        let remains = pool.liquidate(held, x);
        self.asides[at].kept += remains.kept;
        self.close(place, x, remains.recovered, remains.bad_debt);
    }

    /// Closes one position in the market; with the last one the pool ends.
    pub(super) fn sell(&mut self, place: Place, leg: usize, x: &[f64], slippage: f64, exit: Exit) {
        let (at, first) = (self.slot(place), self.stakes_of(place).start);
        let (pool, held) = self.held(place);
        let (terms, stake) = (&pool.legs[leg], held.legs[leg]);
        let price = x[terms.place];
        let lost = terms.lost(stake.exposure, price, slippage);
        let filled = price * slippage.mul_add(-terms.side.sign(), 1.0);
        let mut fee = terms.taker_fee * terms.unit.notional(stake.exposure.abs(), filled).0;
        let interest = -stake.owed * terms.unit.value(price);
        let value = pool.value(leg, held, x) - lost;
        let is_last = held.legs.iter().filter(|stake| stake.exposure != 0.0).count() == 1;
        if is_last {
            // A fee that is not covered is nobody's loss.
            fee = fee.min((held.cash + value + pool.coins(x)).max(0.0));
        }
        let (slot, aside) = (&mut self.slots[at], &mut self.asides[at]);
        slot.cash += value - fee;
        slot.interest += interest;
        aside.fees += fee;
        aside.slippage += lost;
        self.stakes[first + leg] = Stake::default();
        self.limits[first + leg] = NO_LIMIT;
        self.course(place).exit.get_or_insert(exit);
        if is_last {
            self.close_with_cash(place, x);
        }
    }

    /// Closes all positions of a pool on the owner's order.
    pub(super) fn leave(&mut self, place: Place, x: &[f64], slippage: f64, exit: Exit) {
        let at = self.slot(place);
        let legs = self.stakes_of(place);
        for leg in 0..legs.len() {
            if self.slots[at].is_open() && self.stakes[legs.start + leg].exposure != 0.0 {
                self.sell(place, leg, x, slippage, exit);
            }
        }
        if self.slots[at].is_open() {
            self.close_with_cash(place, x);
        }
    }

    /// Ends a pool without positions.
    fn close_with_cash(&mut self, place: Place, x: &[f64]) {
        let left = self.slots[self.slot(place)].cash + self.levels[place.level].pools[place.pool].coins(x);
        self.close(place, x, left.max(0.0), (-left).max(0.0));
    }

    /// The owner sees the margin at the level of the own call.
    pub(super) fn call(&mut self, place: Place, x: &[f64], time: f64) {
        let at = self.slot(place);
        let delay = self.policy.margin_call.map_or(0.0, |call| call.delay.years());
        if !self.has_lender(place) {
            self.course(place).calls.number += 1.0;
        }
        self.slots[at].due = time + delay;
        if delay == 0.0 {
            self.answer(place, x);
        }
    }

    pub(super) fn has_lender(&self, place: Place) -> bool {
        self.levels[place.level].pools[place.pool].has_lender()
    }

    /// The lender calls.
    pub(super) fn lender_calls(&mut self, place: Place, time: f64) {
        let at = self.slot(place);
        let groups = self.levels[place.level].pools[place.pool].groups.iter();
        let grace = groups.filter_map(|group| Some(group.lender?.grace)).fold(f64::INFINITY, f64::min);
        self.slots[at].deadline = time + grace;
        self.course(place).calls.number += 1.0;
    }

    /// Lets everything happen that is due by a time: the owner's answer, then the lender's decision. Whether anything was.
    pub(super) fn keep_appointments(&mut self, place: Place, x: &[f64], time: f64) -> bool {
        let at = self.slot(place);
        if self.slots[at].appointment() > time {
            return false;
        }
        if self.slots[at].due <= time {
            self.answer(place, x);
        }
        if self.slots[at].deadline <= time {
            self.slots[at].deadline = f64::INFINITY;
            let mut gradient = vec![0.0; x.len()];
            let (pool, held) = self.held(place);
            if pool.room(held, Room::Call, x, &mut gradient) > 0.0 {
                self.course(place).calls.met += 1.0;
            } else {
                self.liquidate_all(place, x, time);
            }
        }
        self.renew(place);
        true
    }

    /// Answers a margin call at price ratios.
    fn answer(&mut self, place: Place, x: &[f64]) {
        let at = self.slot(place);
        self.slots[at].due = f64::INFINITY;
        let Some(call) = self.policy.margin_call else { return };
        let reserve = self.courses[place.lane * self.levels.len() + place.level].reserve;
        let (pool, held) = self.held(place);
        let worth = pool.worth(x);
        match call.answer(pool, held, reserve / worth, x) {
            Answer::Recovered => self.meet(place),
            Answer::Pay(money) => {
                self.draw_on_reserve(place, money, worth);
                self.meet(place);
            }
            Answer::PayAll(money, close) => {
                self.draw_on_reserve(place, money, worth);
                if close {
                    self.leave(place, x, 0.0, Exit::Called);
                }
            }
            Answer::Resize(times) => {
                self.resize(place, times, x);
                self.meet(place);
            }
            Answer::Leave => self.leave(place, x, 0.0, Exit::Called),
        }
    }

    fn meet(&mut self, place: Place) {
        if !self.has_lender(place) {
            self.course(place).calls.met += 1.0;
        }
    }

    fn draw_on_reserve(&mut self, place: Place, money: f64, worth: f64) {
        let course = self.course(place);
        course.reserve = (course.reserve - money * worth).max(0.0);
        course.calls.money += money * worth;
        self.pay_in(place, money, worth);
    }

    /// Takes in money from outside, in the currency of the pool.
    fn pay_in(&mut self, place: Place, money: f64, worth: f64) {
        let at = self.slot(place);
        self.slots[at].cash += money;
        let course = self.course(place);
        course.paid_in += money * worth;
        // Money from outside is no profit.
        course.peak += money * worth;
    }

    /// Brings the notional of a pool to its target.
    pub(super) fn rebalance(&mut self, place: Place, x: &[f64]) {
        let Some(policy) = self.policy.deleverage else { return };
        let (pool, held) = self.held(place);
        if let Some(times) = policy.times(pool, held, x) {
            self.resize(place, times, x);
        }
    }

    /// Makes all positions of a pool so many times as large, and pays for it.
    fn resize(&mut self, place: Place, times: f64, x: &[f64]) {
        let (at, legs) = (self.slot(place), self.stakes_of(place));
        let (pool, held) = self.held(place);
        let fee = pool.closing_fee(held, x) * (1.0 - times).abs();
        let value = pool.equity(held, x) - held.cash - pool.coins(x);
        let closed = (1.0 - times).max(0.0);
        let interest = closed * pool.interest_in_coins(held, x);
        let pool = &self.levels[place.level].pools[place.pool];
        let slot = &mut self.slots[at];
        self.asides[at].fees += fee;
        slot.interest += interest;
        slot.cash += (1.0 - times) * value - fee;
        for (stake, leg) in self.stakes[legs.clone()].iter_mut().zip(&pool.legs) {
            let added = (times - 1.0).max(0.0) * stake.exposure * leg.unit.value(x[leg.place]);
            stake.paid = (1.0 - closed).mul_add(stake.paid, added);
            stake.exposure *= times;
            stake.owed *= 1.0 - closed;
        }
        if times > 1.0 {
            self.limits[legs].fill(NO_LIMIT);
        }
    }

    /// The owner's orders for a set time.
    pub(super) fn keep_schedule(&mut self, place: Place, moment: &Moment, x: &[f64]) -> bool {
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        let is_due = |every: u64| moment.seconds.is_multiple_of(every.max(1)) && moment.seconds < horizon;
        let mut has_acted = false;
        if let Some(add) = self.policy.add_margin.filter(|add| is_due(add.every.seconds())) {
            let pool = &self.levels[place.level].pools[place.pool];
            let (part, worth) = (add.amount * pool.collateral, pool.worth(x));
            self.pay_in(place, part / worth, worth);
            has_acted = true;
        }
        if let Some(Deleverage { on: Occasion::Every(every), .. }) = self.policy.deleverage
            && is_due(every.seconds())
        {
            self.rebalance(place, x);
            has_acted = true;
        }
        if self.policy.exit_after.is_some_and(|exit| exit.time.seconds() == moment.seconds) {
            self.leave(place, x, 0.0, Exit::Expired);
            has_acted = true;
        }
        if has_acted {
            self.renew(place);
        }
        has_acted
    }
}

fn slot_left(left: f64) -> f64 {
    left.max(0.0)
}
