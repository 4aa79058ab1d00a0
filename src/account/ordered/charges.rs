//! What funding has charged each path, and the barriers that follow from it.
//!
//! A path is charged F for a unit of the exposure at entry, whatever the level. Where debts in money bear interest all cash grows alike, and
//! so does what was charged: F is counted in units of what a debt of 1 has become, and prices are compared with the barriers in the same
//! units.

use super::common::log_price;
use super::debt::Debt;
use super::envelope::{Envelope, Segment};
use crate::numeric::reset;
use crate::venue::FundingBasis;

/// The charges of all paths and their nearest barriers.
#[derive(Debug)]
pub(super) struct Charges {
    /// +1 where the holder gains as x grows, else −1.
    sign: f64,
    power: f64,
    basis: FundingBasis,
    barriers: Vec<Envelope>,
    /// Factor on x that puts it in the units of the barriers, and minus its mirrored logarithm.
    scale: f64,
    shift: f64,
    /// Charged so far for a unit of exposure.
    pub charged: Vec<f64>,
    /// The same without interest on it; empty where no debt in money bears any.
    paid: Vec<f64>,
    keeps_paid: bool,
    /// The segment of the nearest barrier.
    constant: Vec<f64>,
    slope: Vec<f64>,
    /// The charges between which it holds and its mirrored log-price is at most a straight line, and that
    /// line: no bar that stays off it touches the barrier.
    low: Vec<f64>,
    high: Vec<f64>,
    base: Vec<f64>,
    per_charge: Vec<f64>,
}

/// One path's entries in the columns of the nearest barriers.
struct Line {
    constant: f64,
    slope: f64,
    low: f64,
    high: f64,
    base: f64,
    per_charge: f64,
}

/// With u the change of a barrier in proportion, ln(1 + u) is at most u; −ln(1 + u) is at most −u and the
/// slack up to its largest change.
const LARGEST_CHANGE: [f64; 2] = [0.5, 1.0 / 32.0];
const SLACK: [f64; 2] = [0.0, 5e-4];
/// A nearer barrier than this to a price of 0 has no line.
const LEAST_BARRIER: f64 = 1e-12;

impl Charges {
    /// The charges of levels with these barriers; `keeps_paid` where debts in money bear interest.
    pub fn new(
        (sign, power): (f64, f64),
        basis: FundingBasis,
        barriers: Vec<Envelope>,
        keeps_paid: bool,
    ) -> Self {
        let none = Vec::new;
        Self {
            sign,
            power,
            basis,
            barriers,
            scale: 1.0,
            shift: 0.0,
            charged: none(),
            paid: none(),
            keeps_paid,
            constant: none(),
            slope: none(),
            low: none(),
            high: none(),
            base: none(),
            per_charge: none(),
        }
    }

    /// Nothing is charged yet, and all levels are open.
    pub fn begin(&mut self, lanes: usize, debt: &Debt) {
        let line = self.line(self.barriers.len(), 0.0);
        for (column, value) in [
            (&mut self.charged, 0.0),
            (&mut self.paid, 0.0),
            (&mut self.constant, line.constant),
            (&mut self.slope, line.slope),
            (&mut self.low, line.low),
            (&mut self.high, line.high),
            (&mut self.base, line.base),
            (&mut self.per_charge, line.per_charge),
        ] {
            reset(column, lanes, value);
        }
        if !self.keeps_paid {
            self.paid.clear();
        }
        self.renew(debt, debt.money);
    }

    /// Interest has made the debts what they are. One that bears none leaves of what was charged a smaller share of the debt, which grew from
    /// `before`.
    pub fn renew(&mut self, debt: &Debt, before: f64) {
        if self.keeps_paid && debt.is_simple() && before != debt.money {
            self.charged.iter_mut().for_each(|charged| *charged *= before / debt.money);
        }
        let lead = if self.keeps_paid { debt.lead } else { 1.0 };
        self.scale = debt.leading_coins() / (debt.money * lead);
        self.shift = if self.scale == 1.0 { 0.0 } else { -log_price(self.sign, self.sign * self.scale) };
    }

    /// Mirrored barrier of a level on a path in units of x, and its mirrored log-price.
    #[inline(always)]
    pub fn barrier(&self, level: usize, lane: usize) -> (f64, f64) {
        let barrier = self.barriers[level].at(self.charged[lane]);
        (barrier / self.scale, log_price(self.sign, barrier) + self.shift)
    }

    /// How many of the open levels of a path an x leaves open.
    #[inline(always)]
    pub fn left_open(&self, lane: usize, open: usize, x: f64) -> usize {
        let price = self.sign * x * self.scale;
        let mut left = open;
        while left > 0 && price <= self.barriers[left - 1].at(self.charged[lane]) {
            left -= 1;
        }
        left
    }

