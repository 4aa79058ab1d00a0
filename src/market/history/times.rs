//! The column of times as a whole: dates and clocks, numbers since 1970, order of day and month.

use std::collections::BTreeMap;

use super::epoch;
use super::error::{Refusal, Refused, shorten};
use super::number;
use super::options::{DateOrder, ReadOptions};
use super::stamp::{self, Day, StampError};
use super::time::format_time;

/// A reading of ambiguous dates is certain if this share of its steps are one interval, and the other reading has less.
const REGULAR: f64 = 0.9;

/// One time, before the order of day and month is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Raw {
    /// Seconds since 1970.
    Seconds(i64),
    /// Two numbers of a date, the year, and the seconds to add to its midnight.
    Open(u8, u8, i64, i64),
}

/// What was seen in a column of times.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub raw: Vec<(u64, Raw)>,
    /// Smallest and largest plain number, with their count.
    numbers: Option<(f64, f64, usize)>,
    day_first: Option<String>,
    month_first: Option<String>,
    open: Option<String>,
    first_outside: Option<(u64, String, i64)>,
    outside: usize,
}

impl Times {
    /// Reads a field, and that of the clock where there is one; `Ok(false)` if it is empty.
    pub fn add(
        &mut self,
        line: u64,
        date: &str,
        clock: Option<&str>,
        options: &ReadOptions,
    ) -> Result<bool, Refused> {
        if number::is_missing(date) {
            return Ok(false);
        }
        let refuse = |reason| (Some(line), reason);
        let wrong = |value: &str| Refusal::Value {
            value: shorten(value),
            expected: "time (since 1970, or such as 2024-01-31 05:00)",
        };
        let extra = match clock {
            None => 0,
            Some(clock) => clock_of(clock).ok_or_else(|| refuse(wrong(clock)))?,
        };
        let raw = if let Some(time) = self.number(date, options) {
            Raw::Seconds(time + extra)
        } else {
            let stamp = stamp::read(date).map_err(|error| match error {
                StampError::Zone => refuse(Refusal::Zone { value: shorten(date) }),
                StampError::NoTime => refuse(wrong(date)),
            })?;
            let seconds = stamp.clock.unwrap_or(0) - stamp.offset + extra;
            match stamp.day.ok_or_else(|| refuse(wrong(date)))? {
                Day::Known(day) => Raw::Seconds(86_400 * day + seconds),
                Day::Open(a, b, year) => {
                    let place = match (a > 12, b > 12) {
                        (true, true) => return Err(refuse(wrong(date))),
                        (true, false) => &mut self.day_first,
                        (false, true) => &mut self.month_first,
                        (false, false) => &mut self.open,
                    };
                    place.get_or_insert_with(|| date.to_owned());
                    Raw::Open(a, b, year, seconds)
                }
            }
        };
        if let Raw::Seconds(time) = raw {
            let (first, end) = options.believed();
            if time < first || time >= end {
                self.outside += 1;
                self.first_outside.get_or_insert_with(|| (line, date.to_owned(), time));
            }
        }
        self.raw.push((line, raw));
        Ok(true)
    }

