//! From rows as they stand in a file to bars in order, with every change on record.

use super::super::Duration;
use super::closed;
use super::counts::most_frequent;
use super::courses;
use super::filled;
use super::issue::{Issue, IssueKind};
use super::jitter;
use super::refusal::{Refusal, Refused};
use super::refute;
use super::series::HistoricalBar;
use super::table::{Row, Table};
use super::watch;

/// Sorts, joins and checks the rows of a table.
pub(super) fn clean(table: &mut Table) -> Result<(Vec<HistoricalBar>, Duration), Refused> {
    let (all, order) = (table.rows.len(), table.order.clone());
    let issues = &mut table.issues;
    // Each step takes the place of the one before: a large file has tens of millions of rows.
    let mut rows = usable(std::mem::take(&mut table.rows), issues);
    refute::sizes(&rows)?;
    refute::unpriced(all, rows.len(), &order)?;
    refute::crossed(rows.len(), issues, &order)?;
    refute::range(&rows, &order)?;
    put_in_order(&mut rows, issues);
    let mut bars = without_duplicates(rows, issues);
    refute::conflicts(all, issues)?;
    jitter::onto_grid(&mut bars, issues);
    let too_few = || (None, Refusal::TooFew { bars: bars.len(), rows: all });
    let interval = usual_distance(&bars).ok_or_else(too_few)?;
    refute::interval(&bars, interval)?;
    refute::two_intervals(&bars, interval)?;
    refute::among(issues, interval)?;
    if starts_from_ends(&mut bars, interval) {
        issues.push(Issue { time: bars[0].time, line: None, kind: IssueKind::EndTimes });
    }
    refute::exchanged(&bars, interval)?;
    refute::jumps(&bars, interval)?;
    refute::turns(&bars, interval)?;
    courses::in_turns(&bars, interval)?;
    look_for_gaps(&bars, interval, issues);
    closed::weekends(&bars, interval, issues);
    filled::check(&bars, interval, issues)?;
    watch::look(&bars, interval, issues);
    Ok((bars, Duration::from_seconds(interval.unsigned_abs())))
}

/// The rows with four positive prices, highs and lows widened where they are crossed.
fn usable(rows: Vec<Row>, issues: &mut Vec<Issue>) -> Vec<(HistoricalBar, u64)> {
    let usable = |row: Row| {
        let [open, high, low, close] = row.prices;
        let mut bar = HistoricalBar { time: row.time, open, high, low, close, volume: row.volume };
        let mut report = |kind| issues.push(Issue { time: bar.time, line: Some(row.line), kind });
        if row.prices.iter().any(|price| price.is_nan()) {
            report(IssueKind::MissingPrice);
            return None;
        }
        if row.prices.iter().any(|price| *price <= 0.0) {
            report(IssueKind::NonPositivePrice);
            return None;
        }
        if bar.volume < 0.0 {
            report(IssueKind::NegativeVolume);
        }
        if bar.high < bar.open.max(bar.close) || bar.low > bar.open.min(bar.close) {
            report(IssueKind::Crossed);
            bar.high = row.prices.iter().copied().fold(f64::MIN, f64::max);
            bar.low = row.prices.iter().copied().fold(f64::MAX, f64::min);
        }
        bar.volume = bar.volume.max(0.0);
        Some((bar, row.line))
    };
    rows.into_iter().filter_map(usable).collect()
}

fn put_in_order(rows: &mut [(HistoricalBar, u64)], issues: &mut Vec<Issue>) {
    let falls = rows.windows(2).filter(|pair| pair[1].0.time < pair[0].0.time).count();
    if falls > 0 && rows.windows(2).all(|pair| pair[1].0.time <= pair[0].0.time) {
        issues.push(Issue { time: rows[0].0.time, line: None, kind: IssueKind::NewestFirst });
        // Not a reversal: of two rows with the same time, the later in the file must stay the later.
    } else if falls > 0 {
        let mut latest = i64::MIN;
        for (bar, line) in rows.iter() {
            if bar.time < latest {
                issues.push(Issue { time: bar.time, line: Some(*line), kind: IssueKind::OutOfOrder });
            }
            latest = latest.max(bar.time);
        }
    }
    if falls > 0 {
        rows.sort_by_key(|(bar, _)| bar.time);
    }
}

fn without_duplicates(mut rows: Vec<(HistoricalBar, u64)>, issues: &mut Vec<Issue>) -> Vec<HistoricalBar> {
    rows.dedup_by(|(bar, line), (last, _)| {
        if last.time != bar.time {
            return false;
        }
        let kind = match *last == *bar {
            true => IssueKind::Duplicate,
            false if is_clock_change(bar.time) => IssueKind::ClockChange,
            false => IssueKind::Conflict,
        };
        issues.push(Issue { time: bar.time, line: Some(*line), kind });
        *last = *bar;
        true
    });
    rows.into_iter().map(|(bar, _)| bar).collect()
}

/// Whether clocks are put back in some country in this hour: the first hours of a Sunday in October or November.
fn is_clock_change(time: i64) -> bool {
    let Ok(time) = jiff::Timestamp::from_second(time) else { return false };
    let local = time.to_zoned(jiff::tz::TimeZone::UTC);
    local.weekday() == jiff::civil::Weekday::Sunday
        && matches!(local.month(), 10 | 11)
        && (0..=3).contains(&local.hour())
}

fn usual_distance(bars: &[HistoricalBar]) -> Option<i64> {
    most_frequent(bars.windows(2).map(|pair| pair[1].time - pair[0].time)).map(|(distance, _)| distance)
}

/// Moves times that are the last second of every bar to its start.
fn starts_from_ends(bars: &mut [HistoricalBar], interval: i64) -> bool {
    let is_end = |bar: &HistoricalBar| (bar.time + 1).rem_euclid(interval) == 0;
    if interval < 60 || !bars.iter().all(is_end) {
        return false;
    }
    bars.iter_mut().for_each(|bar| bar.time -= interval - 1);
    true
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
