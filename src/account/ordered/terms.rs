//! What is known of all levels at the moment: their money, what interest and funding have made of it, and their barriers.

use super::charges::Charges;
use super::common::Common;
use super::debt::Debt;
use super::envelope::Envelope;
use crate::account::fill::Remains;
use crate::account::margin::Requirement;
use crate::account::opening::Opening;
use crate::account::schedule::Moment;
use crate::numeric::{exp, ln};
use crate::stats::Costs;
use crate::venue::Flows;

/// The levels of a position, in order of rising leverage.
#[derive(Debug)]
pub(super) struct Terms {
    pub levels: Vec<Opening>,
    /// Mirrors log-prices so that liquidation lies below.
    pub sign: f64,
    /// Log x over log-price.
    pub power: f64,
    /// Cash at the horizon by level, what funding has charged left aside.
    pub closing_cash: Vec<f64>,
    pub debt: Debt,
    pub common: Common,
    pub charges: Option<Charges>,
}

/// Where a level begins to owe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// As a mirrored log-price.
    pub log_price: f64,
    /// How fast debt grows beyond it, in units of x.
    pub slope: f64,
    /// Debt right beyond it.
    pub least: f64,
}

impl Terms {
    /// The terms of levels that are in order whatever the path; none if they are not.
    pub fn new(levels: Vec<Opening>, flows: &Flows, schedule: &[Moment]) -> Option<Self> {
        let first = levels.first()?;
        let (x_sign, power) = (first.sign(), first.power());
        let mut debt = Debt::new(&levels, flows.borrow);
        debt.begin(schedule);
        let mut common = Common::new(&levels, &debt);
        let charges = match flows.funding.as_ref().filter(|funding| !funding.is_zero()) {
            Some(funding) => {
                let least = power * funding.constant_rate().unwrap_or(f64::NEG_INFINITY);
                let barriers = charged_barriers(&levels, &debt, least >= 0.0)?;
                Some(Charges::new((x_sign, power), funding.basis, barriers, debt.bear_money() > 0))
            }
            None => None,
        };
        let mut in_order = common.are_in_order();
        for (date, now) in schedule.iter().enumerate() {
            if debt.settle(now, &schedule[date + 1..]) && charges.is_none() {
                common.renew(&debt);
                in_order &= common.are_in_order();
            }
            if debt.bears_interest() && charges.is_none() {
                common.foresee(date);
            }
        }
        // At the close the more leveraged level runs out of equity first, too.
        let ruins: Vec<f64> =
            levels.iter().zip(&debt.cash).map(|(level, cash)| -cash / level.start.exposure.abs()).collect();
        in_order &= ruins.windows(2).all(|pair| pair[0] <= pair[1]);
        // Coins that are owed may outgrow a tier of quantity.
        in_order &= levels.iter().all(|level| {
            let exposure = level.start.exposure;
            let is_same = |rules: &Requirement| rules.is_same_tier(exposure, exposure * debt.coins);
            level.requirement().is_none_or(is_same)
        });
        let sign = x_sign * power;
        let mut terms = Self { closing_cash: debt.cash.clone(), levels, sign, power, debt, common, charges };
        terms.begin(0, schedule);
        in_order.then_some(terms)
    }

    /// The first path on which some money is not a number; the money of all levels is the same on all paths, what funding charges is not.
    pub fn broken(&self) -> Option<usize> {
        let charged = self.charges.as_ref().map_or(&[][..], |charges| &charges.charged);
        let of_all = self.debt.coins + self.debt.cash.iter().sum::<f64>();
        if of_all.is_nan() { Some(0) } else { charged.iter().position(|charged| !charged.is_finite()) }
    }

    /// Back to the start.
    pub fn begin(&mut self, lanes: usize, schedule: &[Moment]) {
        if self.debt.bears_interest() {
            self.debt.begin(schedule);
            self.common.renew(&self.debt);
            self.common.go_to(0);
        }
        if let Some(charges) = &mut self.charges {
            charges.begin(lanes, &self.debt);
        }
    }

    /// Charges the interest that is due at a settlement date; `next` are those after it. Whether any was.
    pub fn settle(&mut self, now: &Moment, next: &[Moment]) -> bool {
        let before = self.debt.money;
        let bears = self.debt.settle(now, next);
        match &mut self.charges {
            Some(charges) if bears => charges.renew(&self.debt, before),
            None if bears => self.common.renew(&self.debt),
            _ => {}
        }
        bears
    }

    /// What a liquidation of each level at its barrier leaves, before anything is charged.
    pub fn fills(&self) -> Vec<Remains> {
        let levels = self.levels.iter().zip(&self.common.x);
        let fill = |(level, barrier): (&Opening, &f64)| {
            let x = if barrier.is_finite() { level.sign() * barrier } else { 0.0 };
            level.liquidate_at(level.start.cash, level.start.exposure, x)
        };
        levels.map(fill).collect()
    }

