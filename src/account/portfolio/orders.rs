//! What the owner of several positions does: margin calls, bringing the leverage back, payments and an end by the clock.
//!
//! All of it looks at a purse as a whole: its equity, what its positions need, their notional. A margin call comes when equity is a multiple
//! of what the positions of a purse need, and is answered by paying in from a reserve that all purses of the account share, or by making
//! all positions of the purse smaller by the same share. `deleverage` brings the notional of a purse to a multiple of its equity in
//! the same way. Money that is paid in on a schedule is divided as the equity was; the part of a purse that is gone stays with the owner.
//!
//! A purse that holds coins takes money in at the price of the moment. Orders at a price have no meaning here: several positions have no
//! one price.

use super::evaluation::Portfolio;
use super::purse::{Holdings, Purse, Trigger};
use super::state::{Columns, Place};
use crate::account::policy::{Deleverage, Occasion};
use crate::account::schedule::Moment;
use crate::market::SECONDS_PER_YEAR;
use crate::stats::Exit;

/// Orders in a row at the same prices; each either closes the purse or moves its trigger away.
const MOST_ORDERS: usize = 8;
/// Halvings of the share of a position that is closed.
const HALVINGS: usize = 60;

impl Portfolio {
    /// Whether the owner waits for something between the ends of bars.
    pub(super) fn acts_on_the_way(&self) -> bool {
        let on_leverage = |policy: Deleverage| matches!(policy.on, Occasion::Above(_));
        self.policy.margin_call.is_some() || self.policy.deleverage.is_some_and(on_leverage)
    }

    /// Whether the owner has orders for set times.
    pub(super) fn acts_by_the_clock(&self) -> bool {
        let at_times = |policy: Deleverage| matches!(policy.on, Occasion::Every(_));
        self.policy.add_margin.is_some()
            || self.policy.exit_after.is_some()
            || self.policy.deleverage.is_some_and(at_times)
    }

    /// What is waited for in a purse: by the venue, and by the owner where that comes first.
    pub(super) fn triggers(&self, place: Place) -> ([Trigger; 2], usize) {
        let call = self.policy.margin_call.filter(|call| {
            let course = &self.courses[place.lane * self.levels.len() + place.level];
            let is_waiting = self.slots[self.slot(place)].due < f64::INFINITY;
            !is_waiting && (call.reserve == 0.0 || course.reserve > 0.0)
        });
        let first = call.map_or(Trigger::Liquidation, |call| Trigger::Margin(call.level));
        match self.policy.deleverage {
            Some(Deleverage { on: Occasion::Above(leverage), .. }) => {
                ([first, Trigger::Leverage(leverage)], 2)
            }
            _ => ([first; 2], 1),
        }
    }

    /// Lets everything happen that is triggered at price ratios: liquidation before the owner's orders.
    pub(super) fn act(&mut self, place: Place, x: &[f64], gradient: &mut [f64], time: f64) {
        let at = self.slot(place);
        for _ in 0..MOST_ORDERS {
            if !self.slots[at].is_open() {
                return;
            }
            let (of, held) = (&self.levels[place.level][place.purse], self.slots[at].held);
            if of.excess(held, x, gradient) <= 0.0 {
                return self.liquidate(place, x, time);
            }
            let (triggers, count) = self.triggers(place);
            let mut of_the_owner =
                triggers[..count].iter().filter(|trigger| **trigger != Trigger::Liquidation);
            let met = of_the_owner.find(|trigger| of.room(held, **trigger, x, gradient) <= 0.0);
            match met {
                Some(trigger) => self.pull(place, *trigger, x, time),
                None => return,
            }
        }
    }

    /// Does what a trigger is for.
    pub(super) fn pull(&mut self, place: Place, trigger: Trigger, x: &[f64], time: f64) {
        match trigger {
            Trigger::Liquidation => self.liquidate(place, x, time),
            Trigger::Margin(_) => {
                let delay = self.policy.margin_call.map_or(0.0, |call| call.delay.years());
                let at = self.slot(place);
                self.course(place).calls.number += 1.0;
                self.slots[at].due = time + delay;
                if delay == 0.0 {
                    self.answer(place, x);
                }
            }
            Trigger::Leverage(_) => self.rebalance(place, x),
        }
    }

