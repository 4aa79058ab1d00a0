//! From the tally to what happens to an account on its way: exits, survival, costs, margin calls, drawdown, equity.

use std::collections::BTreeMap;

use super::run_result::{CostStats, EquityPoint, MarginCalls, PartialLiquidations, SurvivalPoint};
use super::time::share_of_horizon;
use crate::account::{DATES, Moment};
use crate::market::SECONDS_PER_DAY;
use crate::stats::{AccountTally, Cost, Distribution, Estimate, Exit, Histogram, LevelTally, Moments, Sums};

const FAN: [(&str, f64); 5] = [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)];
/// A probability with a larger relative error may be too skewed for its interval.
const ROUGH: f64 = 0.1;
const DRAWDOWN: [(&str, f64); 4] = [("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95), ("0.99", 0.99)];

fn name_of(exit: Exit) -> &'static str {
    match exit {
        Exit::Horizon => "horizon",
        Exit::Liquidated => "liquidated",
        Exit::Stopped => "stopped",
        Exit::Target => "target",
        Exit::Called => "called",
        Exit::Expired => "expired",
    }
}

fn name_of_cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Fees => "fees",
        Cost::Funding => "funding",
        Cost::Interest => "interest",
        Cost::Slippage => "slippage",
        Cost::Liquidation => "liquidation",
        Cost::Options => "options",
    }
}

/// Probability of each exit; the horizon and liquidation always, the others where they happen. That of liquidation is given; what
/// is left is shared as the paths that were not liquidated say.
pub(super) fn exits(
    cell: &LevelTally,
    liquidated: Estimate,
    (n, m): (f64, f64),
) -> BTreeMap<String, Estimate> {
    let mut exits = BTreeMap::from([(name_of(Exit::Liquidated).to_owned(), liquidated)]);
    match cell.account.as_ref().filter(|account| account.knows_exits()) {
        Some(account) => {
            let counted = |exit: Exit| account.exits[exit as usize].mapped(0.0, 1.0).powers[0];
            let survivors = n - counted(Exit::Liquidated);
            for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Liquidated) {
                let events = counted(exit);
                if events > 0.0 || exit == Exit::Horizon {
                    exits.insert(
                        name_of(exit).to_owned(),
                        share_of_rest(liquidated, events, survivors, (n, m)),
                    );
                }
            }
        }
        None => {
            exits.insert(name_of(Exit::Horizon).to_owned(), liquidated.complement());
        }
    }
    exits
}

/// The probability of an event that happened on some of the surviving paths, where the probability not to survive is known better
/// than by count: (1 − p)·q, whose variance is (1 − p)²·q(1 − q)/survivors + q²·Var(p).
fn share_of_rest(p: Estimate, events: f64, survivors: f64, (n, m): (f64, f64)) -> Estimate {
    let q = events / survivors;
    let value = (1.0 - p.value) * q;
    let variance = (1.0 - p.value).powi(2) * q * (1.0 - q) * (n / m) / survivors + (q * p.std_error).powi(2);
    if variance > 0.0 && value > 0.0 && value < 1.0 {
        Estimate::proportion(value, variance.sqrt()).by(p.method)
    } else {
        let events = events * (m / n);
        Estimate::probability(events, events, m)
    }
}

/// Probability of being liquidated by evenly spaced dates up to the horizon, from that of being liquidated at all, and those by the dates
/// before where they are `known`. `told` is the number of independent paths that would tell as much over that of the paths, here and below.
pub(super) fn lost_by_date(
    cell: &LevelTally,
    liquidated: Estimate,
    known: &[Estimate],
    told: f64,
) -> Vec<Estimate> {
    let shares: Vec<f64> = (0..DATES).map(share_of_horizon).collect();
    let sums = cell.time.mapped(0.0, 1.0);
    let times = told * sums.powers[0] * sums.powers[0] / sums.squares[0];
    let all = cell.times.weight();
    let up_to = cell.times.weights_up_to(&shares);
    let mut before = 0.0;
    let mut date = |date: usize| {
        // Of what is said never to happen no part has happened by a date, whatever the paths have seen of it.
        let counted = match date + 1 == DATES || all <= 0.0 || liquidated.value == 0.0 {
            true => liquidated,
            false => lost_by(liquidated, (up_to[date] / all).min(1.0), times),
        };
        // What counting would miss at the same share; where no time was seen it tells nothing.
        let counts = |known: &Estimate| {
            let q = (known.value / liquidated.value).min(1.0);
            if all > 0.0 { lost_by(liquidated, q, times).std_error } else { f64::INFINITY }
        };
        let known = known.get(date).filter(|known| is_fine(known) && known.std_error <= counts(known));
        let lost = *known.unwrap_or(&counted);
        // Who is lost stays lost: errors of two dates may have put one below the other.
        let value = lost.value.min(liquidated.value).max(before);
        before = value;
        Estimate { value, low: lost.low.min(value), high: lost.high.max(value), ..lost }
    };
    (0..DATES).map(&mut date).collect()
}

/// The probabilities of being liquidated by the dates up to the horizon as they are known, none before the one before; none where one is not known
/// well enough.
pub(super) fn known_dates(liquidated: Estimate, known: &[Estimate]) -> Option<Vec<Estimate>> {
    if known.len() + 1 != DATES || !known.iter().all(is_fine) {
        return None;
    }
    let mut before = 0.0_f64;
    let in_order = |known: &Estimate| {
        before = known.value.min(liquidated.value).max(before);
        Estimate { value: before, ..*known }
    };
    Some(known.iter().chain([&liquidated]).map(in_order).collect())
}

