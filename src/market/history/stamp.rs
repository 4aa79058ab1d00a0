//! One field of time, as it is written: a date with its parts in an order that may be open, a clock, an offset.

/// A date as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Days since 1970.
    Known(i64),
    /// Two numbers up to 31, day and month in an order that the file must tell, and the year.
    Open(u8, u8, i64),
}

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The date; none for a clock alone.
    pub day: Option<Day>,
    /// Seconds since midnight; none for a date alone.
    pub clock: Option<i64>,
    /// Seconds that the clock is ahead of UTC; 0 where nothing is said.
    pub offset: i64,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StampError {
    /// Nothing like a time.
    NoTime,
    /// A zone whose offset is not known.
    Zone,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Names of zones that mean one offset everywhere, in hours.
const ZONES: [(&str, i64); 20] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("WET", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("JST", 9),
    ("KST", 9),
    ("HKT", 8),
];

/// Hours that a zone with these letters is ahead of UTC.
pub(super) fn zone_hours(letters: &str) -> Option<i64> {
    ZONES.iter().find(|(zone, _)| zone.eq_ignore_ascii_case(letters)).map(|(_, hours)| *hours)
}

/// Days since 1970 of a date of the Gregorian calendar; `None` if there is no such day.
pub(super) fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE_MONTH: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = BEFORE_MONTH[month as usize - 1] + i64::from(is_leap && month > 2);
    let end = BEFORE_MONTH[month as usize] + i64::from(is_leap && month > 1);
    // Leap days of all years before one.
    let leap_days = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let first = 365 * (year - 1970) + leap_days(year) - leap_days(1970);
    (1..=end - before).contains(&day).then(|| first + before + day - 1)
}

/// Reads a text that is no plain number.
pub(super) fn read(text: &str) -> Result<Stamp, StampError> {
    let text = text.trim();
    // A name in brackets repeats an offset, and alone does not say one.
    let (text, is_named) = match text.split_once(['(', '[']) {
        Some((text, _)) => (text.trim(), true),
        None => (text, false),
    };
    let Some(colon) = text.find(':') else { return without_colon(text) };
    let hour_start = text[..colon]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
    let (date, rest) = (&text[..hour_start], &text[colon + 1..]);
    let date = date.trim_end_matches(['T', 't', ',', ' ', '\t', '_']);
    let hour = number(&text[hour_start..colon]).ok_or(StampError::NoTime)?;
    let (minute, rest) = leading_number(rest).ok_or(StampError::NoTime)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => leading_number(rest).ok_or(StampError::NoTime)?,
        None => (0, rest),
    };
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let (hour, zone) = with_half_of_day(hour, rest)?;
    let clock = clock(hour, minute, second).ok_or(StampError::NoTime)?;
    // "Thu Feb 01 00:00:00 UTC 2024", as Unix writes it.
    let (zone, year) = match zone.rsplit_once(' ') {
        Some((zone, year)) if year.len() == 4 && number(year).is_some() => (zone.trim(), Some(year)),
        None if zone.len() == 4 && number(zone).is_some() => ("", Some(zone)),
        _ => (zone, None),
    };
    if is_named && zone.is_empty() {
        return Err(StampError::Zone);
    }
    let offset = offset(zone)?;
    let day = match (date.is_empty(), year) {
        (true, None) => None,
        (_, None) => Some(date_of(date).ok_or(StampError::NoTime)?),
        (_, Some(year)) => Some(date_of(&format!("{date} {year}")).ok_or(StampError::NoTime)?),
    };
    Ok(Stamp { day, clock: Some(clock), offset })
}

