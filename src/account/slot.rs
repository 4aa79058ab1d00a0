//! One level on one path of an account whose owner acts: its money, its triggers, and what it does when one is touched.
//!
//! Distances are mirrored log-prices y, so that losses lie below; x is the price over that of the entry. All sums are
//! fractions of the equity put up.

use super::opening::Opening;
use super::policy::{Deleverage, Occasion, Policy, Stops};
use super::schedule::Moment;
use super::settlement::log_barrier;
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::{exp, ln};
use crate::stats::{Calls, Cost, Exit, Passage};
use crate::venue::{Compounding, Flows, FundingBasis};

const HOURS_PER_YEAR: f64 = 8_760.0;
/// Orders in a row at one price; each either closes the position or moves its trigger away.
const MOST_ORDERS: usize = 8;

/// A level and what its owner does.
#[derive(Debug, Clone)]
pub(super) struct Managed {
    pub opening: Opening,
    pub policy: Policy,
    /// The stops of the policy.
    pub stops: Stops,
    pub flows: Flows,
    /// Horizon in seconds.
    pub horizon: u64,
}

/// What is due at a moment on one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payment {
    pub moment: Moment,
    /// Time since interest was last charged.
    pub years: f64,
    /// Fraction of the notional, where funding is paid.
    pub funding_rate: Option<f64>,
}

/// How a position ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    pub exit: Exit,
    pub time: f64,
    /// Equity closed out, before what was never paid in.
    pub equity: f64,
    pub bad_debt: f64,
}

/// The state of one level on one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub cash: f64,
    pub exposure: f64,
    pub reserve: f64,
    pub costs: [f64; Cost::ALL.len()],
    pub calls: Calls,
    pub paid_in: f64,
    /// Coins owed as interest: a cost at the price at which they are bought back.
    pub owed_coins: f64,
    pub peak: f64,
    pub drawdown: f64,
    /// When the owner answers a margin call, in years; infinite without one.
    pub due: f64,
    /// Nearest trigger on the losing side, stops not counted, and on the other.
    pub low: f64,
    pub high: f64,
    pub liquidation: f64,
    pub call: f64,
    /// Mirrored log-price of a lender's call; and when the lender liquidates unless the loan has recovered.
    pub lender: f64,
    pub deadline: f64,
    reduction: f64,
    /// The venue's tier that a liquidation in part has left the position in, until the owner adds to it.
    limit: Option<usize>,
    /// When the venue first closed a part of the position, and how often it did.
    taken: Option<f64>,
    reductions: f64,
    pub end: Option<End>,
}

impl Managed {
    /// The slot as the position opens.
    pub fn open(&self) -> Slot {
        let start = self.opening.start;
        let mut slot = Slot {
            cash: start.cash,
            exposure: start.exposure,
            reserve: self.policy.margin_call.map_or(0.0, |call| call.reserve),
            costs: [0.0; Cost::ALL.len()],
            calls: Calls::default(),
            paid_in: 0.0,
            owed_coins: 0.0,
            peak: 1.0,
            drawdown: 0.0,
            due: f64::INFINITY,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            liquidation: f64::NEG_INFINITY,
            call: f64::NEG_INFINITY,
            lender: f64::NEG_INFINITY,
            deadline: f64::INFINITY,
            reduction: f64::NEG_INFINITY,
            limit: None,
            taken: None,
            reductions: 0.0,
            end: None,
        };
        slot.costs[Cost::Fees as usize] = self.opening.entry_fee;
        if self.flows.borrow.is_some_and(|borrow| borrow.compounding == Compounding::Simple) {
            self.charge_interest(&mut slot, 0.0);
        }
        self.follow(&mut slot, 1.0);
        self.renew(&mut slot);
        slot
    }

    /// +1 where the holder gains with x, else −1.
    fn sign(&self) -> f64 {
        self.opening.sign()
    }

    /// +1 for a long, −1 for a short.
    fn side(&self) -> f64 {
        self.opening.sign() * self.opening.power()
    }

    /// Mirrored log barrier of a margin that is a multiple of the maintenance margin.
    fn margin_barrier(&self, slot: &Slot, multiple: f64) -> f64 {
        let requirement = self.opening.requirement(slot.exposure);
        log_barrier(self.sign(), requirement.barrier(slot.exposure, slot.cash, multiple))
    }

