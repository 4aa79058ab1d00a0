//! Interest on debts: the only rule of it.
//!
//! A pool borrows its currency where its money does not pay for what was bought, for payments or for the losses of its
//! contracts; the longs that were bought owe it in proportion to their size, each at its venue's rate. A short on spot margin
//! owes its coins, and interest on them in coins. With r the rate per year:
//!
//! | compounding | when | of |
//! |---|---|---|
//! | hourly | r/8760 at the end of every hour | the debt with its interest |
//! | simple | r/8760 as an hour begins, the first one at the start, none at the horizon | the debt without its interest |
//! | continuous | e^(r·t) − 1 once a day | the debt with its interest |
//!
//! Between two days of continuous growth the barriers stand where the debt is in the middle.

use super::leg::Leg;
use super::pool::{Held, Pool, Stake};
use super::schedule::Moment;
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::exp;
use crate::venue::Compounding;

const HOUR: u64 = 3_600;
const HOURS_PER_YEAR: f64 = 8_760.0;

/// Interest on what a leg owes at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Growth {
    /// Fraction of the debt.
    pub rate: f64,
    /// Whether interest bears none.
    pub is_simple: bool,
    /// What the debt grows by until the middle of the coming interval.
    pub lead: f64,
}

impl Growth {
    /// At the start: where hours begun are charged, the first one is.
    pub fn at_start(leg: &Leg, next: Option<&Moment>) -> Self {
        let Some((rate, compounding)) = rate_of(leg) else { return Self::default() };
        match compounding {
            Compounding::Simple => Self { rate: rate / HOURS_PER_YEAR, is_simple: true, lead: 0.0 },
            Compounding::Hourly => Self::default(),
            Compounding::Continuous => Self { lead: lead(rate, 0, next), ..Self::default() },
        }
    }

    /// At a moment with interest, the last one having been at `charged` seconds; `horizon` is in seconds too.
    pub fn at(leg: &Leg, now: &Moment, charged: u64, next: Option<&Moment>, horizon: u64) -> Self {
        let Some((rate, compounding)) = rate_of(leg) else { return Self::default() };
        let is_hour = now.seconds.is_multiple_of(HOUR);
        match compounding {
            Compounding::Hourly if is_hour => Self { rate: rate / HOURS_PER_YEAR, ..Self::default() },
            // No hour begins at the horizon.
            Compounding::Simple if is_hour && now.seconds < horizon => {
                Self { rate: rate / HOURS_PER_YEAR, is_simple: true, lead: 0.0 }
            }
            Compounding::Hourly | Compounding::Simple => Self::default(),
            Compounding::Continuous => {
                let years = (now.seconds - charged) as f64 / SECONDS_PER_YEAR;
                Self { rate: exp(rate * years) - 1.0, is_simple: false, lead: lead(rate, now.seconds, next) }
            }
        }
    }
}

fn rate_of(leg: &Leg) -> Option<(f64, Compounding)> {
    let borrow = leg.flows.borrow.filter(|borrow| leg.is_funded && borrow.rate != 0.0)?;
    Some((borrow.rate, borrow.compounding))
}

fn lead(rate: f64, now: u64, next: Option<&Moment>) -> f64 {
    let years = next.map_or(0.0, |next| (next.seconds - now) as f64 / SECONDS_PER_YEAR);
    exp(0.5 * rate * years) - 1.0
}

impl Pool {
    /// Adds interest to what is owed at price ratios, `paid` being the interest in money so far; returns the interest in money.
    pub fn charge_interest(
        &self,
        (cash, legs): (&mut f64, &mut [Stake]),
        growth: &[Growth],
        paid: f64,
        x: &[f64],
    ) -> f64 {
        let debt = self.lent(Held { cash: *cash, legs }, x);
        let mut charged = 0.0;
        for (((leg, stake), growth), share) in self.legs.iter().zip(legs).zip(growth).zip(&self.debt_shares) {
            if growth.rate == 0.0 {
                continue;
            }
            if leg.exposure < 0.0 {
                let coins = -stake.exposure - if growth.is_simple { stake.owed_coins() } else { 0.0 };
                let interest = growth.rate * coins.max(0.0);
                stake.exposure -= interest;
                stake.owed -= interest;
            } else {
                let debt = debt - if growth.is_simple { paid } else { 0.0 };
                charged += growth.rate * share * debt.max(0.0);
            }
        }
        *cash -= charged;
        charged
    }

    /// Interest in money that grows until the middle of the coming interval.
    pub fn pending_interest(&self, held: Held<'_>, growth: &[Growth], x: &[f64]) -> f64 {
        let leads = growth.iter().zip(&self.debt_shares).map(|(growth, share)| growth.lead * share);
        let lead: f64 = leads.sum();
        if lead == 0.0 { 0.0 } else { lead * self.lent(held, x) }
    }

    /// The positions with the coins that they will owe by then.
    pub fn with_pending_coins(&self, held: Held<'_>, growth: &[Growth], legs: &mut Vec<Stake>) {
        legs.clear();
        legs.extend_from_slice(held.legs);
        for ((leg, stake), growth) in self.legs.iter().zip(legs).zip(growth) {
            if leg.exposure < 0.0 {
                stake.exposure *= 1.0 + growth.lead;
            }
        }
    }
}

impl Stake {
    /// Coins owed as interest, as a positive number.
    fn owed_coins(&self) -> f64 {
        -self.owed
    }
}
