//! Lengths of time in whole seconds, so that grids of different intervals meet exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Seconds in a day.
pub const SECONDS_PER_DAY: f64 = 86_400.0;
/// Seconds in a year of 365 days: crypto markets never close.
pub const SECONDS_PER_YEAR: f64 = 365.0 * SECONDS_PER_DAY;

/// The units that lengths are written in.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// The units that lengths are read in, by each of their names.
const NAMES: [(&[&str], u64); 7] = [
    (&["y", "year", "years"], 31_536_000),
    (&["mo", "month", "months"], 2_592_000),
    (&["w", "week", "weeks"], 604_800),
    (&["d", "day", "days"], 86_400),
    (&["h", "hour", "hours"], 3_600),
    (&["m", "min", "minute", "minutes"], 60),
    (&["s", "second", "seconds"], 1),
];

/// A length of time, a whole number of seconds. Text: a number and a unit, or several: `"8h"`, `"30d"`,
/// `"1d12h"`, `"1.5h"`, `"2 weeks"`; the units are y (365 days), mo (30 days), w, d, h, m (minutes) and s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: u64,
}

impl Duration {
    /// A duration of this many whole seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// The whole number of seconds.
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// The length in days.
    pub fn days(self) -> f64 {
        self.seconds as f64 / SECONDS_PER_DAY
    }

    /// The length in words: `30 days`, `36 hours`.
    pub fn in_words(self) -> String {
        let (count, unit) = match self.seconds {
            seconds if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
            seconds if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
            seconds if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
            seconds => (seconds, "second"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }

    /// The length in years of 365 days.
    pub fn years(self) -> f64 {
        self.seconds as f64 / SECONDS_PER_YEAR
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is no number where one is needed.
    #[error("a duration is a number and a unit, such as \"8h\" or \"30d\"")]
    Malformed,
    /// The unit is missing or unknown.
    #[error("the unit must be one of y (365 days), mo (30 days), w, d, h, m (minutes) or s, as in \"8h\"")]
    Unit,
    /// Not a whole number of seconds.
    #[error("a duration must be a whole number of seconds")]
    Fraction,
    /// Longer than can be held.
    #[error("a duration can be at most 1000y")]
    TooLong,
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(DurationError::Malformed);
        }
        let mut total = 0.0;
        while !rest.is_empty() {
            let number = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or(DurationError::Unit)?;
            let value: f64 = rest[..number].parse().map_err(|_| DurationError::Malformed)?;
            rest = rest[number..].trim_start();
            let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            let (_, seconds) = NAMES
                .iter()
                .find(|(names, _)| names.contains(&&rest[..letters]))
                .ok_or(DurationError::Unit)?;
            total += value * *seconds as f64;
            rest = rest[letters..].trim_start();
        }
        if total > 1000.0 * SECONDS_PER_YEAR {
            return Err(DurationError::TooLong);
        }
        if (total - total.round()).abs() > 1e-6 {
            return Err(DurationError::Fraction);
        }
        Ok(Self { seconds: total.round() as u64 })
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 0 {
            return f.write_str("0s");
        }
        // Whole days read better than weeks or years ("90d", not "12w6d").
        let mut rest = self.seconds;
        for (unit, seconds) in &UNITS {
            if rest >= *seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_in_the_usual_units() {
        for (text, seconds, shown) in [
            ("8h", 28_800, "8h"),
            ("30d", 2_592_000, "30d"),
            ("1y", 31_536_000, "365d"),
            ("1d 12h", 129_600, "1d12h"),
            ("1.5h", 5_400, "1h30m"),
            ("2w", 1_209_600, "14d"),
            ("6mo", 15_552_000, "180d"),
            ("2 weeks", 1_209_600, "14d"),
            ("1 month 3 days", 2_851_200, "33d"),
            ("90min", 5_400, "1h30m"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.seconds(), seconds);
            assert_eq!(duration.to_string(), shown);
        }
    }

    #[test]
    fn lengths_are_words() {
        let text = |seconds| Duration::from_seconds(seconds).in_words();
        assert_eq!(
            (text(2_592_000), text(86_400), text(129_600)),
            ("30 days".into(), "1 day".into(), "36 hours".into())
        );
    }

    #[test]
    fn malformed_durations_say_why() {
        for (text, error) in [
            ("", DurationError::Malformed),
            ("8", DurationError::Unit),
            ("h", DurationError::Malformed),
            ("8x", DurationError::Unit),
            ("-8h", DurationError::Malformed),
            ("1.0001s", DurationError::Fraction),
            ("1001y", DurationError::TooLong),
            ("1..2h", DurationError::Malformed),
        ] {
            assert_eq!(text.parse::<Duration>(), Err(error), "{text}");
        }
    }
}
