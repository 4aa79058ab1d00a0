//! Lengths of time in whole seconds, so that grids of different intervals meet exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Seconds in a day.
pub const SECONDS_PER_DAY: f64 = 86_400.0;
/// Seconds in a year of 365 days: crypto markets never close.
pub const SECONDS_PER_YEAR: f64 = 365.0 * SECONDS_PER_DAY;

const UNITS: [(&str, u64); 6] =
    [("y", 31_536_000), ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// A length of time, a whole number of seconds. Text: a number and a unit, or several: `"8h"`, `"30d"`, `"1d12h"`,
/// `"1.5h"`; the units are y (365 days), w, d, h, m (minutes) and s.
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
    #[error("the unit must be one of y (365 days), w, d, h, m (minutes) or s, as in \"8h\"")]
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
            let (_, seconds) =
                UNITS.iter().find(|(unit, _)| *unit == &rest[..letters]).ok_or(DurationError::Unit)?;
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
        for (unit, seconds) in &UNITS[2..] {
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
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.seconds(), seconds);
            assert_eq!(duration.to_string(), shown);
        }
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
