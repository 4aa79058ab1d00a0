//! Points in time as files and people write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds since 1970 of a time in text: seconds, milliseconds, microseconds or nanoseconds since 1970 (told apart by
/// their size: seconds up to 10^11, the year 5138), or ISO 8601, with an offset or in UTC, a date alone being its
/// midnight. Fractions of a second are cut off. `None` if it is neither.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        // 20240131 is a date written without hyphens, not a day in 1970.
        let date = if is_compact_date(text) { civil(text) } else { None };
        return date.or_else(|| epoch(number));
    }
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    text.parse::<Timestamp>().ok().map(|time| time.as_second()).or_else(|| civil(text))
}

fn is_compact_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn civil(text: &str) -> Option<i64> {
    let time: DateTime = text.parse().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

fn epoch(number: f64) -> Option<i64> {
    const LARGEST_SECONDS: f64 = 1e11;
    let per_second = match number.abs() {
        size if !size.is_finite() => return None,
        size if size < LARGEST_SECONDS => 1.0,
        size if size < 1e3 * LARGEST_SECONDS => 1e3,
        size if size < 1e6 * LARGEST_SECONDS => 1e6,
        size if size < 1e9 * LARGEST_SECONDS => 1e9,
        _ => return None,
    };
    Some((number / per_second).floor() as i64)
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
    fn one_moment_in_all_its_spellings() {
        for text in [
            "1502942400",
            "1502942400.0",
            "1502942400000",
            "1502942400999",
            "1502942400000000",
            "1502942400000000000",
            "2017-08-17T04:00:00Z",
            "2017-08-17T04:00:00.000Z",
            "2017-08-17 04:00:00",
            "2017-08-17 04:00",
            "2017-08-17T04:00",
            "2017-08-17 06:00:00+02:00",
            "2017-08-17 04:00:00 UTC",
            " 2017-08-17T04:00:00+00:00 ",
        ] {
            assert_eq!(parse_time(text), Some(1_502_942_400), "{text}");
        }
        assert_eq!(parse_time("2017-08-17"), Some(1_502_928_000));
        assert_eq!(parse_time("20170817"), Some(1_502_928_000));
        assert_eq!(parse_time("10022400"), Some(10_022_400), "no date has month 24");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "close", "nan", "inf", "2017-13-01", "17/08/2017", "1e30"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_short_as_they_can_be() {
        assert_eq!(format_time(1_502_928_000), "2017-08-17");
        assert_eq!(format_time(1_502_942_400), "2017-08-17 04:00");
        assert_eq!(format_time(1_502_942_401), "2017-08-17 04:00:01");
    }
}
