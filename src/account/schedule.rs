//! The common times at which money moves whatever the price does, and at which equity is looked at.

use std::collections::BTreeMap;

use super::policy::{Deleverage, Occasion, Policy};
use crate::market::Duration;
use crate::venue::{Compounding, Flows};

/// Equity over time is recorded on one path in this many: enough for quantiles, and it costs little.
pub(super) const PATHS_PER_RECORD: usize = 8;

/// Number of dates at which equity over time is recorded; the last one is the horizon.
pub const DATES: usize = 20;

const HOUR: u64 = 3_600;
/// Interest that grows at every instant is added to the debt once a day.
const DAY: u64 = 24 * HOUR;

/// A common time of all paths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since the start.
    pub seconds: u64,
    /// Whether funding is paid.
    pub funding: bool,
    /// Whether interest is added to debts.
    pub interest: bool,
    /// Number of the date at which equity is recorded here, if it is one.
    pub date: Option<usize>,
}

impl Moment {
    /// Years since the start.
    pub fn years(&self) -> f64 {
        Duration::from_seconds(self.seconds).years()
    }
}

/// The moments of an account with these flows over a horizon in seconds, in order; the last one is the horizon.
///
/// The owner's scheduled orders have their moments too. Dates are spread evenly; where cash flows are frequent each date moves to the nearest one, so that no step is added.
pub fn schedule(flows: &[Flows], policy: &Policy, horizon: u64) -> Vec<Moment> {
    let mut moments: BTreeMap<u64, Moment> = BTreeMap::new();
    let at = |moments: &mut BTreeMap<u64, Moment>, seconds: u64, set: &dyn Fn(&mut Moment)| {
        set(moments.entry(seconds).or_insert(Moment { seconds, ..Moment::default() }));
    };
    for flow in flows {
        if let Some(funding) = flow.funding.as_ref().filter(|funding| !funding.is_zero()) {
            let every = funding.every.seconds().max(1);
            for k in 1..=horizon / every {
                at(&mut moments, k * every, &|moment| moment.funding = true);
            }
        }
        if let Some(borrow) = flow.borrow.filter(|borrow| borrow.rate != 0.0) {
            let (every, until) = match borrow.compounding {
                Compounding::Hourly => (HOUR, horizon),
                // Charged as an hour begins: one that would begin at the horizon does not.
                Compounding::Simple => (HOUR, horizon.saturating_sub(1)),
                Compounding::Continuous => {
                    at(&mut moments, horizon, &|moment| moment.interest = true);
                    (DAY, horizon)
                }
            };
            for k in 1..=until / every {
                at(&mut moments, k * every, &|moment| moment.interest = true);
            }
        }
    }
    let rebalanced = match policy.deleverage {
        Some(Deleverage { on: Occasion::Every(every), .. }) => Some(every),
        _ => None,
    };
    for every in rebalanced.into_iter().chain(policy.add_margin.map(|add| add.every)) {
        let every = every.seconds().max(1);
        for k in 1..=horizon / every {
            at(&mut moments, k * every, &|_| {});
        }
    }
    if let Some(put) = policy.protective_put.filter(|put| put.expiry.seconds() <= horizon) {
        at(&mut moments, put.expiry.seconds(), &|_| {});
    }
    if let Some(exit) = policy.exit_after.filter(|exit| exit.time.seconds() <= horizon) {
        at(&mut moments, exit.time.seconds(), &|_| {});
    }
    at(&mut moments, horizon, &|_| {});
    let known: Vec<u64> = moments.keys().copied().collect();
    let frequent = known.len() >= DATES;
    for date in 0..DATES {
        let exact = (date as u64 + 1) * horizon / DATES as u64;
        let seconds = if frequent {
            known.iter().copied().min_by_key(|seconds| seconds.abs_diff(exact)).unwrap_or(exact)
        } else {
            exact
        };
        if seconds > 0 {
            at(&mut moments, seconds, &|moment| moment.date = Some(date));
        }
    }
    moments.into_values().collect()
}

/// A moment at the end of every day of a horizon in seconds, with evenly spread dates.
pub fn daily_schedule(horizon: u64) -> Vec<Moment> {
    let days = (horizon / DAY) as usize;
    let dates = DATES.min(days);
    let mut moments: Vec<Moment> =
        (1..=days as u64).map(|day| Moment { seconds: day * DAY, ..Moment::default() }).collect();
    for date in 0..dates {
        moments[(date + 1) * days / dates - 1].date = Some(date);
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{Borrow, Funding};

    const MONTH: u64 = 30 * DAY;

    fn funding(hours: u64) -> Option<Funding> {
        Some(Funding::constant(1e-4, Duration::from_seconds(hours * HOUR)))
    }

    #[test]
    fn funding_is_due_at_every_multiple_of_the_interval_and_at_the_horizon() {
        let moments = schedule(&[Flows { funding: funding(8), borrow: None }], &Policy::default(), MONTH);
        assert_eq!(moments.len(), 90);
        assert!(moments.iter().all(|moment| moment.funding && moment.seconds % (8 * HOUR) == 0));
        let dates: Vec<usize> = moments.iter().filter_map(|moment| moment.date).collect();
        assert_eq!(dates, (0..DATES).collect::<Vec<_>>());
        assert_eq!(moments.last().map(|moment| moment.seconds), Some(MONTH));
    }

    #[test]
    fn interest_by_hours_begun_charges_no_hour_that_begins_at_the_horizon() {
        let count = |compounding| {
            let flows = Flows { funding: None, borrow: Some(Borrow { rate: 0.1, compounding }) };
            schedule(&[flows], &Policy::default(), MONTH).iter().filter(|moment| moment.interest).count()
        };
        assert_eq!(count(Compounding::Hourly), 720);
        // The first of the 720 hours is charged at the start.
        assert_eq!(count(Compounding::Simple), 719);
    }

    #[test]
    fn without_cash_flows_only_the_dates_remain() {
        let moments = schedule(&[Flows::default()], &Policy::default(), MONTH);
        assert_eq!(moments.len(), DATES);
        assert_eq!(moments[0].seconds, MONTH / 20);
    }
}
