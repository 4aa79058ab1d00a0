//! Margin calls: the owner's own, answered from a reserve or by closing a part, and those of a lender.
//!
//! A lender calls when the loan to value reaches a level. At the end of the time that it gives, the loan is liquidated
//! unless the loan to value is below that level, whether because the owner has paid (the owner's margin call says
//! when and how much) or because the price has recovered. Liquidation at the higher level comes at once, grace or not. Under
//! such a lender the calls that are counted are the lender's, met where the loan has recovered at the deadline.

use super::slot::{Managed, Slot};
use crate::stats::Exit;

impl Managed {
    /// The owner sees the margin at the level of the own call.
    pub(super) fn call(&self, slot: &mut Slot, x: f64, time: f64) {
        let delay = self.policy.margin_call.map_or(0.0, |call| call.delay.years());
        if self.opening.lender.is_none() {
            slot.calls.number += 1.0;
        }
        slot.due = time + delay;
        if delay == 0.0 {
            self.answer(slot, x, time);
        }
    }

    /// The lender calls.
    pub(super) fn call_in(&self, slot: &mut Slot, time: f64) {
        slot.calls.number += 1.0;
        slot.deadline = time + self.opening.lender.map_or(0.0, |lender| lender.grace);
    }

    /// Lets everything happen that is due by a time: the owner's answer, then the lender's decision.
    pub(super) fn keep_appointments(&self, slot: &mut Slot, x: f64, time: f64) {
        if slot.due <= time {
            self.answer(slot, x, time);
        }
        if let (true, Some(lender)) = (slot.deadline <= time, self.opening.lender) {
            slot.deadline = f64::INFINITY;
            let requirement = self.opening.requirement(slot.exposure);
            let needed = lender.call * requirement.at(slot.exposure.abs() * x, slot.cash);
            if slot.exposure * x + slot.cash > needed {
                slot.calls.met += 1.0;
            } else {
                self.liquidate_all(slot, x, time);
            }
        }
    }

    /// Answers a margin call at a price.
    fn answer(&self, slot: &mut Slot, x: f64, time: f64) {
        slot.due = f64::INFINITY;
        let Some(call) = self.policy.margin_call else { return };
        let equity = slot.exposure * x + slot.cash;
        let notional = slot.exposure.abs() * x;
        let requirement = self.opening.requirement(slot.exposure);
        let missing = (call.target * requirement.at(notional, slot.cash) - equity).max(0.0);
        // Where the margin is on the debt, what is paid in lowers it too.
        let relief = match missing > 0.0 {
            true => {
                (requirement.at(notional, slot.cash) - requirement.at(notional, slot.cash + missing))
                    / missing
            }
            false => 0.0,
        };
        let needed = missing / (1.0 + call.target * relief);
        if needed == 0.0 {
            self.meet(slot);
        } else if call.reserve > 0.0 {
            let paid = needed.min(slot.reserve);
            slot.reserve -= paid;
            slot.calls.money += paid;
            self.pay_in(slot, paid);
            if paid >= needed {
                self.meet(slot);
            } else if call.close {
                self.close(slot, x, 0.0, Exit::Called, time);
            }
        } else {
            let fee = self.opening.taker_fee;
            let sign = slot.exposure.signum();
            let short = |size: f64| {
                let left = equity - fee * (notional - size);
                left < call.target * self.opening.requirement(size / x).at(size, left - sign * size)
            };
            let (mut low, mut high) = (0.0, notional);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if short(middle) { high = middle } else { low = middle }
            }
            if short(0.0) || low < 1e-9 * notional {
                return self.close(slot, x, 0.0, Exit::Called, time);
            }
            self.trade(slot, x, -slot.exposure.signum() * (notional - low) / x);
            self.meet(slot);
        }
    }

    fn meet(&self, slot: &mut Slot) {
        if self.opening.lender.is_none() {
            slot.calls.met += 1.0;
        }
    }

    /// Takes in money from outside.
    pub(super) fn pay_in(&self, slot: &mut Slot, money: f64) {
        slot.cash += money;
        slot.paid_in += money;
        // Money from outside is no profit.
        slot.peak += money;
    }
}