    /// Answers a margin call at price ratios.
    pub(super) fn answer(&mut self, place: Place, x: &[f64]) {
        let at = self.slot(place);
        self.slots[at].due = f64::INFINITY;
        let Some(call) = self.policy.margin_call else { return };
        let (of, held) = (&self.levels[place.level][place.purse], self.slots[at].held);
        let worth = of.worth(x);
        let missing = (call.target * of.needed(held, x) - of.equity(held, x)).max(0.0);
        if missing == 0.0 {
            self.course(place).calls.met += 1.0;
        } else if call.reserve > 0.0 {
            // Where the margin is on the debt, what is paid in lowers it too.
            let richer = Holdings { cash: held.cash + missing, ..held };
            let relief = (of.needed(held, x) - of.needed(richer, x)) / missing;
            let needed = missing / (1.0 + call.target * relief);
            let paid = needed.min(self.course(place).reserve / worth);
            let course = self.course(place);
            course.reserve -= paid * worth;
            course.calls.money += paid * worth;
            self.pay_in(place, paid, worth);
            if paid >= needed {
                self.course(place).calls.met += 1.0;
            } else if call.close {
                self.leave(place, x, Exit::Called);
            }
        } else {
            match share_that_meets(of, held, call.target, x) {
                Some(share) => {
                    self.resize(place, share, x);
                    self.course(place).calls.met += 1.0;
                }
                None => self.leave(place, x, Exit::Called),
            }
        }
    }

    /// Brings the notional of a purse to its target.
    fn rebalance(&mut self, place: Place, x: &[f64]) {
        let Some(policy) = self.policy.deleverage else { return };
        let (of, held) = (&self.levels[place.level][place.purse], self.slots[self.slot(place)].held);
        let (equity, notional) = (of.equity(held, x), of.notional(held, x));
        if equity <= 0.0 || notional == 0.0 {
            return;
        }
        // Trading |1 − k| of everything costs as much of the fee F of closing it: k·N = target·(E − F·|1 − k|).
        let fee = of.closing_fee(held, x) * (notional - policy.target * equity).signum();
        self.resize(place, policy.target * (equity - fee) / (notional - policy.target * fee), x);
    }

    /// Makes all positions of a purse so many times as large, and pays for it.
    fn resize(&mut self, place: Place, times: f64, x: &[f64]) {
        let at = self.slot(place);
        let (of, slot) = (&self.levels[place.level][place.purse], &mut self.slots[at]);
        let fee = of.closing_fee(slot.held, x) * (1.0 - times).abs();
        slot.fees += fee;
        slot.interest += (1.0 - times) * of.interest_in_coins(slot.held, x);
        slot.held = of.resized(slot.held, times, x);
        slot.held.cash -= fee;
    }

    /// Takes in money from outside, in the currency of the purse.
    fn pay_in(&mut self, place: Place, money: f64, worth: f64) {
        let at = self.slot(place);
        self.slots[at].held.cash += money;
        let course = self.course(place);
        course.paid_in += money * worth;
        // Money from outside is no profit.
        course.peak += money * worth;
    }

    /// Closes a purse on the owner's order.
    fn leave(&mut self, place: Place, x: &[f64], exit: Exit) {
        self.close_out(place, x);
        self.course(place).exit.get_or_insert(exit);
    }

    /// The owner's orders that are due at a moment in an open purse whose prices have been gathered.
    pub(super) fn keep_schedule(&mut self, place: Place, moment: &Moment, columns: &mut Columns) {
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        let is_due = |every: u64| moment.seconds.is_multiple_of(every.max(1)) && moment.seconds < horizon;
        let Columns { x_open: x, gradient, .. } = columns;
        let mut has_acted = false;
        if let Some(add) = self.policy.add_margin.filter(|add| is_due(add.every.seconds())) {
            let of = &self.levels[place.level][place.purse];
            let (part, worth) = (add.amount * of.collateral, of.worth(x));
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
            return self.leave(place, x, Exit::Expired);
        }
        if has_acted {
            self.act(place, x, gradient, moment.seconds as f64 / SECONDS_PER_YEAR);
        }
    }
}

/// The largest share of its positions with which a purse, having paid for closing the rest, has this multiple of what they need; none if
/// even a billionth is too much.
fn share_that_meets(of: &Purse, held: Holdings, target: f64, x: &[f64]) -> Option<f64> {
    let fee = of.closing_fee(held, x);
    let is_short = |share: f64| {
        let mut left = of.resized(held, share, x);
        left.cash -= fee * (1.0 - share);
        of.equity(left, x) < target * of.needed(left, x)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if is_short(middle) { high = middle } else { low = middle }
    }
    (!is_short(0.0) && low >= 1e-9).then_some(low)
}
