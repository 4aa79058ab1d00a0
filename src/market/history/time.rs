//! Points in time and spans as people write them, and as they are shown.

use jiff::Timestamp;

use super::epoch;
use super::stamp::{self, Day};

/// A stretch of time that a text names: a year, a month, a day, or a point, which begins and ends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First second, since 1970.
    pub start: i64,
    /// The second after the last one, since 1970.
    pub end: i64,
}

impl Period {
    /// Reads a year (`2024`), a month (`2024-01`), a day (`2024-01-31`, `20240131`), or a time (`2024-01-31T05:00:00Z`,
    /// without an offset in UTC; seconds, milliseconds, microseconds or nanoseconds since 1970 from 2001 on). `None` if it is
    /// none of these, or can be read in two ways.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let point = |time: i64| Self { start: time, end: time };
        let days = |day: i64, end: i64| Self { start: 86_400 * day, end: 86_400 * end };
        let month = |year: i64, month: i64| {
            let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            Some(days(stamp::days_of(year, month, 1)?, stamp::days_of(next.0, next.1, 1)?))
        };
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match text.len() {
                4 => {
                    let year = text.parse().ok().filter(|year| (1970..=2200).contains(year))?;
                    Some(days(stamp::days_of(year, 1, 1)?, stamp::days_of(year + 1, 1, 1)?))
                }
                8 => epoch::compact(text).map(|start| days(start / 86_400, start / 86_400 + 1)),
                // Below a thousand million a number is rather a mistake than a time.
                10.. => epoch::compact(text)
                    .filter(|_| text.len() != 10 || text > "2000000000")
                    .or_else(|| text.parse().ok().and_then(epoch::seconds))
                    .map(point),
                _ => None,
            };
        }
        if let Some((year, part)) = text.split_once('-')
            && let (4, 2) = (year.len(), part.len())
        {
            return month(year.parse().ok()?, part.parse().ok()?);
        }
        let read = stamp::read(text).ok()?;
        match (read.day?, read.clock) {
            (Day::Known(day), Some(clock)) => Some(point(86_400 * day + clock - read.offset)),
            (Day::Known(day), None) => {
                let day = days(day, day + 1);
                Some(Self { start: day.start - read.offset, end: day.end - read.offset })
            }
            (Day::Open(..), _) => None,
        }
    }
}

/// The start, in seconds since 1970, of the point or [`Period`] that a text names.
pub fn parse_time(text: &str) -> Option<i64> {
    Period::parse(text).map(|period| period.start)
}

/// A point in time for people: `2024-01-31` at midnight, otherwise `2024-01-31 05:00`, with seconds where there are any.
pub fn format_time(seconds: i64) -> String {
    let Ok(time) = Timestamp::from_second(seconds) else { return format!("{seconds} s since 1970") };
    let format = match seconds {
        _ if seconds % 86_400 == 0 => "%Y-%m-%d",
        _ if seconds % 60 == 0 => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    time.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_no_length() {
        for text in [
            "1502942400",
            "1502942400000",
            "1502942400999",
            "1502942400000000000",
            "2017-08-17T04:00:00Z",
            "2017-08-17 04:00",
            "2017-08-17 06:00:00+02:00",
            "20170817040000",
        ] {
            assert_eq!(
                Period::parse(text),
                Some(Period { start: 1_502_942_400, end: 1_502_942_400 }),
                "{text}"
            );
        }
    }

    #[test]
    fn years_months_and_days_have_their_length() {
        for (text, start, end) in [
            ("2024", "2024-01-01T00:00Z", "2025-01-01T00:00Z"),
            ("2024-12", "2024-12-01T00:00Z", "2025-01-01T00:00Z"),
            ("2024-02-10", "2024-02-10T00:00Z", "2024-02-11T00:00Z"),
            ("20240210", "2024-02-10T00:00Z", "2024-02-11T00:00Z"),
        ] {
            let time = |text: &str| parse_time(text).unwrap();
            assert_eq!(Period::parse(text), Some(Period { start: time(start), end: time(end) }), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "close", "nan", "inf", "2017-13-01", "03/04/2017", "1e30", "202402", "0", "33", "1706745"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_short_as_they_can_be() {
        assert_eq!(format_time(1_502_928_000), "2017-08-17");
        assert_eq!(format_time(1_502_942_400), "2017-08-17 04:00");
        assert_eq!(format_time(1_502_942_401), "2017-08-17 04:00:01");
    }
}
