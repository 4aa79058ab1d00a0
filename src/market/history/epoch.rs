//! Times that are written as numbers: what they count, or why they are no times.

/// Seconds since 1970 of a number of seconds, milliseconds, microseconds or nanoseconds, told apart by their size:
/// seconds up to 10^11 (the year 5138). Fractions are cut off.
pub(super) fn seconds(number: f64) -> Option<i64> {
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

/// A date and a clock written as digits alone: YYYYMMDD, YYYYMMDDhh, YYYYMMDDhhmm or YYYYMMDDhhmmss.
pub(super) fn compact(digits: &str) -> Option<i64> {
    if !matches!(digits.len(), 8 | 10 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| match digits.get(range) {
        Some(part) if !part.is_empty() => part.parse::<i64>().ok(),
        _ => Some(0),
    };
    let day = super::stamp::days_of(part(0..4)?, part(4..6)?, part(6..8)?)?;
    let rest = format!("{:0<6}", &digits[8..]);
    Some(86_400 * day + super::stamp::compact_clock(&rest)?)
}

/// What numbers that are no times since 1970 might be, and what to do about it.
pub(super) fn guess(low: f64, high: f64, count: usize) -> String {
    let within = |from: f64, to: f64| low >= from && high <= to;
    let is_counted = (low == 0.0 || low == 1.0) && (high - low - (count as f64 - 1.0)).abs() < 0.5;
    // The ranges are those of 2009 to 2060.
    let kinds: [(bool, &str); 11] = [
        (
            is_counted,
            "They look like an index: name the column that holds the times, or write it into the file",
        ),
        (within(2009.0, 2060.0), "They look like years: bars of a year are too long"),
        (within(14_245.0, 33_000.0), "They look like days since 1970: multiply them by 86400"),
        (
            within(39_814.0, 59_000.0),
            "They look like days of a spreadsheet: write them as dates, such as 2024-01-31",
        ),
        (
            within(3.4e5, 7.9e5) && !within(733_000.0, 753_000.0),
            "They look like hours since 1970: multiply them by 3600",
        ),
        (
            within(733_000.0, 753_000.0),
            "They look like days since the year 0: write them as dates, such as 2024-01-31",
        ),
        (
            within(2_454_832.0, 2_474_000.0),
            "They look like Julian days: write them as dates, such as 2024-01-31",
        ),
        (within(2.05e7, 4.8e7), "They look like minutes since 1970: multiply them by 60"),
        (
            within(6.336e17, 6.51e17),
            "They look like ticks of 100 ns since the year 1 (.NET): subtract 621355968000000000 and divide by 10000000",
        ),
        (
            within(1.287e17, 1.46e17),
            "They look like ticks of 100 ns since 1601 (Windows): subtract 116444736000000000 and divide by 10000000",
        ),
        (low > 1e9, "They may be numbers of trades or orders: name the column of times"),
    ];
    let known = kinds.iter().find(|(is_it, _)| *is_it).map(|(_, words)| *words);
    let words = known.unwrap_or("Name the column of times with --columns time=NAME");
    format!("{words}; --allow-times reads older series as they are.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_by_size() {
        for number in
            [1_502_942_400.0, 1_502_942_400_000.0, 1_502_942_400_000_000.0, 1_502_942_400_000_000_000.0]
        {
            assert_eq!(seconds(number), Some(1_502_942_400), "{number}");
        }
        assert_eq!(seconds(1e30), None);
        assert_eq!(seconds(f64::NAN), None);
    }

    #[test]
    fn digits_are_dates_and_clocks() {
        for digits in ["20170817040000", "201708170400", "2017081704"] {
            assert_eq!(compact(digits), Some(1_502_942_400), "{digits}");
        }
        assert_eq!(compact("20170817"), Some(1_502_928_000));
        for digits in ["20171317", "2017081725", "1502942400123", "201708"] {
            assert_eq!(compact(digits), None, "{digits}");
        }
    }

    #[test]
    fn what_it_might_be_is_named() {
        for (low, high, count, word) in [
            (0.0, 159.0, 160, "index"),
            (45_292.0, 45_451.0, 160, "spreadsheet"),
            (19_723.0, 20_000.0, 278, "days since 1970"),
            (2_460_311.0, 2_460_470.0, 160, "Julian"),
            (28_445_760.0, 28_455_300.0, 160, "minutes"),
            (474_096.0, 474_255.0, 160, "hours"),
            (3e9, 3.1e9, 160, "trades"),
            (6.384e17, 6.385e17, 160, ".NET"),
            (1.335e17, 1.336e17, 160, "Windows"),
        ] {
            assert!(guess(low, high, count).contains(word), "{word}");
        }
    }
}