    /// A time that is written as a number.
    fn number(&mut self, text: &str, options: &ReadOptions) -> Option<i64> {
        if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') || text.contains([':', '/', ' ']) {
            return None;
        }
        let number: f64 = text.parse().ok()?;
        let (first, end) = options.believed();
        let is_believed = |time: &i64| (first..end).contains(time);
        let since_1970 = epoch::seconds(number);
        // 2024013105 is a date with an hour, not a time in the year 2034; 20240131 is none of 1970.
        let compact = epoch::compact(text);
        let time = match (since_1970.filter(is_believed), compact.filter(is_believed)) {
            (_, Some(time)) if text.len() == 8 => time,
            (Some(time), _) | (None, Some(time)) => time,
            (None, None) => since_1970.unwrap_or(i64::MAX / 4),
        };
        let (low, high, count) = self.numbers.unwrap_or((number, number, 0));
        self.numbers = Some((low.min(number), high.max(number), count + 1));
        Some(time)
    }

    /// Whether there are times, and all of them are believed so far.
    pub fn are_believed(&self) -> bool {
        self.raw.len() > 1 && self.outside == 0
    }

    /// The times as far as they are known, open dates day first.
    pub fn seconds(&self) -> Vec<i64> {
        self.raw.iter().filter_map(|(_, raw)| in_order(*raw, DateOrder::DayFirst)).collect()
    }

    /// The times in seconds since 1970, by line; and what was decided about the order of day and month.
    pub fn decide(self, column: &str, options: &ReadOptions) -> Result<(Vec<i64>, Option<String>), Refused> {
        if let Some((line, value, time)) = &self.first_outside {
            if let Some((low, high, count)) = self.numbers.filter(|_| 2 * self.outside > self.raw.len()) {
                let read = |number| {
                    epoch::seconds(number).map_or_else(|| "beyond all times".to_owned(), format_time)
                };
                let (from, to) = (low.to_string(), high.to_string());
                let (read_from, read_to) = (read(low), read(high));
                let guess = epoch::guess(low, high, count);
                let column = column.to_owned();
                return Err((None, Refusal::NotTimes { column, from, to, read_from, read_to, guess }));
            }
            let read = format_time(*time);
            return Err((Some(*line), Refusal::OutOfTime { value: shorten(value), read }));
        }
        if self.day_first.is_none() && self.month_first.is_none() && self.open.is_none() {
            let times = self.raw.iter().map(|(_, raw)| in_order(*raw, DateOrder::DayFirst).unwrap_or(0));
            return Ok((times.collect(), None));
        }
        let (order, words) = self.order(options)?;
        let (first, end) = options.believed();
        let mut times = Vec::with_capacity(self.raw.len());
        for (line, raw) in &self.raw {
            let wrong = |read: String| (Some(*line), Refusal::OutOfTime { value: shown(*raw), read });
            let time = in_order(*raw, order).ok_or_else(|| wrong("no day of the calendar".to_owned()))?;
            if time < first || time >= end {
                return Err(wrong(format_time(time)));
            }
            times.push(time);
        }
        Ok((times, Some(words)))
    }

    /// The order of day and month: as asked for, as a number above 12 says, or as only one reading makes a grid.
    fn order(&self, options: &ReadOptions) -> Result<(DateOrder, String), Refused> {
        let words = |order, why: &str| {
            let name = match order {
                DateOrder::DayFirst => "day first",
                DateOrder::MonthFirst => "month first",
            };
            (order, format!("dates are read {name} ({why})"))
        };
        match (&self.day_first, &self.month_first) {
            (Some(first), Some(second)) => {
                return Err((None, Refusal::MixedDates { first: shorten(first), second: shorten(second) }));
            }
            (Some(proof), None) if options.dates != Some(DateOrder::MonthFirst) => {
                return Ok(words(DateOrder::DayFirst, proof));
            }
            (None, Some(proof)) if options.dates != Some(DateOrder::DayFirst) => {
                return Ok(words(DateOrder::MonthFirst, proof));
            }
            _ => {}
        }
        if let Some(order) = options.dates {
            return Ok(words(order, "as asked for"));
        }
        let regularity = |order| self.regularity(order);
        let (day, month) = (regularity(DateOrder::DayFirst), regularity(DateOrder::MonthFirst));
        let is_certain =
            |this: f64, other: f64| this == 1.0 && other < 1.0 || this >= REGULAR && other < REGULAR;
        if is_certain(day, month) {
            Ok(words(DateOrder::DayFirst, "only so the bars follow each other regularly"))
        } else if is_certain(month, day) {
            Ok(words(DateOrder::MonthFirst, "only so the bars follow each other regularly"))
        } else {
            Err((None, Refusal::Dates { value: self.open.clone().unwrap_or_default() }))
        }
    }

    /// The share of the commonest step among all, if the dates are in this order; 0 if some are no days, or all bars
    /// are further apart than a month.
    fn regularity(&self, order: DateOrder) -> f64 {
        let times: Option<Vec<i64>> = self.raw.iter().map(|(_, raw)| in_order(*raw, order)).collect();
        let Some(mut times) = times else { return 0.0 };
        times.sort_unstable();
        times.dedup();
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for pair in times.windows(2) {
            *counts.entry(pair[1] - pair[0]).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        most as f64 / times.len().saturating_sub(1).max(1) as f64
    }
}

