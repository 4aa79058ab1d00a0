//! Payments of one level on all paths at once.
//!
//! Funding is charged on the exposure, at the price or at entry: per unit of exposure it is the same at every level, so it
//! is kept by path. Interest is charged on the debt: negative cash, or a negative exposure of a borrowed coin. Debt in coins is
//! the same on all paths, so it is kept by level.

use super::margin::Line;
use super::opening::Opening;
use super::schedule::Moment;
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::{Kernel, exp, ln};
use crate::venue::{Compounding, Flows, FundingBasis};

const HOURS_PER_YEAR: f64 = 8_760.0;

/// What one level owes at the moments of its schedule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Accrual {
    flows: Flows,
    /// Exposure of the moment, with interest in coins.
    pub exposure: f64,
    entry_exposure: f64,
    /// 1 where the holder of an exposure pays funding, −1 for the exposure of an inverse contract, whose long gains as x
    /// falls.
    power: f64,
    /// Cash borrowed at entry, and coins.
    principal: (f64, f64),
    /// Seconds up to which interest is charged.
    charged: u64,
    /// Factor of debts that puts the barrier where it is in the middle of the coming interval; 1 where interest is added
    /// at the moments only.
    lead: f64,
}

/// Payments of one level at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Due {
    /// Funding, as a multiple of what a unit of exposure is charged.
    pub funding: f64,
    /// Interest on debt in cash, as a constant and as a multiple of the debt.
    pub cash_interest: (f64, f64),
    /// See [`Accrual::lead`].
    pub lead: f64,
}

impl Accrual {
    /// The account of a level as it opens, and the interest in cash that is charged at once.
    pub fn open(level: &Opening, flows: &Flows, schedule: &[Moment]) -> (Self, Due) {
        let start = level.start;
        let flows = Flows { borrow: flows.borrow.filter(|borrow| borrow.rate != 0.0), ..flows.clone() };
        let borrow = flows.borrow;
        let mut accrual = Self {
            flows,
            exposure: start.exposure,
            entry_exposure: start.exposure,
            power: level.power(),
            principal: ((-start.cash).max(0.0), (-start.exposure).max(0.0)),
            charged: 0,
            lead: 1.0,
        };
        let mut due = Due::default();
        if let Some(borrow) = borrow {
            if borrow.compounding == Compounding::Simple {
                due = accrual.simple_interest(borrow.rate);
            }
            accrual.lead = accrual.lead_to(schedule.iter().find(|moment| moment.interest));
        }
        due.lead = accrual.lead;
        (accrual, due)
    }

    /// What is due at a moment; `next` are the moments after it.
    pub fn due(&mut self, moment: &Moment, next: &[Moment]) -> Due {
        let mut due = Due::default();
        if let (true, Some(borrow)) = (moment.interest, self.flows.borrow) {
            let years = (moment.seconds - self.charged) as f64 / SECONDS_PER_YEAR;
            let growth = match borrow.compounding {
                Compounding::Hourly => borrow.rate / HOURS_PER_YEAR,
                Compounding::Continuous => exp(borrow.rate * years) - 1.0,
                Compounding::Simple => 0.0,
            };
            if borrow.compounding == Compounding::Simple {
                due = self.simple_interest(borrow.rate);
            } else {
                due.cash_interest.1 = growth;
                self.exposure -= (-self.exposure).max(0.0) * growth;
            }
            self.charged = moment.seconds;
            self.lead = self.lead_to(next.iter().find(|moment| moment.interest));
        }
        if let (true, Some(funding)) = (moment.funding, &self.flows.funding) {
            due.funding = self.power
                * match funding.basis {
                    FundingBasis::Mark => self.exposure,
                    FundingBasis::Entry => self.entry_exposure,
                };
        }
        due.lead = self.lead;
        due
    }

    fn simple_interest(&mut self, rate: f64) -> Due {
        let (cash, coins) = self.principal;
        let hour = rate / HOURS_PER_YEAR;
        self.exposure -= coins * hour;
        Due { cash_interest: (cash * hour, 0.0), ..Due::default() }
    }

    fn lead_to(&self, next: Option<&Moment>) -> f64 {
        match (self.flows.borrow, next) {
            (Some(borrow), Some(next)) if borrow.compounding == Compounding::Continuous => {
                let years = (next.seconds - self.charged) as f64 / SECONDS_PER_YEAR;
                exp(0.5 * borrow.rate * years)
            }
            _ => 1.0,
        }
    }

    /// Coins owed as interest so far: a cost at the price at which they are bought back.
    pub fn owed_coins(&self) -> f64 {
        self.entry_exposure - self.exposure
    }

    /// The exposure that decides the barrier until the next payment.
    pub fn leading_exposure(&self) -> f64 {
        if self.exposure < 0.0 { self.exposure * self.lead } else { self.exposure }
    }

    /// The cash that decides the barrier until the next payment.
    pub fn leading_cash(&self, cash: f64) -> f64 {
        lead(cash, self.lead)
    }
}

#[inline(always)]
fn lead(cash: f64, factor: f64) -> f64 {
    if cash < 0.0 { cash * factor } else { cash }
}