    /// Finds the triggers again.
    pub fn renew(&self, slot: &mut Slot) {
        let sign = self.sign();
        let policy = &self.policy;
        slot.liquidation = self.margin_barrier(slot, 1.0);
        slot.call = match policy.margin_call {
            Some(call) if slot.due == f64::INFINITY && self.can_answer(slot) => {
                self.margin_barrier(slot, call.level)
            }
            _ => f64::NEG_INFINITY,
        };
        slot.lender = match self.opening.lender {
            Some(lender) if slot.deadline == f64::INFINITY => self.margin_barrier(slot, lender.call),
            _ => f64::NEG_INFINITY,
        };
        slot.reduction = match policy.deleverage {
            Some(Deleverage { on: Occasion::Above(leverage), .. }) => {
                Deleverage::price_of(leverage, slot.cash, slot.exposure)
                    .map_or(f64::NEG_INFINITY, |x| sign * ln(x))
            }
            _ => f64::NEG_INFINITY,
        };
        slot.low = slot.liquidation.max(slot.call).max(slot.lender).max(slot.reduction);
        slot.high = policy.take_profit.map_or(f64::INFINITY, |target| target.level(self.side()));
    }

    fn can_answer(&self, slot: &Slot) -> bool {
        self.policy.margin_call.is_some_and(|call| call.reserve == 0.0 || slot.reserve > 0.0)
    }

    /// Lets everything happen that is triggered at a price, the best one so far being `top`: liquidation before orders, a stop before
    /// the others.
    pub fn react(&self, slot: &mut Slot, y: f64, top: f64, time: f64) {
        let stop = self.stops.level(top);
        for _ in 0..MOST_ORDERS {
            if slot.end.is_some() || (y > slot.low.max(stop) && y < slot.high) {
                return;
            }
            let x = exp(self.sign() * y);
            if y <= slot.liquidation {
                self.liquidate(slot, x, time);
            } else if y <= stop {
                return self.close(slot, x, self.stops.slippage(top), Exit::Stopped, time);
            } else if y >= slot.high {
                return self.close(slot, x, 0.0, Exit::Target, time);
            } else if y <= slot.call {
                self.call(slot, x, time);
            } else if y <= slot.lender {
                self.call_in(slot, time);
            } else if y <= slot.reduction {
                self.rebalance(slot, x);
            } else {
                return;
            }
            self.renew(slot);
        }
    }

    pub fn trade(&self, slot: &mut Slot, x: f64, change: f64) {
        let fee = self.opening.taker_fee * change.abs() * x;
        if change * slot.exposure < 0.0 {
            Self::buy_back(slot, x, (change / slot.exposure).abs().min(1.0));
        } else {
            slot.limit = None;
        }
        slot.exposure += change;
        slot.cash -= change * x + fee;
        slot.costs[Cost::Fees as usize] += fee;
    }

    fn rebalance(&self, slot: &mut Slot, x: f64) {
        if let Some(policy) = self.policy.deleverage
            && slot.exposure * x + slot.cash > 0.0
        {
            let change = policy.trade(slot.cash, slot.exposure, x, self.opening.taker_fee);
            self.trade(slot, x, change);
        }
    }

    /// Books the interest in coins on a share of the position that is closed.
    fn buy_back(slot: &mut Slot, x: f64, share: f64) {
        slot.costs[Cost::Interest as usize] += share * slot.owed_coins * x;
        slot.owed_coins *= 1.0 - share;
    }

    fn charge_interest(&self, slot: &mut Slot, years: f64) {
        let Some(borrow) = self.flows.borrow else { return };
        let (cash, coins) = ((-slot.cash).max(0.0), (-slot.exposure).max(0.0));
        let start = self.opening.start;
        let (cash, coins) = match borrow.compounding {
            Compounding::Hourly => {
                (cash * borrow.rate / HOURS_PER_YEAR, coins * borrow.rate / HOURS_PER_YEAR)
            }
            Compounding::Continuous => {
                let growth = exp(borrow.rate * years) - 1.0;
                (cash * growth, coins * growth)
            }
            Compounding::Simple => {
                let hour = borrow.rate / HOURS_PER_YEAR;
                (cash.min((-start.cash).max(0.0)) * hour, coins.min((-start.exposure).max(0.0)) * hour)
            }
        };
        slot.cash -= cash;
        slot.exposure -= coins;
        slot.owed_coins += coins;
        slot.costs[Cost::Interest as usize] += cash;
    }

