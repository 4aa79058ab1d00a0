//! The column of times as a whole: dates and clocks, numbers since 1970, order of day and month.

use super::clock::{ClockDigits, DigitClock};
use super::dates;
use super::epoch;
use super::number;
use super::options::{DateOrder, ReadOptions};
use super::refusal::{Refusal, Refused};
use super::stamp::{self, Day, StampError};
use super::time::format_time;
use super::words::shorten;

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
    /// Whether the last number of an open date has four digits, and so is its year.
    last_is_long: bool,
    first_outside: Option<(u64, String, i64)>,
    outside: usize,
    /// Clocks beside the dates that are digits alone: place among the times, and the digits.
    clocks: Vec<(usize, u32)>,
    digits: ClockDigits,
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
        let extra = match clock {
            None => 0,
            Some(clock) => match self.digits.add(clock) {
                // What they count is told when all were seen.
                Some(digits) => {
                    self.clocks.push((self.raw.len(), digits));
                    0
                }
                None => clock_of(clock).ok_or_else(|| refuse(no_time(clock)))?,
            },
        };
        let raw = if let Some(time) = self.number(date, options) {
            Raw::Seconds(time + extra)
        } else {
            let stamp = stamp::read(date).map_err(|error| match error {
                StampError::Zone => refuse(Refusal::Zone { value: shorten(date) }),
                StampError::NoTime => refuse(no_time(date)),
            })?;
            let seconds = stamp.clock.unwrap_or(0) - stamp.offset + extra;
            match stamp.day.ok_or_else(|| refuse(no_time(date)))? {
                Day::Known(day) => Raw::Seconds(86_400 * day + seconds),
                Day::Open(a, b, year) => {
                    let place = match (a > 12, b > 12) {
                        (true, true) => return Err(refuse(no_time(date))),
                        (true, false) => &mut self.day_first,
                        (false, true) => &mut self.month_first,
                        (false, false) => &mut self.open,
                    };
                    place.get_or_insert_with(|| date.to_owned());
                    self.last_is_long |= !ends_short(date);
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
        // Where all times are taken, a number that is no time of bars since 1970 but is a date is the date.
        let (early, late) = ReadOptions { any_times: false, ..options.clone() }.believed();
        let is_usual = since_1970.is_some_and(|time| (early..late).contains(&time));
        let time = match (since_1970.filter(is_believed), compact.filter(is_believed)) {
            (_, Some(time)) if text.len() == 8 || options.any_times && !is_usual && time < late => time,
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
        self.raw.iter().filter_map(|(_, raw)| in_order(*raw, Order::Day)).collect()
    }

    /// The times in seconds since 1970, by line; and what was decided about the order of day and month.
    pub fn decide(
        mut self,
        column: &str,
        options: &ReadOptions,
    ) -> Result<(Vec<i64>, Option<String>), Refused> {
        self.add_clocks()?;
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
            let times = self.raw.iter().map(|(_, raw)| in_order(*raw, Order::Day).unwrap_or(0));
            let times: Vec<i64> = times.collect();
            dates::half_converted(&times)?;
            return Ok((times, None));
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
        dates::half_converted(&times)?;
        Ok((times, Some(words)))
    }

    /// Adds the clocks that are digits alone, now that all of them were seen.
    fn add_clocks(&mut self) -> Result<(), Refused> {
        let kind = self.digits.kind();
        for (index, digits) in std::mem::take(&mut self.clocks) {
            let (line, raw) = &mut self.raw[index];
            let wrong = || {
                let value = digits.to_string();
                let reason = match (kind, digits) {
                    (DigitClock::Hours, 24) | (DigitClock::HoursMinutes, 2400) => Refusal::Hour24(value),
                    _ => Refusal::Value { value, expected: "time of the day (such as 05:00)" },
                };
                (Some(*line), reason)
            };
            let added = kind.seconds(digits).ok_or_else(wrong)?;
            match raw {
                Raw::Seconds(seconds) | Raw::Open(.., seconds) => *seconds += added,
            }
        }
        Ok(())
    }

    /// The order of day and month: as asked for, as a number above 12 says, or as only one reading makes a grid.
    fn order(&self, options: &ReadOptions) -> Result<(Order, String), Refused> {
        let words = |order: Order, why: &str| {
            let name = match order {
                Order::Day => "day first",
                Order::Month => "month first",
                Order::Year => "year first",
            };
            (order, format!("dates are read {name} ({why})"))
        };
        let regular = "only so the bars follow each other regularly";
        let ask = || (None, Refusal::Dates { value: self.shown_first() });
        let asked = options.dates.map(Order::from);
        let (day, month) = (self.regularity(Order::Day), self.regularity(Order::Month));
        // Only two digits at the end can be a day.
        let year = if self.last_is_long { 0.0 } else { self.regularity(Order::Year) };
        let is_certain =
            |this: f64, other: f64| this == 1.0 && other < 1.0 || this >= REGULAR && other < REGULAR;
        if asked.is_none() && year > day.max(month) {
            return if is_certain(year, day.max(month)) {
                Ok(words(Order::Year, regular))
            } else {
                Err(ask())
            };
        }
        match (&self.day_first, &self.month_first) {
            (Some(first), Some(second)) => {
                return Err((None, Refusal::MixedDates { first: shorten(first), second: shorten(second) }));
            }
            (Some(proof), None) if options.dates != Some(DateOrder::MonthFirst) => {
                return Ok(words(Order::Day, proof));
            }
            (None, Some(proof)) if options.dates != Some(DateOrder::DayFirst) => {
                return Ok(words(Order::Month, proof));
            }
            _ => {}
        }
        if let Some(order) = asked {
            return Ok(words(order, "as asked for"));
        }
        if is_certain(day, month) {
            Ok(words(Order::Day, regular))
        } else if is_certain(month, day) {
            Ok(words(Order::Month, regular))
        } else {
            Err(ask())
        }
    }

    /// A date of which the order is asked, an open one if there is one.
    fn shown_first(&self) -> String {
        [&self.open, &self.day_first, &self.month_first]
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default()
    }

    /// The share of the commonest step among all, if the dates are in this order; 0 if some are no days.
    fn regularity(&self, order: Order) -> f64 {
        let times: Option<Vec<i64>> = self.raw.iter().map(|(_, raw)| in_order(*raw, order)).collect();
        times.map_or(0.0, dates::regularity)
    }
}

/// What comes first in a date of three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// 31/12/2024.
    Day,
    /// 12/31/2024.
    Month,
    /// 24/12/31: two digits of a year, month, day.
    Year,
}

impl From<DateOrder> for Order {
    fn from(order: DateOrder) -> Self {
        match order {
            DateOrder::DayFirst => Self::Day,
            DateOrder::MonthFirst => Self::Month,
        }
    }
}

/// Whether the last number of a date has two digits.
fn ends_short(date: &str) -> bool {
    let mut numbers = date.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    numbers.nth(2).is_some_and(|last| last.len() == 2)
}

fn in_order(raw: Raw, order: Order) -> Option<i64> {
    match raw {
        Raw::Seconds(time) => Some(time),
        Raw::Open(a, b, year, seconds) => {
            let (first, second) = (i64::from(a), i64::from(b));
            let (year, month, day) = match order {
                Order::Day => (year, second, first),
                Order::Month => (year, first, second),
                Order::Year => (2_000 + first, second, year - 2_000),
            };
            Some(86_400 * stamp::days_of(year, month, day)? + seconds)
        }
    }
}

fn shown(raw: Raw) -> String {
    match raw {
        Raw::Seconds(time) => format_time(time),
        Raw::Open(a, b, year, _) => format!("{a:02}/{b:02}/{year}"),
    }
}

/// The refusal of a field that is no time.
pub(super) fn no_time(value: &str) -> Refusal {
    // 24:00, or 24 behind a date.
    let is_24 = value.match_indices("24").any(|(at, _)| {
        let before = value[..at].chars().next_back();
        at > 5
            && before.is_none_or(|c| c == ' ' || c == 'T')
            && !value[at + 2..].starts_with(|c: char| c.is_ascii_digit())
            || at == 0 && value[2..].starts_with(':')
    });
    if is_24 {
        return Refusal::Hour24(shorten(value));
    }
    Refusal::Value { value: shorten(value), expected: "time (since 1970, or such as 2024-01-31 05:00)" }
}

/// Seconds of a field that holds a clock alone, less its offset; digits alone are none.
pub(super) fn clock_of(text: &str) -> Option<i64> {
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
