//! From the tally to what happens to an account on its way: exits, survival, costs, margin calls, drawdown, equity.

use std::collections::BTreeMap;

use super::result::{CostStats, EquityPoint, MarginCalls, PartialLiquidations, SurvivalPoint};
use crate::account::{DATES, Moment, Policy};
use crate::market::SECONDS_PER_DAY;
use crate::stats::{AccountTally, Cost, Distribution, Estimate, Exit, Histogram, LevelTally, Moments};
use crate::venue::{Compounding, Flows, Funding, FundingRates, RecordedOrder};

const FAN: [(&str, f64); 5] = [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)];
const DRAWDOWN: [(&str, f64); 4] = [("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95), ("0.99", 0.99)];

/// What is charged on the way and what is not, and how equity is followed.
pub(super) fn notes(
    flows: &[Flows],
    policy: &Policy,
    acts_in_steps: bool,
    (horizon, continuous): (u64, bool),
) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    let is_free = flows.iter().all(Flows::is_empty);
    if is_free {
        let text = match policy.is_empty() {
            true => {
                "Funding, borrowing interest and slippage are not charged; fees are, where the venue has them."
            }
            false => "Funding and borrowing interest are not charged; fees are, where the venue has them.",
        };
        notes.push(("not_charged", text.to_owned()));
    } else {
        notes.append(&mut charges(flows, continuous));
    }
    let committed = policy.committed(horizon);
    if committed > 0.0 {
        notes.push((
            "committed_money",
            format!(
                "Returns and equity over time are of the equity and the money that the owner keeps ready or \
                 pays in, {} % of the equity, together.",
                percent(committed)
            ),
        ));
    }
    if let Some(put) = policy.protective_put {
        notes.push((
            "protective_put",
            format!(
                "A put at {} % of the entry price for {} costs {:.2} % of the notional, paid beside the collateral. It does not \
                 support the margin; it is held to its expiry or to the horizon, whatever becomes of the position, and counts \
                 in returns and in equity over time, of the equity and its premium together, not in drawdown.",
                percent(put.strike),
                put.expiry,
                100.0 * put.premium(),
            ),
        ));
    }
    if !(is_free && policy.is_empty() && flows.len() == 1 && !acts_in_steps) {
        notes.push((
            "drawdown_dates",
            "Drawdown and equity over time are looked at when money moves and at 20 dates, not in between; equity over \
             time is that of one path in eight."
                .to_owned(),
        ));
    }
    notes
}

fn charges(flows: &[Flows], continuous: bool) -> Vec<(&'static str, String)> {
    let mut charged = Vec::new();
    let mut add = |text: String| {
        if !charged.contains(&text) {
            charged.push(text);
        }
    };
    for flows in flows {
        if let Some(funding) = flows.funding.as_ref().filter(|funding| !funding.is_zero()) {
            add(describe(funding));
        }
        if let Some(borrow) = flows.borrow.filter(|borrow| borrow.rate != 0.0) {
            add(format!("interest of {} % a year on debts", percent(borrow.rate)));
        }
    }
    let checked = match continuous {
        true => "Right after each payment the new liquidation price is compared with the mark price.",
        false => {
            "Each payment moves the liquidation price, which the venue compares with the mark price on its own dates only."
        }
    };
    let mut notes = vec![("cash_flows", format!("Charged on the way: {}. {checked}", charged.join(" and ")))];
    if let [one] = flows
        && one.borrow.is_some_and(|borrow| borrow.compounding == Compounding::Continuous)
    {
        notes.push((
            "daily_accrual",
            "Interest that grows at every instant is added once a day; in between the liquidation price stands where it \
             is in the middle of the day."
                .to_owned(),
        ));
    }
    notes
}

/// A fraction in per cent, without what the factor of 100 does to its last digits.
fn percent(fraction: f64) -> f64 {
    (fraction * 1e12).round() / 1e10
}

/// Funding in words.
fn describe(funding: &Funding) -> String {
    let every = funding.every;
    match &funding.rates {
        FundingRates::Constant { rate } => format!("funding of {} % every {every}", percent(*rate)),
        FundingRates::Ou(law) => format!(
            "funding every {every} at a rate that returns to {} % (Ornstein-Uhlenbeck, spread {:.2} bp after a long \
             time{})",
            percent(law.mean),
            1e4 * law.volatility / (2.0 * law.reversion).sqrt(),
            law.cap.map_or_else(String::new, |cap| format!(", capped at {} %", percent(cap))),
        ),
        FundingRates::Recorded(record) => match record.order {
            RecordedOrder::From(_) => format!("recorded funding every {every}, the same on every path"),
            RecordedOrder::Blocks(rows) => format!(
                "recorded funding every {every}, put together anew from blocks of {rows:.0} payments on average, \
                 independent of the prices"
            ),
        },
    }
}

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
pub(super) fn exits(cell: &LevelTally, liquidated: Estimate, n: f64) -> BTreeMap<String, Estimate> {
    let mut exits = BTreeMap::from([(name_of(Exit::Liquidated).to_owned(), liquidated)]);
    match cell.account.as_ref().filter(|account| account.knows_exits()) {
        Some(account) => {
            let counted = |exit: Exit| account.exits[exit as usize].mapped(0.0, 1.0).powers[0];
            let survivors = n - counted(Exit::Liquidated);
            for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Liquidated) {
                let events = counted(exit);
                if events > 0.0 || exit == Exit::Horizon {
                    exits.insert(name_of(exit).to_owned(), share_of_rest(liquidated, events, survivors, n));
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
fn share_of_rest(p: Estimate, events: f64, survivors: f64, n: f64) -> Estimate {
    let q = events / survivors;
    let value = (1.0 - p.value) * q;
    let variance = (1.0 - p.value).powi(2) * q * (1.0 - q) / survivors + (q * p.std_error).powi(2);
    if variance > 0.0 && value > 0.0 && value < 1.0 {
        Estimate::proportion(value, variance.sqrt())
    } else {
        Estimate::probability(events, events, n)
    }
}

/// Probability of not being liquidated at evenly spaced dates, from that of being liquidated at all.
pub(super) fn survival(cell: &LevelTally, liquidated: Estimate, horizon_days: f64) -> Vec<SurvivalPoint> {
    let point = |date: usize| {
        let share = (date + 1) as f64 / DATES as f64;
        let lost = if date + 1 == DATES { liquidated } else { lost_by(cell, liquidated, share) };
        SurvivalPoint { days: share * horizon_days, probability: lost.complement() }
    };
    (0..DATES).map(point).collect()
}

/// Probability of being liquidated by a share of the horizon.
///
/// It is the probability p of liquidation times the share q of the times up to then. Times may come from a part of the paths,
/// m in effect: the variance is q²·Var(p) + p²·q(1 − q)/m.
fn lost_by(cell: &LevelTally, p: Estimate, share: f64) -> Estimate {
    if cell.times.weight() <= 0.0 {
        return p;
    }
    let sums = cell.time.mapped(0.0, 1.0);
    let times = sums.powers[0] * sums.powers[0] / sums.squares[0];
    let q = (weight_up_to(&cell.times, share) / cell.times.weight()).min(1.0);
    let lost = p.value * q;
    let variance = (q * p.std_error).powi(2) + p.value * p.value * q * (1.0 - q) / times;
    if variance > 0.0 && lost > 0.0 && lost < 1.0 {
        Estimate::proportion(lost, variance.sqrt())
    } else {
        let paths = times / p.value;
        Estimate::probability(lost * paths, lost * paths, paths)
    }
}

/// Weight at or below a number, linear inside its bin.
fn weight_up_to(histogram: &Histogram, x: f64) -> f64 {
    let part = |low: f64, high: f64| if high > low { ((x - low) / (high - low)).min(1.0) } else { 1.0 };
    histogram.bins().take_while(|bin| bin.low <= x).map(|bin| bin.weight * part(bin.low, bin.high)).sum()
}

/// Mean and quantiles of each cost; of options only where there are any.
pub(super) fn costs(account: &AccountTally) -> BTreeMap<String, CostStats> {
    let n = account.followed();
    let mut costs = BTreeMap::new();
    for cost in Cost::ALL {
        let sums = account.costs[cost as usize].mapped(0.0, 1.0);
        if cost == Cost::Options && sums.powers[0] == 0.0 {
            continue;
        }
        let bins = &account.cost_bins[cost as usize];
        let stats = CostStats {
            mean: Estimate::mean(sums.powers[1], sums.squares[2], n),
            p05: bins.quantile(0.05, n),
            p50: bins.quantile(0.5, n),
            p95: bins.quantile(0.95, n),
        };
        costs.insert(name_of_cost(cost).to_owned(), stats);
    }
    costs
}

/// Margin calls; none if there never was one.
pub(super) fn margin_calls(account: &AccountTally) -> Option<MarginCalls> {
    let n = account.followed();
    let sums = |moments: &Moments| moments.mapped(0.0, 1.0);
    let (called, calls) = (sums(&account.called), sums(&account.calls));
    let (met, money) = (sums(&account.met), sums(&account.money));
    (called.powers[0] > 0.0).then(|| MarginCalls {
        probability: Estimate::probability(called.powers[0], called.squares[0], n),
        number: Estimate::mean(calls.powers[1], calls.squares[2], n),
        money: Estimate::mean(money.powers[1], money.squares[2], n),
        share_met: Some(met.powers[1] / calls.powers[1]),
    })
}

/// Liquidations in part; none if there never was one.
pub(super) fn partial_liquidations(account: &AccountTally) -> Option<PartialLiquidations> {
    let n = account.followed();
    let sums = account.reductions.mapped(0.0, 1.0);
    (sums.powers[0] > 0.0).then(|| PartialLiquidations {
        probability: Estimate::probability(sums.powers[0], sums.squares[0], n),
        number: Estimate::mean(sums.powers[1], sums.squares[2], n),
    })
}

/// Quantiles of the largest drawdown.
pub(super) fn drawdown(account: &AccountTally) -> BTreeMap<String, Estimate> {
    let n = account.followed();
    let distribution = Distribution::new(&account.drawdowns);
    // Who has lost everything cannot lose more, though the last bin is wider than that.
    let fall = |p: f64| {
        let fall = distribution.quantile_estimate(p, n);
        Estimate { value: fall.value.min(1.0), low: fall.low.min(1.0), high: fall.high.min(1.0), ..fall }
    };
    DRAWDOWN.iter().map(|(key, p)| ((*key).to_owned(), fall(*p))).collect()
}

/// Quantiles of equity at the dates of a schedule.
pub(super) fn equity_over_time(account: &AccountTally, schedule: &[Moment]) -> Vec<EquityPoint> {
    let dates = schedule.iter().filter(|moment| moment.date.is_some());
    dates
        .zip(&account.equity)
        .map(|(moment, equity)| EquityPoint {
            days: moment.seconds as f64 / SECONDS_PER_DAY,
            quantiles: quantiles(equity, &FAN, equity.weight()),
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
