//! Checks that refute the reading of a whole file: what would be a blemish in one bar is proof in most of them.

use crate::numeric::elementary;

use super::super::Duration;
use super::counts::{median, most_frequent};
use super::issue::{Issue, IssueKind};
use super::refusal::{Refusal, Refused};
use super::series::HistoricalBar;
use super::time::format_time;

/// Rows before a share of them proves anything.
const FEWEST: usize = 10;
/// Bars of this share at most may be crossed, or stand twice with other values.
const MOST_CROSSED: f64 = 0.1;
/// Rows of this share at most may lack a price.
const MOST_UNPRICED: f64 = 0.5;
/// The commonest distance holds between this share of the bars at least.
const FEWEST_REGULAR: f64 = 0.5;
/// Opens that are the next closes in this share of bars, and no closes that are the next opens.
const EXCHANGED: f64 = 0.9;
/// The median absolute return of a bar up to a week is smaller in every market.
const LARGEST_MEDIAN_MOVE: f64 = 0.25;
/// High over open and close, or these over the low, in the middle of all bars.
const WIDEST: f64 = 1.5;
/// Correlation of a return with the next, less than nothing, from which on closes go in turns. Prices that only go to and fro
/// between bid and ask have one half (Roll, Journal of Finance 39, 1984).
const TAKEN_BACK: f64 = 0.8;
/// Bars one after the other that may be at another distance than most.
const LONGEST_OTHER: usize = 20;
const DAY: i64 = 86_400;

/// Prices are at least one over this and at most this: ratios of all others are numbers.
const LARGEST_PRICE: f64 = 1e100;

/// A number that is no price of anything.
pub(super) fn sizes(rows: &[(HistoricalBar, u64)]) -> Result<(), Refused> {
    for (bar, line) in rows {
        let is_odd = |price: &&f64| !(1.0 / LARGEST_PRICE..=LARGEST_PRICE).contains(*price);
        if let Some(price) = [bar.open, bar.high, bar.low, bar.close].iter().find(is_odd) {
            let value = format!("{price:e}");
            return Err((Some(*line), Refusal::Value { value, expected: "price between 1e-100 and 1e100" }));
        }
    }
    Ok(())
}

fn is_most(count: usize, of: usize, share: f64) -> bool {
    of >= FEWEST && count as f64 > share * of as f64
}

/// Most rows have no price.
pub(super) fn unpriced(rows: usize, usable: usize, order: &str) -> Result<(), Refused> {
    let count = rows - usable;
    if is_most(count, rows, MOST_UNPRICED) {
        return Err((None, Refusal::Unpriced { count, rows, order: order.to_owned() }));
    }
    Ok(())
}

/// Many opens or closes lie outside low and high.
pub(super) fn crossed(rows: usize, issues: &[Issue], order: &str) -> Result<(), Refused> {
    let count = issues.iter().filter(|issue| issue.kind == IssueKind::Crossed).count();
    if is_most(count, rows, MOST_CROSSED) {
        return Err((None, Refusal::Crossed { count, rows, order: order.to_owned() }));
    }
    Ok(())
}

