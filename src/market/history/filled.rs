//! Bars that nobody recorded: filled in on straight lines between others, or copied from the one before.

use super::super::Duration;
use super::counts::most_frequent;
use super::issue::{Issue, IssueKind};
use super::refusal::{Refusal, Refused};
use super::series::HistoricalBar;

/// Moves of fewer ticks than this say nothing of lines.
const TICKS: f64 = 200.0;
/// A move equals the one before within so many ticks: both ends of a line are rounded.
const ROUNDING: f64 = 2.0;
/// Smallest tick, as a fraction of the price.
const SMALLEST_TICK: f64 = 1e-9;
/// Moves on a line, one after the other, that are reported: records of 16 coins and contracts have four at most.
const LONGEST_LINE: usize = 5;
/// Share of moves on a line from which on a file holds filled bars throughout: in those records it is one in 80 at most.
const MOST_ON_LINES: f64 = 0.2;
/// Bars that stand still, one after the other, that are reported ...
const LONGEST_STILL: usize = 10;
/// ... where hardly any other bar stands still.
const OTHERS_STILL: f64 = 0.01;
/// Changes of the close, and the share of them at one distance, that prove bars of another length.
const FEWEST: usize = 20;
const EVEN: f64 = 0.98;

/// Refuses a file of filled bars, and reports stretches of them.
pub(super) fn check(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) -> Result<(), Refused> {
    lines(bars, interval, issues)?;
    copies(bars, interval, issues)
}

