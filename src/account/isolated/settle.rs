//! A payment on all paths: cash, what it makes of the nearest barriers, equity and drawdown.

use super::columns::{Columns, Course, Money};
use super::terms::{Position, Terms};
use crate::account::margin::Line;
use crate::numeric::Kernel;

/// Paths that go through all levels together: their prices and nearest barriers stay in a first-level cache.
const CHUNK: usize = 256;

/// Rates of funding that a position pays.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rate<'a> {
    /// Nothing is due.
    Nothing,
    /// The same on all paths.
    Constant(f64),
    /// By path.
    Varying(&'a [f64]),
}

/// What the prices of a moment mean to a position, by path.
#[derive(Debug, Clone, Default)]
pub(super) struct Quote {
    /// Value of a unit of exposure.
    pub value: Vec<f64>,
    /// Worth of a unit of its money in the currency of the account.
    pub worth: Vec<f64>,
    /// What a unit of exposure pays at a rate of 1.
    pub charged: Vec<f64>,
}

impl Quote {
    /// At ratios of prices.
    pub fn set(&mut self, position: &Position, x: &[f64]) {
        let leg = &position.pool.legs[0];
        let worth = |x: &f64| if position.pool.coin.is_some() { *x } else { 1.0 };
        for column in [&mut self.value, &mut self.worth, &mut self.charged] {
            column.clear();
        }
        self.value.extend(x.iter().map(|x| leg.unit.value(*x)));
        self.worth.extend(x.iter().map(worth));
        self.charged.extend(x.iter().map(|x| leg.charged(*x)));
    }
}

/// All levels at one moment.
pub(super) struct Settle<'a> {
    pub terms: &'a Terms,
    pub columns: &'a mut Columns,
    /// By position.
    pub quotes: &'a [Quote],
    pub rates: &'a [Rate<'a>],
    /// Whether barriers may have moved.
    pub moves: bool,
    /// Nearest barriers, mirrored, in the unit that each position is linear in; by position and path.
    pub barriers: &'a mut [Vec<f64>],
    /// Equity of the first paths, by level and path; empty where it is not recorded.
    pub equities: &'a mut [f64],
}

impl Kernel for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { terms, columns, quotes, rates, moves, barriers, equities } = self;
        let recorded = equities.len() / terms.levels;
        let mut equity = [0.0; CHUNK];
        if moves {
            barriers.iter_mut().for_each(|barriers| barriers.fill(f64::NEG_INFINITY));
        }
        for start in (0..columns.lanes).step_by(CHUNK) {
            let end = (start + CHUNK).min(columns.lanes);
            let equity = &mut equity[..end - start];
            for level in 0..terms.levels {
                equity.fill(0.0);
                for (number, quote) in quotes.iter().enumerate() {
                    let place = level * terms.count + number;
                    let (position, money) = (&terms.positions[place], &mut columns.money[place]);
                    let exposure = position.stake.exposure;
                    match rates[number] {
                        Rate::Nothing => {}
                        Rate::Constant(rate) => pay(money, rate * exposure, &quote.charged, (start, end)),
                        Rate::Varying(rates) => {
                            pay_varying(money, (rates, exposure), &quote.charged, (start, end));
                        }
                    }
                    if moves {
                        for line in position.closed_form.lines() {
                            approach(
                                &mut barriers[number][start..end],
                                line,
                                &money.cash[start..end],
                                &money.left[start..end],
                            );
                        }
                    }
                    count(equity, (exposure, quote), money, (start, end));
                }
                follow(&mut columns.courses[level], equity, (start, end));
                if start < recorded {
                    let kept = end.min(recorded);
                    equities[level * recorded..][start..kept].copy_from_slice(&equity[..kept - start]);
                }
            }
        }
    }
}

/// Takes what is due out of the cash of an open position that pays so much for every unit of what is charged.
#[inline(always)]
fn pay(money: &mut Money, rate: f64, charged: &[f64], (start, end): (usize, usize)) {
    let n = end - start;
    let (cash, funding) = (&mut money.cash[start..end][..n], &mut money.funding[start..end][..n]);
    let (left, charged) = (&money.left[start..end][..n], &charged[start..end][..n]);
    for i in 0..n {
        let paid = if left[i].is_nan() { rate * charged[i] } else { 0.0 };
        cash[i] -= paid;
        funding[i] += paid;
    }
}

/// The same at rates by path.
#[inline(always)]
fn pay_varying(
    money: &mut Money,
    (rates, exposure): (&[f64], f64),
    charged: &[f64],
    (start, end): (usize, usize),
) {
    let n = end - start;
    let (cash, funding) = (&mut money.cash[start..end][..n], &mut money.funding[start..end][..n]);
    let (left, charged) = (&money.left[start..end][..n], &charged[start..end][..n]);
    let rates = &rates[start..end][..n];
    for i in 0..n {
        let paid = if left[i].is_nan() { rates[i] * exposure * charged[i] } else { 0.0 };
        cash[i] -= paid;
        funding[i] += paid;
    }
}

/// Takes in the barrier of one tier of an open position.
#[inline(always)]
fn approach(nearest: &mut [f64], line: &Line, cash: &[f64], left: &[f64]) {
    let n = nearest.len();
    let (cash, left) = (&cash[..n], &left[..n]);
    for i in 0..n {
        let barrier = line.barrier(cash[i]);
        let barrier = if left[i].is_nan() { barrier } else { f64::NEG_INFINITY };
        nearest[i] = if barrier > nearest[i] { barrier } else { nearest[i] };
    }
}

/// Adds the equity of a position, or what it left.
#[inline(always)]
fn count(equity: &mut [f64], (exposure, quote): (f64, &Quote), money: &Money, (start, end): (usize, usize)) {
    let n = equity.len();
    let (cash, left) = (&money.cash[start..end][..n], &money.left[start..end][..n]);
    let (value, worth) = (&quote.value[start..end][..n], &quote.worth[start..end][..n]);
    for i in 0..n {
        let own = (exposure * value[i] + cash[i]) * worth[i];
        equity[i] += if left[i].is_nan() { own } else { left[i] };
    }
}

/// Takes in the equity of a level.
#[inline(always)]
fn follow(course: &mut Course, equity: &[f64], (start, end): (usize, usize)) {
    let n = equity.len();
    let (peak, drawdown) = (&mut course.peak[start..end][..n], &mut course.drawdown[start..end][..n]);
    for i in 0..n {
        peak[i] = if equity[i] > peak[i] { equity[i] } else { peak[i] };
        let fall = 1.0 - equity[i] / peak[i];
        drawdown[i] = if fall > drawdown[i] { fall } else { drawdown[i] };
    }
}