fn in_order(raw: Raw, order: DateOrder) -> Option<i64> {
    match raw {
        Raw::Seconds(time) => Some(time),
        Raw::Open(a, b, year, seconds) => {
            let (day, month) = match order {
                DateOrder::DayFirst => (a, b),
                DateOrder::MonthFirst => (b, a),
            };
            Some(86_400 * stamp::days_of(year, month.into(), day.into())? + seconds)
        }
    }
}

fn shown(raw: Raw) -> String {
    match raw {
        Raw::Seconds(time) => format_time(time),
        Raw::Open(a, b, year, _) => format!("{a:02}/{b:02}/{year}"),
    }
}

/// Seconds of a field that holds a clock alone, less its offset.
pub(super) fn clock_of(text: &str) -> Option<i64> {
    if let Some(clock) = stamp::compact_clock(text) {
        return Some(clock);
    }
    let stamp = stamp::read(text).ok().filter(|stamp| stamp.day.is_none())?;
    stamp.clock.map(|clock| clock - stamp.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[&str], options: &ReadOptions) -> Result<(Vec<i64>, Option<String>), Refused> {
        let mut times = Times::default();
        for (index, field) in fields.iter().enumerate() {
            times.add(index as u64 + 2, field, None, options)?;
        }
        times.decide("time", options)
    }

    #[test]
    fn a_number_above_twelve_decides_the_order() {
        let options = ReadOptions::default();
        let (times, words) = read(&["12/01/2024", "13/01/2024"], &options).unwrap();
        assert_eq!(
            times.iter().map(|time| format_time(*time)).collect::<Vec<_>>(),
            ["2024-01-12", "2024-01-13"]
        );
        assert_eq!(words.as_deref(), Some("dates are read day first (13/01/2024)"));
        let (times, _) = read(&["01/12/2024", "01/13/2024"], &options).unwrap();
        assert_eq!(format_time(times[1]), "2024-01-13");
        assert!(matches!(
            read(&["01/13/2024", "13/01/2024"], &options),
            Err((None, Refusal::MixedDates { .. }))
        ));
    }

    #[test]
    fn an_open_order_is_asked_for_unless_one_reading_alone_makes_a_grid() {
        let options = ReadOptions::default();
        assert!(matches!(
            read(&["03/04/2024", "03/04/2024 01:00"], &options),
            Err((None, Refusal::Dates { .. }))
        ));
        let days: Vec<String> = (1..=12).map(|day| format!("{day:02}.03.2024")).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let (times, words) = read(&days, &options).unwrap();
        assert_eq!(format_time(times[11]), "2024-03-12");
        assert!(words.unwrap().contains("day first"));
        let asked = ReadOptions { dates: Some(DateOrder::MonthFirst), ..ReadOptions::default() };
        assert_eq!(format_time(read(&["03/04/2024"], &asked).unwrap().0[0]), "2024-03-04");
    }

    #[test]
    fn times_outside_what_is_believed_are_refused_with_a_guess() {
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        let index: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        let index: Vec<&str> = index.iter().map(String::as_str).collect();
        let (_, reason) = read(&index, &options).unwrap_err();
        assert!(reason.to_string().contains("They look like an index"), "{reason}");
        let one = read(&["1706745600", "1706749200", "0"], &options).unwrap_err();
        assert!(matches!(one, (Some(4), Refusal::OutOfTime { .. })));
        let old = ReadOptions { any_times: true, ..options };
        assert_eq!(read(&["0", "60"], &old).unwrap().0, [0, 60]);
    }
}