/// A date alone, a date with an hour such as 05-PM, digits for a date and a clock, or one of these with a zone.
fn without_colon(text: &str) -> Result<Stamp, StampError> {
    if let Some((first, second)) = text.split_once([' ', 'T'])
        && let second = second.trim_end_matches(['Z', 'z'])
        && let (8, 4 | 6) = (first.len(), second.len())
        && let (Some(_), Some(clock)) = (number(first), compact_clock(second))
    {
        let day = date_of(first).ok_or(StampError::NoTime)?;
        return Ok(Stamp { day: Some(day), clock: Some(clock), offset: 0 });
    }
    if let Some((date, half)) = text.rsplit_once([' ', '-'])
        && ["am", "pm"].iter().any(|word| half.eq_ignore_ascii_case(word))
        && let Some((date, hour)) = date.trim_end().rsplit_once(' ')
    {
        let hour = number(hour).ok_or(StampError::NoTime)?;
        let (hour, _) = with_half_of_day(hour, half)?;
        let clock = clock(hour, 0, 0).ok_or(StampError::NoTime)?;
        let day = date_of(date).ok_or(StampError::NoTime)?;
        return Ok(Stamp { day: Some(day), clock: Some(clock), offset: 0 });
    }
    if let Some(day) = date_of(text) {
        return Ok(Stamp { day: Some(day), clock: None, offset: 0 });
    }
    match text.rsplit_once(' ') {
        Some((date, zone)) if zone.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            let day = date_of(date).ok_or(StampError::NoTime)?;
            Ok(Stamp { day: Some(day), clock: None, offset: offset(zone)? })
        }
        _ => Err(StampError::NoTime),
    }
}

/// Seconds of digits such as 0930 or 093000.
pub(super) fn compact_clock(digits: &str) -> Option<i64> {
    let all = number(digits)?;
    match digits.len() {
        4 => clock(all / 100, all % 100, 0),
        1..=6 => clock(all / 10_000, all / 100 % 100, all % 100),
        _ => None,
    }
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 61).then_some(3_600 * hour + 60 * minute + second)
}

/// A whole number without a sign.
fn number(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn leading_number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((number(&text[..end])?, &text[end..]))
}

/// The hour of 24, and the text behind AM or PM.
fn with_half_of_day(hour: i64, rest: &str) -> Result<(i64, &str), StampError> {
    let rest = rest.trim();
    let Some(half) =
        rest.get(..2).filter(|half| !rest[half.len()..].starts_with(|c: char| c.is_alphabetic()))
    else {
        return Ok((hour, rest));
    };
    let is_after_noon = match half.to_ascii_lowercase().as_str() {
        "am" => false,
        "pm" => true,
        _ => return Ok((hour, rest)),
    };
    if !(1..=12).contains(&hour) {
        return Err(StampError::NoTime);
    }
    Ok((hour % 12 + if is_after_noon { 12 } else { 0 }, rest[2..].trim()))
}

/// Seconds ahead of UTC of "Z", "+01:00", "UTC+1", "GMT+0100", "EST"; 0 for nothing.
fn offset(zone: &str) -> Result<i64, StampError> {
    let zone = zone.trim();
    if zone.is_empty() {
        return Ok(0);
    }
    let name_end = zone.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(zone.len());
    let (name, shift) = (&zone[..name_end], zone[name_end..].trim());
    let base = match name {
        "" => 0,
        name => {
            let known = ZONES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
            3_600 * known.ok_or(StampError::Zone)?.1
        }
    };
    // A name behind the offset, such as "+01:00 CET", repeats it.
    let shift = shift.split(' ').next().unwrap_or("");
    if shift.is_empty() {
        return Ok(base);
    }
    let (sign, digits) = match (shift.strip_prefix('+'), shift.strip_prefix(['-', '\u{2212}'])) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return Err(StampError::Zone),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (number(hours), number(minutes)),
        None if digits.len() <= 2 => (number(digits), Some(0)),
        None => (number(digits).map(|all| all / 100), number(digits).map(|all| all % 100)),
    };
    match (hours, minutes) {
        (Some(hours @ 0..=14), Some(minutes @ 0..=59)) => Ok(base + sign * (3_600 * hours + 60 * minutes)),
        _ => Err(StampError::Zone),
    }
}

