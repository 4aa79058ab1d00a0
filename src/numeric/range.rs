//! Ranges of numbers: what a parameter may be.

use std::fmt;

/// An interval of numbers, open or closed at its lower end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    low: f64,
    is_low_allowed: bool,
    high: f64,
}

impl Range {
    /// Numbers greater than one.
    pub const fn above(low: f64) -> Self {
        Self { low, is_low_allowed: false, high: f64::INFINITY }
    }

    /// Numbers of at least one.
    pub const fn at_least(low: f64) -> Self {
        Self { low, is_low_allowed: true, high: f64::INFINITY }
    }

    /// Those of them that are at most another.
    pub const fn at_most(self, high: f64) -> Self {
        Self { high, ..self }
    }

    /// The lower end, and whether it belongs to the range.
    pub const fn low(&self) -> (f64, bool) {
        (self.low, self.is_low_allowed)
    }

    /// The upper end, which belongs to the range; infinite where there is none.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// Whether a number lies in it; no range holds what is not a number.
    pub fn contains(&self, value: f64) -> bool {
        (value > self.low || (self.is_low_allowed && value == self.low)) && value <= self.high
    }
}

impl fmt::Display for Range {
    /// In words, to follow "must be".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = if self.is_low_allowed { "at least" } else { "greater than" };
        write!(f, "{low} {}", plain_number(self.low))?;
        if self.high == f64::INFINITY {
            Ok(())
        } else {
            write!(f, " and at most {}", plain_number(self.high))
        }
    }
}

/// A number as people write it: twelve digits, which hide the rounding of its computation and nothing else.
pub fn plain_number(value: f64) -> String {
    let value = format!("{value:.11e}").parse().unwrap_or(value);
    if value != 0.0 && value.is_finite() && !(1e-4..1e15).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string().to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::{Range, plain_number};

    #[test]
    fn rounding_errors_are_not_shown() {
        for (value, text) in [
            (1_499.999_999_999_999_8, "1500"),
            (26.666_666_666_666_664, "26.6666666667"),
            (482_000.000_000_000_06, "482000"),
            (0.1 + 0.2, "0.3"),
            (64_700.25, "64700.25"),
            (1e-320, "1e-320"),
            (0.0, "0"),
        ] {
            assert_eq!(plain_number(value), text);
        }
    }

    #[test]
    fn a_range_holds_its_closed_ends_and_nothing_that_is_not_a_number() {
        let (open, closed) = (Range::above(0.0).at_most(2.0), Range::at_least(0.0));
        assert!(!open.contains(0.0) && open.contains(1e-300) && open.contains(2.0) && !open.contains(2.1));
        assert!(closed.contains(0.0) && closed.contains(f64::MAX) && !closed.contains(-1e-300));
        assert!(!open.contains(f64::NAN) && !closed.contains(f64::NAN));
        assert_eq!(open.to_string(), "greater than 0 and at most 2");
    }
}