/// Whether a probability is known well enough.
fn is_fine(known: &Estimate) -> bool {
    known.value == 0.0 || known.std_error > 0.0 && known.std_error < ROUGH * known.value
}

/// Probability of not being liquidated by these dates.
pub(super) fn survival(lost: &[Estimate], horizon_days: f64) -> Vec<SurvivalPoint> {
    let point = |(date, lost): (usize, &Estimate)| SurvivalPoint {
        days: share_of_horizon(date) * horizon_days,
        probability: lost.complement(),
    };
    lost.iter().enumerate().map(point).collect()
}

/// Probability of being liquidated by a time up to which there is a share q of all times.
///
/// It is the probability p of liquidation times q. Times may come from a part of the paths, m in effect: the variance is
/// q²·Var(p) + p²·q(1 − q)/m.
fn lost_by(p: Estimate, q: f64, times: f64) -> Estimate {
    let lost = p.value * q;
    let variance = (q * p.std_error).powi(2) + p.value * p.value * q * (1.0 - q) / times;
    let lost = if variance > 0.0 && lost > 0.0 && lost < 1.0 {
        Estimate::proportion(lost, variance.sqrt())
    } else {
        let paths = times / p.value;
        Estimate::probability(lost * paths, lost * paths, paths)
    };
    lost.by(p.method)
}

/// Mean and quantiles of each cost; of options only where there are any.
pub(super) fn costs(account: &AccountTally, told: f64) -> BTreeMap<String, CostStats> {
    let n = account.followed();
    let mut costs = BTreeMap::new();
    for cost in Cost::ALL {
        let sums = account.costs[cost as usize].mapped(0.0, 1.0);
        if cost == Cost::Options && sums.powers[0] == 0.0 {
            continue;
        }
        let bins = &account.cost_bins[cost as usize];
        let stats = CostStats {
            mean: scaled_mean(&sums, n, told),
            p05: bins.quantile(0.05, n),
            p50: bins.quantile(0.5, n),
            p95: bins.quantile(0.95, n),
        };
        costs.insert(name_of_cost(cost).to_owned(), stats);
    }
    costs
}

/// Margin calls; none if there never was one.
pub(super) fn margin_calls(account: &AccountTally, told: f64) -> Option<MarginCalls> {
    let n = account.followed();
    let sums = |moments: &Moments| moments.mapped(0.0, 1.0);
    let (called, calls) = (sums(&account.called), sums(&account.calls));
    let (met, money) = (sums(&account.met), sums(&account.money));
    (called.powers[0] > 0.0).then(|| MarginCalls {
        probability: scaled_share(&called, n, told),
        number: scaled_mean(&calls, n, told),
        money: scaled_mean(&money, n, told),
        share_met: Some(met.powers[1] / calls.powers[1]),
    })
}

/// Liquidations in part; none if there never was one.
pub(super) fn partial_liquidations(account: &AccountTally, told: f64) -> Option<PartialLiquidations> {
    let n = account.followed();
    let sums = account.reductions.mapped(0.0, 1.0);
    (sums.powers[0] > 0.0).then(|| PartialLiquidations {
        probability: scaled_share(&sums, n, told),
        number: scaled_mean(&sums, n, told),
    })
}

/// Quantiles of the largest drawdown.
pub(super) fn drawdown(account: &AccountTally, told: f64) -> BTreeMap<String, Estimate> {
    let n = told * account.followed();
    let distribution = Distribution::new(&account.drawdowns);
    // Who has lost everything cannot lose more, though the last bin is wider than that.
    let fall = |p: f64| {
        let fall = distribution.quantile_estimate(p, n);
        Estimate { value: fall.value.min(1.0), low: fall.low.min(1.0), high: fall.high.min(1.0), ..fall }
    };
    DRAWDOWN.iter().map(|(key, p)| ((*key).to_owned(), fall(*p))).collect()
}

/// Quantiles of equity at the dates of a schedule.
pub(super) fn equity_over_time(account: &AccountTally, schedule: &[Moment], told: f64) -> Vec<EquityPoint> {
    let dates = schedule.iter().filter(|moment| moment.date.is_some());
    dates
        .zip(&account.equity)
        .filter(|(_, equity)| equity.weight() > 0.0)
        .map(|(moment, equity)| EquityPoint {
            days: moment.seconds as f64 / SECONDS_PER_DAY,
            quantiles: quantiles(equity, &FAN, told * equity.weight()),
        })
        .collect()
}

fn quantiles(histogram: &Histogram, at: &[(&str, f64)], n: f64) -> BTreeMap<String, Estimate> {
    let distribution = Distribution::new(histogram);
    at.iter()
        .map(|(key, p)| {
            // The value at risk is one less the quantile of its tail.
            let loss = distribution.value_at_risk(1.0 - p, n);
            ((*key).to_owned(), loss.complement())
        })
        .collect()
}

/// A mean over paths of which a share only tells its error.
fn scaled_mean(sums: &Sums, n: f64, told: f64) -> Estimate {
    Estimate::mean(told * sums.powers[1], told * sums.squares[2], told * n)
}

/// A share of paths of which a share only tells its error.
fn scaled_share(sums: &Sums, n: f64, told: f64) -> Estimate {
    Estimate::probability(told * sums.powers[0], told * sums.squares[0], told * n)
}