    /// How many of the open levels of a path a log-price leaves open.
    #[inline(always)]
    pub fn left_open(&self, lane: usize, open: usize, log_price: f64) -> usize {
        match &self.charges {
            None => self.common.left_open(open, self.sign * log_price),
            Some(charges) => charges.left_open(lane, open, exp(self.power * log_price)),
        }
    }

    /// Whether the nearest barrier of a path is known as a bound only, not as it is.
    pub fn approximates(&self) -> bool {
        self.charges.is_some() || self.debt.bears_interest()
    }

    /// The nearest barrier of a path with so many open levels as it is, as a mirrored log-price.
    #[inline(always)]
    pub fn exact_log_nearest(&self, lane: usize, open: usize) -> f64 {
        match &self.charges {
            None => self.common.exact_nearest(open),
            Some(charges) => charges.exact_log_nearest(lane),
        }
    }

    /// Only the levels below an index stay open on a path: its nearest barrier, as a mirrored log-price; at
    /// most this high.
    #[inline(always)]
    pub fn leave_open(&mut self, lane: usize, levels: usize) -> f64 {
        match &mut self.charges {
            None => self.common.nearest(levels),
            Some(charges) => charges.leave_open(lane, levels),
        }
    }

    /// The barrier of a level on a path in x, and its mirrored log-price.
    #[inline(always)]
    pub fn barrier(&self, level: usize, lane: usize) -> (f64, f64) {
        let x_sign = self.sign * self.power;
        match &self.charges {
            None => (x_sign * self.common.x[level], self.common.logs[level]),
            Some(charges) => {
                let (barrier, log_price) = charges.barrier(level, lane);
                (x_sign * barrier, log_price)
            }
        }
    }

    /// Where a level begins to owe on a path: beyond its barrier and the price at which nothing is left of it. None where what it owes is no
    /// straight line.
    #[inline(always)]
    pub fn limit(&self, level: usize, lane: usize) -> Option<Limit> {
        let (constant, slope) = self.levels[level].owed_line(self.cash(level, lane), self.exposure(level))?;
        let (barrier, barrier_log) = self.barrier(level, lane);
        let ruin = -constant / slope;
        let ruin_log = if ruin > 0.0 { self.sign * self.power * ln(ruin) } else { f64::NEG_INFINITY };
        let is_ruined = barrier_log.is_finite() && barrier_log < ruin_log;
        let least = if is_ruined { slope.mul_add(barrier, constant) } else { 0.0 };
        Some(Limit { log_price: barrier_log.min(ruin_log), slope: slope.abs(), least })
    }

    /// The exposure of a level.
    #[inline(always)]
    pub fn exposure(&self, level: usize) -> f64 {
        self.levels[level].start.exposure * self.debt.coins
    }

    /// What funding has charged a unit of exposure on a path, with interest.
    #[inline(always)]
    pub fn charged(&self, lane: usize) -> f64 {
        self.charges.as_ref().map_or(0.0, |charges| self.debt.money * charges.charged[lane])
    }

    /// The cash of a level on a path.
    #[inline(always)]
    pub fn cash(&self, level: usize, lane: usize) -> f64 {
        self.debt.cash[level] - self.levels[level].start.exposure * self.charged(lane)
    }

    /// The share of the price that an ordinary close leaves: what is sold brings less, what is bought costs more.
    pub fn kept_at_close(&self) -> f64 {
        (-self.sign * self.power).mul_add(self.levels[0].taker_fee, 1.0)
    }

    /// What a level has paid on a path, with this much in fees and at its liquidation; coins that are owed are bought back at x.
    #[inline(always)]
    pub fn costs(&self, level: usize, lane: usize, x: f64, (fees, liquidation): (f64, f64)) -> Costs {
        let (start, entry_fee) = (self.levels[level].start, self.levels[level].entry_fee);
        let paid = self.charges.as_ref().map_or(0.0, |charges| charges.paid(lane));
        let funding = start.exposure * paid;
        let owed_coins = start.exposure * (1.0 - self.debt.coins);
        let interest = match self.debt.bears_interest() {
            true => start.cash - self.cash(level, lane) - funding + owed_coins * x,
            false => 0.0,
        };
        [entry_fee + fees, funding, interest, 0.0, liquidation, 0.0]
    }
}

/// The barriers of levels that funding charges; none where one charge a path does not tell of all levels. Money that is owed has to be owed
/// by all of them and for good: `is_paid` says that no payment is ever received.
fn charged_barriers(levels: &[Opening], debt: &Debt, is_paid: bool) -> Option<Vec<Envelope>> {
    let barriers: Vec<Envelope> = levels.iter().map(Envelope::of).collect::<Option<_>>()?;
    let in_order = barriers.windows(2).all(|pair| pair[0].is_below(&pair[1]));
    let scales = || levels.iter().zip(&barriers).all(|(level, barrier)| barrier.is_proportional(level));
    let is_owed = || debt.bear_money() == levels.len() && is_paid && scales();
    (in_order && (debt.bear_money() == 0 || is_owed())).then_some(barriers)
}