    /// Cash flows that are due, the check after them, then the owner's orders.
    pub fn settle(&self, slot: &mut Slot, due: &Payment, (x, y): (f64, f64), top: f64) {
        let Payment { moment, years, funding_rate } = due;
        if slot.end.is_some() {
            return;
        }
        let time = moment.seconds as f64 / SECONDS_PER_YEAR;
        if moment.interest {
            self.charge_interest(slot, *years);
        }
        if let (Some(rate), Some(funding)) = (funding_rate, &self.flows.funding) {
            let price = if funding.basis == FundingBasis::Mark { x } else { 1.0 };
            // The long pays, whichever way the contract's exposure runs.
            let paid = self.opening.power() * rate * slot.exposure * price;
            slot.cash -= paid;
            slot.costs[Cost::Funding as usize] += paid;
        }
        self.follow(slot, x);
        if moment.interest || funding_rate.is_some() {
            self.renew(slot);
            self.react(slot, y, top, time);
        }
        if slot.end.is_some() {
            return;
        }
        let mut has_acted = false;
        let is_due =
            |every: u64| moment.seconds.is_multiple_of(every.max(1)) && moment.seconds < self.horizon;
        if let Some(add) = self.policy.add_margin.filter(|add| is_due(add.every.seconds())) {
            self.pay_in(slot, add.amount);
            has_acted = true;
        }
        if let Some(Deleverage { on: Occasion::Every(every), .. }) = self.policy.deleverage
            && is_due(every.seconds())
        {
            self.rebalance(slot, x);
            has_acted = true;
        }
        if self.policy.exit_after.is_some_and(|exit| exit.time.seconds() == moment.seconds) {
            return self.close(slot, x, 0.0, Exit::Expired, time);
        }
        if has_acted {
            self.renew(slot);
            self.react(slot, y, top, time);
        }
    }

    fn follow(&self, slot: &mut Slot, x: f64) {
        let equity = slot.exposure * x + slot.cash;
        slot.peak = slot.peak.max(equity);
        slot.drawdown = slot.drawdown.max(1.0 - equity / slot.peak);
    }

    /// Lets the venue close what it needs, or everything.
    fn liquidate(&self, slot: &mut Slot, x: f64, time: f64) {
        let Some(reduced) = self.opening.reduce_at(slot.cash, slot.exposure, slot.limit, x) else {
            return self.liquidate_all(slot, x, time);
        };
        Self::buy_back(slot, x, reduced.closed);
        slot.costs[Cost::Liquidation as usize] += reduced.kept;
        (slot.cash, slot.exposure) = (reduced.left.cash, reduced.left.exposure);
        slot.limit = reduced.limit;
        slot.reductions += 1.0;
        slot.taken.get_or_insert(time);
        self.follow(slot, x);
    }

    /// Lets the venue close everything.
    pub fn liquidate_all(&self, slot: &mut Slot, x: f64, time: f64) {
        let remains = self.opening.liquidate_at(slot.cash, slot.exposure, x);
        Self::buy_back(slot, x, 1.0);
        slot.costs[Cost::Liquidation as usize] += remains.kept;
        self.finish(
            slot,
            End { exit: Exit::Liquidated, time, equity: remains.recovered, bad_debt: remains.bad_debt },
        );
    }

    /// Closes the position at a price less slippage.
    pub fn close(&self, slot: &mut Slot, x: f64, slippage: f64, exit: Exit, time: f64) {
        let size = slot.exposure.abs();
        let lost = slippage * size * x;
        let fill = x * (1.0 - self.sign() * slippage);
        let before = slot.exposure * x + slot.cash;
        let fee = self.opening.taker_fee * size * fill;
        let equity = before - lost - fee;
        Self::buy_back(slot, x, 1.0);
        slot.costs[Cost::Slippage as usize] += lost;
        slot.costs[Cost::Fees as usize] += fee;
        self.finish(slot, End { exit, time, equity: equity.max(0.0), bad_debt: (-equity).max(0.0) });
    }

    fn finish(&self, slot: &mut Slot, end: End) {
        slot.drawdown = slot.drawdown.max(1.0 - end.equity / slot.peak.max(end.equity));
        // A position of which the venue has closed a part counts as liquidated then, however the rest ends.
        slot.end = Some(match slot.taken {
            Some(time) => End { exit: Exit::Liquidated, time, ..end },
            None => end,
        });
        slot.low = f64::NEG_INFINITY;
        slot.high = f64::INFINITY;
        (slot.due, slot.deadline) = (f64::INFINITY, f64::INFINITY);
    }
}

impl Slot {
    /// What the path did, once it has ended.
    pub fn passage(&self, exit: Exit) -> Passage {
        Passage {
            exit,
            costs: self.costs,
            drawdown: self.drawdown,
            calls: self.calls,
            reductions: self.reductions,
        }
    }

    /// When something is to be done whatever the price: a call to be answered, or a lender's deadline.
    pub fn appointment(&self) -> f64 {
        self.due.min(self.deadline)
    }
}