/// Highs or lows that are far from open and close in most bars: no prices, but another column.
pub(super) fn range(bars: &[(HistoricalBar, u64)], order: &str) -> Result<(), Refused> {
    let above = |bar: &HistoricalBar| bar.high / bar.open.max(bar.close);
    let below = |bar: &HistoricalBar| bar.open.min(bar.close) / bar.low;
    let sides: [(&'static str, &dyn Fn(&HistoricalBar) -> f64); 2] = [("high", &above), ("low", &below)];
    for (column, factor) in sides {
        let is_far = |(bar, _): &&(HistoricalBar, u64)| factor(bar) > WIDEST;
        if is_most(bars.iter().filter(is_far).count(), bars.len(), 0.5)
            && let Some((bar, line)) = bars.iter().find(is_far)
        {
            let value = if column == "high" { bar.high } else { bar.low };
            let (open, close, order) = (bar.open, bar.close, order.to_owned());
            return Err((Some(*line), Refusal::Range { column, value, open, close, order }));
        }
    }
    Ok(())
}

/// Moves that the next bar takes back nearly all along, to one and the other of two courses that both move themselves.
pub(super) fn turns(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    let follows =
        |bars: &[HistoricalBar]| bars.windows(2).all(|pair| pair[1].time - pair[0].time == interval);
    let log_return = |from: &HistoricalBar, to: &HistoricalBar| elementary::ln(to.close / from.close);
    let (mut both, mut squares, mut moves, mut second, mut count) = (0.0, 0.0, Vec::new(), Vec::new(), 0);
    for three in bars.windows(3).filter(|three| follows(three)) {
        let (one, two) = (log_return(&three[0], &three[1]), log_return(&three[1], &three[2]));
        both += one * two;
        squares += 0.5 * (one * one + two * two);
        moves.push(one.abs());
        second.push((one + two).abs());
        count += 1;
    }
    let (usual, over_two) = (median(moves), median(second));
    if count >= 2 * FEWEST && -both > TAKEN_BACK * squares && over_two > 0.0 && 2.0 * over_two < usual {
        return Err((None, Refusal::Turns));
    }
    Ok(())
}

/// Many times stand twice with other values.
pub(super) fn conflicts(rows: usize, issues: &[Issue]) -> Result<(), Refused> {
    let mut all = issues.iter().filter(|issue| issue.kind == IssueKind::Conflict);
    let (first, rest) = (all.next(), all.count());
    if let Some(first) = first.filter(|_| is_most(rest + 1, rows, MOST_CROSSED)) {
        return Err((None, Refusal::Conflicts { count: rest + 1, rows, time: format_time(first.time) }));
    }
    Ok(())
}

/// Bars have one interval, and one that bars have.
pub(super) fn interval(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    if !is_of_bars(interval) {
        return Err((None, Refusal::Interval(length(interval))));
    }
    let found = most_frequent(bars.windows(2).map(|pair| pair[1].time - pair[0].time));
    let share = found.map_or(0.0, |(_, count)| count as f64 / (bars.len() - 1) as f64);
    // Months are 28 to 31 days.
    if bars.len() > FEWEST && share < FEWEST_REGULAR && interval < 28 * DAY {
        return Err((None, Refusal::Irregular { share: 100.0 * share, interval: length(interval) }));
    }
    Ok(())
}

/// No long stretch of bars of another length: no market trades so seldom at such even distances.
pub(super) fn two_intervals(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    let distances: Vec<i64> = bars.windows(2).map(|pair| pair[1].time - pair[0].time).collect();
    let mut at = 0;
    for stretch in distances.chunk_by(|one, next| one == next) {
        let (other, count) = (stretch[0], stretch.len());
        if count >= LONGEST_OTHER && other != interval && is_of_bars(other) {
            let time = format_time(bars[at].time);
            let [other, interval] = [other, interval].map(length);
            return Err((None, Refusal::TwoIntervals { count, time, other, interval }));
        }
        at += count;
    }
    Ok(())
}

/// No bars of another length among those of one, which open where one of these does.
pub(super) fn among(issues: &[Issue], interval: i64) -> Result<(), Refused> {
    let times: Vec<i64> =
        issues.iter().filter(|issue| issue.kind == IssueKind::Conflict).map(|issue| issue.time).collect();
    let found = most_frequent(times.windows(2).map(|pair| pair[1] - pair[0]));
    if let Some((other, count)) = found
        && count >= FEWEST
        && count as f64 > EXCHANGED * (times.len() - 1) as f64
        && other > interval
        && is_of_bars(other)
    {
        let [other, interval] = [other, interval].map(length);
        return Err((None, Refusal::Among { time: format_time(times[0]), other, interval }));
    }
    Ok(())
}

fn length(seconds: i64) -> Duration {
    Duration::from_seconds(seconds.unsigned_abs())
}

/// Whether sources have bars of this length: parts of a minute, an hour or a day, and up to 31 days.
fn is_of_bars(interval: i64) -> bool {
    match interval {
        1..=59 => 60 % interval == 0,
        60..=3_599 => 3_600 % interval == 0,
        3_600..=86_399 => 86_400 % interval == 0,
        _ => interval % DAY == 0 && (DAY..=31 * DAY).contains(&interval),
    }
}

/// Bars that close where the bar before them opens.
pub(super) fn exchanged(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    let (mut forward, mut backward, mut pairs) = (0, 0, 0);
    for pair in bars.windows(2).filter(|pair| pair[1].time - pair[0].time == interval) {
        let is_flat = pair[0].open == pair[0].close && pair[1].open == pair[1].close;
        if !is_flat {
            pairs += 1;
            forward += usize::from(pair[1].open == pair[0].close);
            backward += usize::from(pair[1].close == pair[0].open);
        }
    }
    if is_most(backward, pairs, EXCHANGED) && 2 * forward < pairs {
        return Err((None, Refusal::Exchanged));
    }
    // Opens that are only near the last close, as on an exchange with many trades.
    let distance = |far: &dyn Fn(&[HistoricalBar]) -> f64| {
        let pairs = bars.windows(2).filter(|pair| pair[1].time - pair[0].time == interval);
        median(pairs.map(far).collect())
    };
    let as_read = distance(&|pair| elementary::ln(pair[1].open / pair[0].close).abs());
    let exchanged = distance(&|pair| elementary::ln(pair[1].close / pair[0].open).abs());
    if pairs >= 2 * FEWEST && 10.0 * exchanged < as_read {
        return Err((None, Refusal::Exchanged));
    }
    Ok(())
}

/// Closes that jump in most bars, as those of two instruments in turns.
pub(super) fn jumps(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    let usual =
        median(bars.windows(2).map(|pair| elementary::ln(pair[1].close / pair[0].close).abs()).collect());
    if bars.len() > FEWEST && interval <= 7 * DAY && usual > LARGEST_MEDIAN_MOVE {
        return Err((None, Refusal::Jumps { factor: elementary::exp(usual) }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_intervals_of_bars_are_believed() {
        for seconds in [1, 5, 60, 300, 900, 3_600, 14_400, 86_400, 7 * 86_400, 31 * 86_400] {
            assert!(is_of_bars(seconds), "{seconds}");
        }
        for seconds in [0, 7, 59, 61, 3_599, 5_000, 86_401, 365 * 86_400] {
            assert!(!is_of_bars(seconds), "{seconds}");
        }
    }
}
