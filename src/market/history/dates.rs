//! What a whole column of dates says of the way in which they are read.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

use super::refusal::{Refusal, Refused};
use super::stamp;

const DAY: i64 = 86_400;
/// Rows before their order proves anything.
const FEWEST: usize = 10;

/// The share of the commonest step among the times; the first days of months are one step apart.
pub(super) fn regularity(mut times: Vec<i64>) -> f64 {
    times.sort_unstable();
    times.dedup();
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in times.windows(2) {
        let step = pair[1] - pair[0];
        let is_month = (28 * DAY..=31 * DAY).contains(&step)
            && step % DAY == 0
            && pair.iter().all(|time| civil(*time).is_some_and(|(.., day)| day == 1));
        *counts.entry(if is_month { 30 * DAY } else { step }).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    most as f64 / times.len().saturating_sub(1).max(1) as f64
}

/// Refuses dates of which a spreadsheet took those that it could for the other order of day and month: they jump to and
/// fro as they stand, and rise or fall throughout once day and month of all days up to 12 are exchanged.
pub(super) fn half_converted(times: &[i64]) -> Result<(), Refused> {
    let is_ordered = |times: &[i64]| {
        times.windows(2).all(|pair| pair[0] <= pair[1]) || times.windows(2).all(|pair| pair[0] >= pair[1])
    };
    if times.len() < FEWEST || is_ordered(times) {
        return Ok(());
    }
    let mut exchanged = Vec::with_capacity(times.len());
    let (mut first, mut changed, mut kept) = (None, 0, 0);
    for time in times {
        let Some((year, month, day)) = civil(*time) else { return Ok(()) };
        if day > 12 {
            kept += 1;
            exchanged.push(*time);
            continue;
        }
        let Some(days) = stamp::days_of(year, day, month) else { return Ok(()) };
        if day != month {
            changed += 1;
            first.get_or_insert(*time);
        }
        exchanged.push(DAY * days + time.rem_euclid(DAY));
    }
    match first {
        Some(time) if kept > 0 && is_ordered(&exchanged) => {
            Err((None, Refusal::HalfConverted { time: super::time::format_time(time), count: changed }))
        }
        _ => Ok(()),
    }
}

/// Year, month and day in UTC.
fn civil(time: i64) -> Option<(i64, i64, i64)> {
    let date = Timestamp::from_second(time).ok()?.to_zoned(TimeZone::UTC).date();
    Some((date.year().into(), date.month().into(), date.day().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(count: i64) -> Vec<i64> {
        // From 2023-02-05.
        (0..count).map(|day| 1_675_555_200 + DAY * day).collect()
    }

    #[test]
    fn months_are_one_step_where_they_begin() {
        let starts: Vec<i64> = (1..=12).map(|month| DAY * stamp::days_of(2023, month, 1).unwrap()).collect();
        assert_eq!(regularity(starts), 1.0);
        let thirds: Vec<i64> = (1..=12).map(|month| DAY * stamp::days_of(2023, month, 3).unwrap()).collect();
        assert!(regularity(thirds) < 0.9);
        assert_eq!(regularity(days(40)), 1.0);
    }

    #[test]
    fn dates_that_a_spreadsheet_half_converted_are_told_from_rows_out_of_order() {
        let whole = days(60);
        assert_eq!(half_converted(&whole), Ok(()));
        let swapped: Vec<i64> = whole
            .iter()
            .map(|time| match civil(*time) {
                Some((year, month, day)) if day <= 12 => DAY * stamp::days_of(year, day, month).unwrap(),
                _ => *time,
            })
            .collect();
        assert!(matches!(half_converted(&swapped), Err((None, Refusal::HalfConverted { .. }))));
        let mut shuffled = whole;
        shuffled.rotate_left(25);
        assert_eq!(half_converted(&shuffled), Ok(()));
    }
}
