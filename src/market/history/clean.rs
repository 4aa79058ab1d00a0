//! From rows as they stand in a file to bars in order, with every change on record.

use std::collections::BTreeMap;

use super::super::Duration;
use super::issue::{Issue, IssueKind};
use super::read::Row;
use super::series::HistoricalBar;
use crate::numeric::elementary;

/// A high or low is a spike when it lies this many times further beyond open and close than is usual in the file, and
/// by [`SMALLEST_SPIKE`].
const SPIKE_TIMES: f64 = 100.0;
/// Smallest spike, as a distance of log-prices.
const SMALLEST_SPIKE: f64 = 0.25;
/// A return is suspicious from this many median absolute returns on, and from [`SMALLEST_SPIKE`].
const REVERSAL_TIMES: f64 = 50.0;
/// ... if the next bar takes back all of it but this part.
const REVERSAL_REST: f64 = 0.2;

/// Sorts, joins and checks the rows; their number if fewer than two are left.
pub(super) fn clean(
    rows: Vec<Row>,
    issues: &mut Vec<Issue>,
) -> Result<(Vec<HistoricalBar>, Duration), usize> {
    let mut rows = usable(rows, issues);
    put_in_order(&mut rows, issues);
    let bars = without_duplicates(&rows, issues);
    let interval = usual_distance(&bars).ok_or(bars.len())?;
    look_for_gaps(&bars, interval, issues);
    look_for_spikes(&bars, issues);
    look_for_reversals(&bars, issues);
    Ok((bars, Duration::from_seconds(interval.unsigned_abs())))
}

/// The rows with four positive prices, highs and lows widened where they are crossed.
fn usable(rows: Vec<Row>, issues: &mut Vec<Issue>) -> Vec<Row> {
    let mut kept = Vec::with_capacity(rows.len());
    for Row { mut bar, line } in rows {
        let mut report = |kind| issues.push(Issue { time: bar.time, line: Some(line), kind });
        let prices = [bar.open, bar.high, bar.low, bar.close];
        if prices.iter().any(|price| price.is_nan()) {
            report(IssueKind::MissingPrice);
            continue;
        }
        if prices.iter().any(|price| *price <= 0.0) {
            report(IssueKind::NonPositivePrice);
            continue;
        }
        if bar.volume < 0.0 {
            report(IssueKind::NegativeVolume);
        }
        if bar.high < bar.open.max(bar.close) || bar.low > bar.open.min(bar.close) {
            report(IssueKind::Crossed);
            bar.high = prices.iter().copied().fold(f64::MIN, f64::max);
            bar.low = prices.iter().copied().fold(f64::MAX, f64::min);
        }
        bar.volume = bar.volume.max(0.0);
        kept.push(Row { bar, line });
    }
    kept
}

fn put_in_order(rows: &mut [Row], issues: &mut Vec<Issue>) {
    let falls = rows.windows(2).filter(|pair| pair[1].bar.time < pair[0].bar.time).count();
    if falls > 0 && rows.windows(2).all(|pair| pair[1].bar.time <= pair[0].bar.time) {
        issues.push(Issue { time: rows[0].bar.time, line: None, kind: IssueKind::NewestFirst });
        // Not a reversal: of two rows with the same time, the later in the file must stay the later.
    } else if falls > 0 {
        let mut latest = i64::MIN;
        for row in rows.iter() {
            if row.bar.time < latest {
                issues.push(Issue { time: row.bar.time, line: Some(row.line), kind: IssueKind::OutOfOrder });
            }
            latest = latest.max(row.bar.time);
        }
    }
    rows.sort_by_key(|row| row.bar.time);
}

fn without_duplicates(rows: &[Row], issues: &mut Vec<Issue>) -> Vec<HistoricalBar> {
    let mut bars: Vec<HistoricalBar> = Vec::with_capacity(rows.len());
    for row in rows {
        match bars.last_mut() {
            Some(last) if last.time == row.bar.time => {
                let kind = if *last == row.bar { IssueKind::Duplicate } else { IssueKind::Conflict };
                issues.push(Issue { time: row.bar.time, line: Some(row.line), kind });
                *last = row.bar;
            }
            _ => bars.push(row.bar),
        }
    }
    bars
}

/// The most frequent distance in time, the shortest of equals.
fn usual_distance(bars: &[HistoricalBar]) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in bars.windows(2) {
        *counts.entry(pair[1].time - pair[0].time).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(distance, _)| distance)
}

fn look_for_gaps(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) {
    for pair in bars.windows(2) {
        let distance = pair[1].time - pair[0].time;
        let mut report = |kind| issues.push(Issue { time: pair[1].time, line: None, kind });
        if distance % interval != 0 {
            report(IssueKind::OffGrid);
        }
        let missing = (distance - 1) / interval;
        if missing > 0 {
            report(IssueKind::Gap { missing: missing.unsigned_abs() });
        }
    }
}

fn look_for_spikes(bars: &[HistoricalBar], issues: &mut Vec<Issue>) {
    let beyond: Vec<f64> = bars
        .iter()
        .map(|bar| {
            let above = elementary::ln(bar.high / bar.open.max(bar.close));
            above.max(elementary::ln(bar.open.min(bar.close) / bar.low))
        })
        .collect();
    let threshold = (SPIKE_TIMES * median(beyond.clone())).max(SMALLEST_SPIKE);
    for (bar, beyond) in bars.iter().zip(&beyond) {
        if *beyond > threshold {
            let kind = IssueKind::Spike { factor: elementary::exp(*beyond) };
            issues.push(Issue { time: bar.time, line: None, kind });
        }
    }
}

fn look_for_reversals(bars: &[HistoricalBar], issues: &mut Vec<Issue>) {
    let returns: Vec<f64> =
        bars.windows(2).map(|pair| elementary::ln(pair[1].close / pair[0].close)).collect();
    let usual = median(returns.iter().map(|r| r.abs()).collect());
    let threshold = (REVERSAL_TIMES * usual).max(SMALLEST_SPIKE);
    for (index, pair) in returns.windows(2).enumerate() {
        if pair[0].abs() > threshold && (pair[0] + pair[1]).abs() < REVERSAL_REST * pair[0].abs() {
            let kind = IssueKind::Reversal { log_return: pair[0] };
            issues.push(Issue { time: bars[index + 1].time, line: None, kind });
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