/// What funding charges each path for a unit of exposure.
pub(super) struct Charge<'a> {
    /// Rates by path.
    pub rates: &'a [f64],
    /// x by path where it is the mark that they apply to.
    pub x: Option<&'a [f64]>,
    /// What a unit of exposure is of one at entry, with interest in coins.
    pub unit: f64,
    pub charged: &'a mut [f64],
    /// Sum of all charges, for a unit at entry.
    pub total: &'a mut [f64],
}

impl Kernel for Charge<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rates, x, unit, charged, total } = self;
        let n = charged.len();
        charged.copy_from_slice(&rates[..n]);
        if let Some(x) = x {
            for (charged, x) in charged.iter_mut().zip(x) {
                *charged *= x;
            }
        }
        for (total, charged) in total.iter_mut().zip(charged) {
            *total = unit.mul_add(*charged, *total);
        }
    }
}

/// One level at one moment on all paths: pays what is due and follows the equity.
pub(super) struct Settle<'a> {
    pub due: Due,
    pub exposure: f64,
    /// x by path.
    pub x: &'a [f64],
    /// Funding for a unit of exposure by path; empty where none is due.
    pub charged: &'a [f64],
    pub cash: &'a mut [f64],
    /// Interest paid in cash; empty where nothing can be borrowed.
    pub interest: &'a mut [f64],
    pub peak: &'a mut [f64],
    /// The deepest fall and the peak that it was from: their ratio is the drawdown. A comparison of two ratios is two products,
    /// where each ratio would be a division.
    pub fall: &'a mut [f64],
    pub fall_peak: &'a mut [f64],
}

impl Kernel for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { due, exposure, .. } = self;
        let n = self.x.len();
        let x = &self.x[..n];
        let (cash, peak) = (&mut self.cash[..n], &mut self.peak[..n]);
        let (fall, fall_peak) = (&mut self.fall[..n], &mut self.fall_peak[..n]);
        if due.cash_interest != (0.0, 0.0) {
            for (cash, interest) in cash.iter_mut().zip(self.interest) {
                let debt = if *cash < 0.0 { -*cash } else { 0.0 };
                let charged = due.cash_interest.1.mul_add(debt, due.cash_interest.0);
                *cash -= charged;
                *interest += charged;
            }
        }
        if due.funding != 0.0 {
            for (cash, charged) in cash.iter_mut().zip(self.charged) {
                *cash = due.funding.mul_add(-*charged, *cash);
            }
        }
        for i in 0..n {
            let equity = exposure.mul_add(x[i], cash[i]);
            let top = if equity > peak[i] { equity } else { peak[i] };
            peak[i] = top;
            let fallen = top - equity;
            let is_deeper = fallen * fall_peak[i] > fall[i] * top;
            fall[i] = if is_deeper { fallen } else { fall[i] };
            fall_peak[i] = if is_deeper { top } else { fall_peak[i] };
        }
    }
}

/// The nearest barrier of each path, with those of one more level.
pub(super) struct Nearest<'a> {
    pub lines: &'a [Line],
    pub lead: f64,
    pub cash: &'a [f64],
    pub nearest: &'a mut [f64],
}

impl Kernel for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { lines, lead: factor, cash, nearest } = self;
        for line in lines {
            for (nearest, cash) in nearest.iter_mut().zip(cash) {
                let barrier = line.barrier(lead(*cash, factor));
                *nearest = if barrier > *nearest { barrier } else { *nearest };
            }
        }
    }
}

/// The least and the most of finite sums.
pub(super) struct Bounds<'a>(pub &'a [f64]);

impl Kernel for Bounds<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run(self) -> (f64, f64) {
        const LANES: usize = 16;
        let (mut least, mut most) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        for chunk in self.0.chunks(LANES) {
            for ((least, most), sum) in least.iter_mut().zip(&mut most).zip(chunk) {
                *least = if *sum < *least { *sum } else { *least };
                let is_more = *sum > *most && *sum < f64::INFINITY;
                *most = if is_more { *sum } else { *most };
            }
        }
        (least.into_iter().fold(f64::INFINITY, f64::min), most.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// Mirrored log-prices of mirrored barriers in x; far away where there is none.
pub(super) struct LogBarriers<'a> {
    pub sign: f64,
    pub barriers: &'a [f64],
    pub out: &'a mut [f64],
}

impl Kernel for LogBarriers<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, barrier) in self.out.iter_mut().zip(self.barriers) {
            *out = log_barrier(self.sign, *barrier);
        }
    }
}

/// Mirrored log-price of a mirrored barrier in x.
#[inline(always)]
pub(super) fn log_barrier(sign: f64, barrier: f64) -> f64 {
    let x = sign * barrier;
    let x = if x > 1e-300 { x } else { 1e-300 };
    let x = if x < 1e300 { x } else { 1e300 };
    sign * ln(x)
}

/// x from log-prices.
pub(super) struct Prices<'a> {
    pub power: f64,
    pub log_prices: &'a [f64],
    pub x: &'a mut [f64],
}

impl Kernel for Prices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (x, log_price) in self.x.iter_mut().zip(self.log_prices) {
            *x = exp(self.power * log_price);
        }
    }
}