/// A date of three parts, or of eight digits.
fn date_of(text: &str) -> Option<Day> {
    let mut parts: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    if parts.len() > 3 {
        parts.retain(|part| !is_named(part, &WEEKDAYS));
    }
    match parts[..] {
        [digits] if digits.len() == 8 => {
            let all = number(digits)?;
            days_of(all / 10_000, all / 100 % 100, all % 100).map(Day::Known)
        }
        [a, b, c] => {
            let month = |part: &str| {
                let is_month = |i: &usize| {
                    part.eq_ignore_ascii_case(MONTHS[*i])
                        || part.eq_ignore_ascii_case(LONG_MONTHS[*i])
                        || *i == 8 && part.eq_ignore_ascii_case("sept")
                };
                (0..12).find(is_month).map(|index| index as i64 + 1)
            };
            // A named month leaves a day and a year.
            let named =
                [(a, b, c), (b, a, c), (c, a, b)].into_iter().find_map(|(m, x, y)| Some((month(m)?, x, y)));
            if let Some((month, x, y)) = named {
                let (day, year) = if x.len() == 4 { (y, x) } else { (x, y) };
                let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                return days_of(year_of(year)?, month, number(day)?).map(Day::Known);
            }
            let numbers = [number(a)?, number(b)?, number(c)?];
            if a.len() == 4 {
                return days_of(numbers[0], numbers[1], numbers[2]).map(Day::Known);
            }
            let part = |value: i64| u8::try_from(value).ok().filter(|value| (1..=31).contains(value));
            Some(Day::Open(part(numbers[0])?, part(numbers[1])?, year_of(c)?))
        }
        _ => None,
    }
}

/// A year of four digits, or of two in this century.
fn year_of(text: &str) -> Option<i64> {
    match text.len() {
        4 => number(text),
        2 => Some(2_000 + number(text)?),
        _ => None,
    }
}

fn is_named(part: &str, names: &[&str]) -> bool {
    part.len() >= 3
        && part.get(..3).is_some_and(|start| names.iter().any(|name| start.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        let stamp = read(text).ok()?;
        let Day::Known(days) = stamp.day? else { return None };
        Some(86_400 * days + stamp.clock.unwrap_or(0) - stamp.offset)
    }

    #[test]
    fn one_time_in_its_spellings() {
        for text in [
            "2017-08-17T04:00:00Z",
            "2017-08-17T04:00:00.1370000Z",
            "2017-08-17 04:00:00",
            "2017-08-17 04:00",
            "2017.08.17 04:00",
            "2017/08/17 4:00:00",
            "2017-08-17 06:00:00+02:00",
            "2017-08-17 06:00:00 +0200",
            "2017-08-17 04:00:00 UTC",
            "2017-08-17 04:00:00+00:00",
            "20170817 040000",
            "20170817T040000Z",
            "Aug 17, 2017 04:00 AM",
            "17 August 2017 4:00",
            "17-Aug-2017 04:00:00",
            "Thu Aug 17 2017 06:00:00 GMT+0200 (CEST)",
            "Thu Aug 17 04:00:00 UTC 2017",
            "Thu, 17 Aug 2017 04:00:00 GMT",
            "2017-08-17 04-AM",
            "2017-08-17 00:00:00 EDT",
        ] {
            assert_eq!(seconds(text), Some(1_502_942_400), "{text}");
        }
        assert_eq!(seconds("2017-08-17 12:30 AM"), seconds("2017-08-17 00:30"));
        assert_eq!(seconds("2017-08-17 12-PM"), seconds("2017-08-17 12:00"));
        assert_eq!(seconds("Aug 17, 2017"), seconds("2017-08-17"));
        assert_eq!(seconds("2017-08-17 UTC"), seconds("20170817"));
    }

    #[test]
    fn parts_that_are_open_stay_open() {
        let day = |text: &str| read(text).unwrap().day;
        assert_eq!(day("03/04/2024"), Some(Day::Open(3, 4, 2024)));
        assert_eq!(day("31.12.24 05:00"), Some(Day::Open(31, 12, 2024)));
        assert_eq!(read("05:30:00").unwrap(), Stamp { day: None, clock: Some(19_800), offset: 0 });
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "close", "2017-13-01", "2017-02-30", "BTC-USD", "12:60", "25:00", "13:00 PM", "1/2", "a/b/c"]
        {
            assert_eq!(read(text), Err(StampError::NoTime), "{text}");
        }
        assert_eq!(read("2017-08-17 04:00 America/New_York"), Err(StampError::Zone));
        assert_eq!(read("2017-08-17 04:00 IST"), Err(StampError::Zone));
    }
}