/// The smallest decimal place in which prices are written.
fn tick(bars: &[HistoricalBar]) -> f64 {
    let is_whole = |price: f64, places: f64| {
        let scaled = price * places;
        (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs().max(1.0)
    };
    let places = (0..=12).map(|digits| 10_f64.powi(digits));
    places
        .into_iter()
        .find(|places| bars.iter().all(|bar| is_whole(bar.close, *places)))
        .map_or(0.0, f64::recip)
}

/// Moves that are the same again and again, in prices.
fn lines(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) -> Result<(), Refused> {
    let tick = tick(bars);
    let (mut all, mut straight, mut run) = (0, 0, 0);
    let mut found = Vec::new();
    for three in bars.windows(3) {
        let [one, two] = [three[1].close - three[0].close, three[2].close - three[1].close];
        let is_even = three.windows(2).all(|pair| pair[1].time - pair[0].time == interval);
        // Numbers that were not rounded have ticks as well.
        let unit = tick.max(SMALLEST_TICK * three[2].close);
        let counts = is_even && one.abs() > TICKS * unit;
        all += usize::from(counts);
        if counts && (two - one).abs() <= ROUNDING * unit {
            straight += 1;
            run += 1;
            if run == LONGEST_LINE {
                found.push((three[2].time, run));
            } else if run > LONGEST_LINE
                && let Some(last) = found.last_mut()
            {
                last.1 = run;
            }
        } else {
            run = 0;
        }
    }
    if straight >= FEWEST && straight as f64 > MOST_ON_LINES * all as f64 {
        return Err((None, Refusal::Interpolated { count: straight, bars: bars.len() }));
    }
    issues.extend(found.into_iter().map(|(time, bars)| Issue {
        time,
        line: None,
        kind: IssueKind::Line { bars },
    }));
    Ok(())
}

/// The distance at which values change, if they do so at even distances only, longer than an interval: rows between are copies.
pub(in crate::market) fn copied(values: &[(i64, f64)], interval: i64) -> Option<i64> {
    let changes = values.windows(2).filter(|pair| pair[1].1 != pair[0].1).map(|pair| pair[1].0);
    let changes: Vec<i64> = changes.collect();
    let (step, _) = most_frequent(changes.windows(2).map(|pair| pair[1] - pair[0]))?;
    if changes.len() < FEWEST || interval <= 0 || step <= interval {
        return None;
    }
    // Times may be seconds off.
    let phase =
        |time: &i64| (time + interval / 2).div_euclid(interval).rem_euclid((step + interval / 2) / interval);
    let (_, often) = most_frequent(changes.iter().map(phase))?;
    // Not of rows that are few among gaps.
    let is_filled = values.len() as f64 > 0.5 * changes.len() as f64 * (step / interval) as f64;
    (often as f64 >= EVEN * changes.len() as f64 && is_filled).then_some(step)
}

/// Closes that stand still for a long time in a market that moves, or that change at even distances only.
fn copies(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) -> Result<(), Refused> {
    let closes: Vec<(i64, f64)> = bars.iter().map(|bar| (bar.time, bar.close)).collect();
    if let Some(step) = copied(&closes, interval) {
        let [interval, step] = [interval, step].map(|length| Duration::from_seconds(length.unsigned_abs()));
        return Err((None, Refusal::Copied { interval, step }));
    }
    let mut still: Vec<(i64, usize)> = Vec::new();
    let mut others = 0;
    let mut at = 1;
    while at < bars.len() {
        let rest = bars[at..].iter().take_while(|bar| bar.close == bars[at - 1].close).count();
        if rest >= LONGEST_STILL {
            still.push((bars[at].time, rest));
        } else {
            others += rest;
        }
        at += rest + 1;
    }
    if (others as f64) < OTHERS_STILL * bars.len() as f64 {
        let kind = |bars| IssueKind::Still { bars };
        issues.extend(still.into_iter().map(|(time, bars)| Issue { time, line: None, kind: kind(bars) }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(hour: usize, close: f64) -> HistoricalBar {
        HistoricalBar { time: 3_600 * hour as i64, open: close, high: close, low: close, close, volume: 0.0 }
    }

    /// Prices that a market had, to the cent.
    fn walk(count: usize) -> Vec<f64> {
        let step = |index: usize| {
            1.0 + 0.01 * ((index.wrapping_mul(2_654_435_761) >> 9) % 1_000) as f64 / 1_000.0 - 0.005
        };
        let prices = (0..count).scan(43_000.0, |price, index| {
            *price *= step(index);
            Some((100.0 * *price).round() / 100.0)
        });
        prices.collect()
    }

    fn found(closes: &[f64]) -> Result<Vec<IssueKind>, Refusal> {
        let bars: Vec<HistoricalBar> =
            closes.iter().enumerate().map(|(hour, close)| bar(hour, *close)).collect();
        let mut issues = Vec::new();
        check(&bars, 3_600, &mut issues).map_err(|(_, reason)| reason)?;
        Ok(issues.into_iter().map(|issue| issue.kind).collect())
    }

    #[test]
    fn bars_on_lines_are_refused_where_they_are_many_and_reported_where_they_are_few() {
        let whole = walk(400);
        assert_eq!(found(&whole), Ok(Vec::new()));
        for parts in [2, 4, 24] {
            let between = |pair: &[f64]| {
                let (from, to) = (pair[0], pair[1]);
                (0..parts).map(move |part| {
                    (100.0 * (from + (to - from) * part as f64 / parts as f64)).round() / 100.0
                })
            };
            let filled: Vec<f64> = whole.windows(2).flat_map(between).collect();
            assert!(
                matches!(found(&filled), Err(Refusal::Interpolated { .. })),
                "{parts}: {:?}",
                found(&filled)
            );
        }
        let mut gap = whole;
        let (from, to) = (gap[100], gap[100] * 1.05);
        (0..=10).for_each(|part| gap[100 + part] = from + (to - from) * part as f64 / 10.0);
        assert_eq!(found(&gap), Ok(vec![IssueKind::Line { bars: 9 }]));
    }

    #[test]
    fn copied_bars_are_refused_where_they_are_many_and_reported_where_they_are_few() {
        let whole = walk(400);
        let copied: Vec<f64> = whole.iter().flat_map(|price| [*price; 24]).collect();
        let day = Duration::from_seconds(86_400);
        assert!(matches!(found(&copied), Err(Refusal::Copied { step, .. }) if step == day));
        let mut outage = whole.clone();
        let last = outage[99];
        outage[100..115].fill(last);
        assert_eq!(found(&outage), Ok(vec![IssueKind::Still { bars: 15 }]));
        // A market in which bars often stand still.
        let quiet: Vec<f64> =
            whole.iter().enumerate().map(|(at, price)| if at % 7 < 3 { 43_000.0 } else { *price }).collect();
        assert_eq!(found(&quiet), Ok(Vec::new()));
    }
}