    /// The mirrored log-price of the nearest barrier of a path, not approximated.
    #[inline(always)]
    pub fn exact_log_nearest(&self, lane: usize) -> f64 {
        let barrier = self.slope[lane].mul_add(self.charged[lane], self.constant[lane]);
        log_price(self.sign, barrier) + self.shift
    }

    /// Only the levels below an index stay open on a path: the mirrored log-price of the nearest barrier.
    #[inline(always)]
    pub fn leave_open(&mut self, lane: usize, levels: usize) -> f64 {
        let charged = self.charged[lane];
        let line = self.line(levels, charged);
        self.constant[lane] = line.constant;
        self.slope[lane] = line.slope;
        self.low[lane] = line.low;
        self.high[lane] = line.high;
        self.base[lane] = line.base;
        self.per_charge[lane] = line.per_charge;
        line.per_charge.mul_add(charged, line.base) + self.shift
    }

    /// What is kept of the nearest barrier of so many open levels once this much has been charged.
    #[inline(always)]
    fn line(&self, levels: usize, charged: f64) -> Line {
        let barrier = match levels {
            0 => Segment::NONE,
            n => self.barriers[n - 1].segment(charged),
        };
        let at = barrier.at(charged);
        let side = usize::from(self.sign < 0.0);
        // Of a barrier at a price of 0, and of none, every change is looked at, and none.
        let (per_charge, reach) = if barrier.slope == 0.0 {
            (0.0, f64::INFINITY)
        } else if at.abs() < LEAST_BARRIER {
            (0.0, 0.0)
        } else {
            (self.sign * barrier.slope / at, (LARGEST_CHANGE[side] * at / barrier.slope).abs())
        };
        let moved = per_charge * charged;
        // With what rounding can take away.
        let slack = moved.abs().mul_add(1e-14, SLACK[side] + 1e-12);
        Line {
            constant: barrier.constant,
            slope: barrier.slope,
            low: barrier.low.max(charged - reach),
            high: barrier.high.min(charged + reach),
            base: log_price(self.sign, at) - moved + slack,
            per_charge,
        }
    }

    /// Charges the funding of some paths that is due at these rates and prices; nothing if there are no
    /// rates.
    #[inline(always)]
    pub fn pay(&mut self, debt: &Debt, rates: &[f64], first: usize, x: &[f64]) {
        if rates.is_empty() {
            return;
        }
        let rates = &rates[first..];
        // Whoever holds an exposure pays, and the long of an inverse contract has a negative one.
        let (unit, on_the_mark) = match self.basis {
            FundingBasis::Mark => (self.power * debt.coins, true),
            FundingBasis::Entry => (self.power, false),
        };
        for (column, unit) in [(&mut self.charged, unit / debt.money), (&mut self.paid, unit)] {
            let Some(column) = column.get_mut(first..) else { continue };
            let column = column.iter_mut().zip(rates).zip(x);
            if on_the_mark {
                for ((sum, rate), x) in column {
                    *sum = (unit * rate).mul_add(*x, *sum);
                }
            } else {
                for ((sum, rate), _) in column {
                    *sum = unit.mul_add(*rate, *sum);
                }
            }
        }
    }

    /// Moves the nearest barriers of some paths to where the charges have put them, at the most, and flags
    /// those that are to be looked at: what was charged has carried them to another line or, where the venue
    /// `watches` the price, the mirrored log-price may be at the barrier.
    #[inline(always)]
    pub fn approach(
        &self,
        first: usize,
        (sign, log_prices): (f64, &[f64]),
        watches: bool,
        log_nearest: &mut [f64],
        flags: &mut [u8],
    ) {
        let n = log_prices.len();
        let (charged, log_nearest) = (&self.charged[first..][..n], &mut log_nearest[..n]);
        let (low, high) = (&self.low[first..][..n], &self.high[first..][..n]);
        let (base, per_charge) = (&self.base[first..][..n], &self.per_charge[first..][..n]);
        let (shift, flags) = (self.shift, &mut flags[..n]);
        for i in 0..n {
            let nearest = per_charge[i].mul_add(charged[i], base[i]) + shift;
            log_nearest[i] = nearest;
            let is_near = watches & (sign * log_prices[i] <= nearest);
            flags[i] = u8::from(is_near | (charged[i] < low[i]) | (charged[i] > high[i]));
        }
    }

    /// What a path has paid for a unit of exposure.
    #[inline(always)]
    pub fn paid(&self, lane: usize) -> f64 {
        *self.paid.get(lane).unwrap_or(&self.charged[lane])
    }
}
