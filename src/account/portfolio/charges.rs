//! Funding and interest of an account of several positions.
//!
//! Each position has its own terms. Funding is paid in cash from its purse. A purse borrows its currency only where its cash
//! does not pay for what was bought; the longs so bought owe it in proportion to their size, each at its venue's rate. A short
//! owes its coins, and interest on them in coins. Continuous growth is added every hour.

use super::evaluation::Portfolio;
use super::leg::Leg;
use super::purse::Purse;
use super::state::{Place, Slot};
use crate::account::schedule::Moment;
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::exp;
use crate::venue::{Compounding, Funding};

const HOUR: u64 = 3_600;
const HOURS_PER_YEAR: f64 = 8_760.0;

/// Interest on what a position owes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Interest {
    /// Of what is owed now.
    OfDebt(f64),
    /// Of what was owed at the start.
    OfPrincipal(f64),
}

impl Interest {
    fn on(self, debt: f64, principal: f64) -> f64 {
        match self {
            Self::OfDebt(growth) => growth * debt,
            Self::OfPrincipal(growth) => growth * principal.min(debt),
        }
    }
}

/// What a position is charged at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Due {
    funding: bool,
    interest: Option<Interest>,
}

impl Due {
    /// At a moment, the last interest having been added at `charged` seconds; no hour begins at the horizon.
    fn at(leg: &Leg, moment: &Moment, charged: u64, horizon: u64) -> Self {
        let falls_on = |every: u64| moment.seconds.is_multiple_of(every.max(1));
        let funding =
            leg.flows.funding.as_ref().is_some_and(|funding| {
                moment.funding && !funding.is_zero() && funding.is_due(moment.seconds)
            });
        let borrow = leg.flows.borrow.filter(|borrow| moment.interest && leg.is_funded && borrow.rate != 0.0);
        let interest = borrow.and_then(|borrow| {
            let hour = borrow.rate / HOURS_PER_YEAR;
            match borrow.compounding {
                Compounding::Hourly => falls_on(HOUR).then_some(Interest::OfDebt(hour)),
                Compounding::Simple => {
                    (falls_on(HOUR) && moment.seconds < horizon).then_some(Interest::OfPrincipal(hour))
                }
                Compounding::Continuous => {
                    let years = (moment.seconds - charged) as f64 / SECONDS_PER_YEAR;
                    Some(Interest::OfDebt(exp(borrow.rate * years) - 1.0))
                }
            }
        });
        Self { funding, interest }
    }
}

/// A purse of a path as it opens: where hours begun are charged, the first one is.
pub(super) fn open(purse: &mut Purse) -> Slot {
    let mut slot = Slot::open(purse);
    let due: Vec<Due> = purse
        .legs
        .iter()
        .map(|leg| {
            let simple = leg.flows.borrow.filter(|borrow| {
                leg.is_funded && borrow.rate != 0.0 && borrow.compounding == Compounding::Simple
            });
            let interest = simple.map(|borrow| Interest::OfPrincipal(borrow.rate / HOURS_PER_YEAR));
            Due { funding: false, interest }
        })
        .collect();
    let principal = purse.debt(slot.held);
    grow_coins(purse, &due);
    charge(&mut slot, purse, &due, principal, &vec![1.0; purse.assets.len()], &|_| 0.0);
    slot
}

/// Adds interest to the coins that shorts owe.
fn grow_coins(purse: &mut Purse, due: &[Due]) {
    for (leg, due) in purse.legs.iter_mut().zip(due) {
        if let (Some(interest), true) = (due.interest, leg.entry_exposure < 0.0) {
            leg.exposure -= interest.on(-leg.exposure, -leg.entry_exposure);
        }
    }
}

/// Takes what is due from the cash of one purse on one path; `rate` is the funding rate of a position.
fn charge(
    slot: &mut Slot,
    purse: &Purse,
    due: &[Due],
    principal: f64,
    x: &[f64],
    rate: &dyn Fn(&Leg) -> f64,
) {
    let debt = purse.debt(slot.held);
    let legs = purse.legs.iter().zip(&purse.places).zip(&purse.debt_shares);
    for (((leg, place), share), due) in legs.zip(due) {
        if due.funding {
            let paid = slot.held.scale * leg.funding(x[*place], rate(leg));
            slot.held.cash -= paid;
            slot.funding += paid;
        }
        if let Some(interest) = due.interest {
            let owed = interest.on(debt, principal) * share;
            slot.held.cash -= owed;
            slot.interest += owed;
        }
    }
}

impl Portfolio {
    /// Charges every open purse what is due at a moment, with the rates of the laws of funding by path.
    pub(super) fn charge(&mut self, moment: &Moment, rates: &[f64]) {
        if !(moment.funding || moment.interest) {
            return;
        }
        let mut x = Vec::new();
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        for level in 0..self.levels.len() {
            for number in 0..self.purses_per_level {
                let opening = &self.opened[level][number];
                let principal = opening.debt(opening.opening());
                let purse = &mut self.levels[level][number];
                let due: Vec<Due> =
                    purse.legs.iter().map(|leg| Due::at(leg, moment, self.charged, horizon)).collect();
                grow_coins(purse, &due);
                for lane in 0..self.lanes {
                    let at = self.slot(Place { lane, level, purse: number });
                    if self.slots[at].is_open() {
                        let purse = &self.levels[level][number];
                        x.clear();
                        x.extend(purse.assets.iter().map(|asset| self.open_ratios[*asset][lane]));
                        let rate = |leg: &Leg| match leg.law {
                            Some(law) => rates.get(law * self.lanes + lane).copied().unwrap_or(0.0),
                            None => {
                                leg.flows.funding.as_ref().and_then(Funding::constant_rate).unwrap_or(0.0)
                            }
                        };
                        charge(&mut self.slots[at], purse, &due, principal, &x, &rate);
                    }
                }
            }
        }
        if moment.interest {
            self.charged = moment.seconds;
        }
    }
}
