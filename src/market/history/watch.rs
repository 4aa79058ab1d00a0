//! Bars that are kept and looked at: spikes, moves that are taken back, steps that stay.

use crate::numeric::elementary;

use super::counts::median;
use super::issue::{Issue, IssueKind};
use super::series::HistoricalBar;

/// A high or low is a spike when it lies this many times further beyond open and close than is usual in the file, and
/// by [`SMALLEST_SPIKE`].
const SPIKE_TIMES: f64 = 100.0;
/// Smallest spike, as a distance of log-prices.
const SMALLEST_SPIKE: f64 = 0.25;
/// A return is suspicious from this many median absolute returns on, and from [`SMALLEST_SPIKE`].
const REVERSAL_TIMES: f64 = 50.0;
/// ... if the next bar takes back all of it but this part.
const REVERSAL_REST: f64 = 0.2;
/// A move that stays is reported from here on: to a third, or to three times the price, within a bar.
const SMALLEST_STEP: f64 = 1.098_612_288_668_109_8;
/// ... and from this many median absolute returns on, if it is near a plain ratio, as where a unit was split.
const SPLIT_TIMES: f64 = 20.0;
/// Plain ratios of prices before and after a split.
const SPLITS: [f64; 2] = [2.0, 2.5];
/// Distance of log-prices from a plain ratio; a few usual returns come on top.
const NEAR_SPLIT: f64 = 0.02;

/// Bars that do not open at the last close are reported where this share of the others do.
const FOLLOWING: f64 = 0.9;
/// Bars in a row that close where the one before opens: by chance there are two in records of coarse ticks.
const BACKWARD: usize = 3;

/// Looks at all bars, which are so many seconds apart.
pub(super) fn look(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) {
    breaks(bars, interval, issues);
    spikes(bars, issues);
    moves(bars, issues);
}

fn breaks(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) {
    // Closes alone open where they close.
    let is_known = bars.iter().any(|bar| bar.open != bar.close);
    let follows = |index: usize| bars[index].time - bars[index - 1].time == interval;
    let is_broken = |index: usize| follows(index) && bars[index].open != bars[index - 1].close;
    let is_backward = |index: usize| is_broken(index) && bars[index].close == bars[index - 1].open;
    let all = (1..bars.len()).filter(|index| follows(*index)).count();
    let broken = (1..bars.len()).filter(|index| is_broken(*index)).count();
    let is_continuous = (broken as f64) < (1.0 - FOLLOWING) * all as f64;
    // Bars in a row that close where the one before opens: open and close are exchanged there.
    let mut is_exchanged = vec![false; bars.len()];
    for index in BACKWARD..bars.len() {
        if (0..BACKWARD).all(|before| is_backward(index - before)) {
            is_exchanged[index - BACKWARD..=index].fill(true);
        }
    }
    if !is_known {
        return;
    }
    // Of a time that stands twice one bar was left out, and is named already.
    let is_twice = |issue: &&Issue| matches!(issue.kind, IssueKind::Conflict | IssueKind::ClockChange);
    let twice: Vec<i64> = issues.iter().filter(is_twice).map(|issue| issue.time).collect();
    for (index, bar) in bars.iter().enumerate() {
        let kind = match is_exchanged[index] {
            true => IssueKind::Exchanged,
            false if is_continuous && index > 0 && is_broken(index) && !twice.contains(&bar.time) => {
                IssueKind::Break
            }
            false => continue,
        };
        issues.push(Issue { time: bar.time, line: None, kind });
    }
}

fn spikes(bars: &[HistoricalBar], issues: &mut Vec<Issue>) {
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

fn moves(bars: &[HistoricalBar], issues: &mut Vec<Issue>) {
    let returns: Vec<f64> =
        bars.windows(2).map(|pair| elementary::ln(pair[1].close / pair[0].close)).collect();
    let usual = median(returns.iter().map(|r| r.abs()).collect());
    let reversal = (REVERSAL_TIMES * usual).max(SMALLEST_SPIKE);
    let step = (REVERSAL_TIMES * usual).max(SMALLEST_STEP);
    let is_split = |log_return: f64| {
        let near = |ratio: &f64| (log_return.abs() - elementary::ln(*ratio)).abs() < NEAR_SPLIT + 2.0 * usual;
        log_return.abs() > SPLIT_TIMES * usual && SPLITS.iter().any(near)
    };
    let is_taken_back = |index: usize| {
        let next = returns.get(index + 1);
        next.is_some_and(|next| (returns[index] + next).abs() < REVERSAL_REST * returns[index].abs())
    };
    for (index, log_return) in returns.iter().enumerate() {
        let mut report = |kind| issues.push(Issue { time: bars[index + 1].time, line: None, kind });
        if log_return.abs() > reversal && is_taken_back(index) {
            report(IssueKind::Reversal { log_return: *log_return });
        } else if (log_return.abs() > step || is_split(*log_return))
            && !(index > 0 && is_taken_back(index - 1))
        {
            report(IssueKind::Step { log_return: *log_return });
        }
    }
}
