//! What funding has charged each path, and the barriers that follow from it.
//!
//! A path is charged F for a unit of the exposure at entry, whatever the level. Where debts in money bear interest all cash grows alike, and
//! so does what was charged: F is counted in units of what a debt of 1 has become, and prices are compared with the barriers in the same
//! units.

use super::common::log_price;
use super::debt::Debt;
use super::envelope::{Envelope, Segment};
use crate::numeric::Kernel;
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
    /// The segment of the nearest barrier, and the charges between which it holds and its logarithm is approximated.
    constant: Vec<f64>,
    slope: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// With u the barrier's change in proportion since its logarithm was taken, the mirrored log-price of the barrier
    /// is at most logarithm ± u + u², and no bar that stays off that touches it.
    logarithm: Vec<f64>,
    per_charge: Vec<f64>,
    origin: Vec<f64>,
}

/// ln(1 + u) and −ln(1 + u) are at most ±u + u² down to u = −0.68.
const LARGEST_CHANGE: f64 = 0.5;

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
            logarithm: none(),
            per_charge: none(),
            origin: none(),
        }
    }

    /// Nothing is charged yet.
    pub fn begin(&mut self, lanes: usize, debt: &Debt) {
        for column in [
            &mut self.charged,
            &mut self.paid,
            &mut self.constant,
            &mut self.slope,
            &mut self.low,
            &mut self.high,
            &mut self.logarithm,
            &mut self.per_charge,
            &mut self.origin,
        ] {
            column.clear();
            column.resize(lanes, 0.0);
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
    pub fn exact_log_nearest(&self, lane: usize) -> f64 {
        let barrier = self.slope[lane].mul_add(self.charged[lane], self.constant[lane]);
        log_price(self.sign, barrier) + self.shift
    }

    /// Only the levels below an index stay open on a path: the mirrored log-price of the nearest barrier.
    #[inline(always)]
    pub fn leave_open(&mut self, lane: usize, levels: usize) -> f64 {
        let charged = self.charged[lane];
        let barrier = match levels {
            0 => Segment::NONE,
            n => self.barriers[n - 1].segment(charged),
        };
        let at = barrier.at(charged);
        // Of a barrier at a price of 0, and of none, every change is looked at, and none.
        let per_charge = if barrier.slope == 0.0 || at == 0.0 { 0.0 } else { barrier.slope / at };
        let reach = (LARGEST_CHANGE * at / barrier.slope).abs();
        self.constant[lane] = barrier.constant;
        self.slope[lane] = barrier.slope;
        self.low[lane] = barrier.low.max(charged - reach);
        self.high[lane] = barrier.high.min(charged + reach);
        self.logarithm[lane] = log_price(self.sign, at);
        self.per_charge[lane] = per_charge;
        self.origin[lane] = charged;
        self.logarithm[lane] + self.shift
    }

    /// What a path has paid for a unit of exposure.
    #[inline(always)]
    pub fn paid(&self, lane: usize) -> f64 {
        *self.paid.get(lane).unwrap_or(&self.charged[lane])
    }
}

/// A payment of funding on all paths, and where it leaves their nearest barriers.
pub(super) struct Pay<'a> {
    pub charges: &'a mut Charges,
    pub debt: &'a Debt,
    /// Rates by path; empty where no funding is due.
    pub rates: &'a [f64],
    pub x: &'a [f64],
    /// Whether the venue looks at the price right after the payment: it watches at every instant.
    pub watches: bool,
    pub log_nearest: &'a mut [f64],
    /// Paths that it has liquidated, or carried to another line.
    pub flagged: &'a mut Vec<u32>,
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

impl Kernel for Pay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { charges, debt, rates, x, watches, log_nearest, flagged } = self;
        let n = x.len();
        // Whoever holds an exposure pays, and the long of an inverse contract has a negative one.
        let (unit, on_the_mark) = match charges.basis {
            FundingBasis::Mark => (charges.power * debt.coins, true),
            FundingBasis::Entry => (charges.power, false),
        };
        for (column, unit) in [(&mut charges.charged, unit / debt.money), (&mut charges.paid, unit)] {
            if on_the_mark {
                for ((sum, x), rate) in column.iter_mut().zip(x).zip(rates) {
                    *sum = (unit * rate).mul_add(*x, *sum);
                }
            } else {
                for (sum, rate) in column.iter_mut().zip(rates) {
                    *sum = unit.mul_add(*rate, *sum);
                }
            }
        }
        let (sign, shift) = (charges.sign, charges.shift);
        let reach = if watches { sign * charges.scale } else { f64::INFINITY };
        let charged = &charges.charged[..n];
        let (constant, slope) = (&charges.constant[..n], &charges.slope[..n]);
        let (low, high) = (&charges.low[..n], &charges.high[..n]);
        let (logarithm, per_charge) = (&charges.logarithm[..n], &charges.per_charge[..n]);
        let (origin, log_nearest) = (&charges.origin[..n], &mut log_nearest[..n]);
        for start in (0..n).step_by(CHUNK) {
            let end = (start + CHUNK).min(n);
            let mut any = false;
            for i in start..end {
                let barrier = slope[i].mul_add(charged[i], constant[i]);
                let change = (charged[i] - origin[i]) * per_charge[i];
                log_nearest[i] = (sign + change).mul_add(change, logarithm[i]) + shift;
                any |= (reach * x[i] <= barrier) | (charged[i] < low[i]) | (charged[i] > high[i]);
            }
            if any {
                for i in start..end {
                    let barrier = slope[i].mul_add(charged[i], constant[i]);
                    if (reach * x[i] <= barrier) | (charged[i] < low[i]) | (charged[i] > high[i]) {
                        flagged.push(i as u32);
                    }
                }
            }
        }
    }
}
