//! Times of the day that are written as digits alone: what they count is told by a whole column, not by one field.

/// What digits alone say of the time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigitClock {
    /// 0 to 23.
    Hours,
    /// 930 or 0930.
    HoursMinutes,
    /// 93000 or 093000.
    HoursMinutesSeconds,
}

/// A column of clocks as digits, as far as it was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ClockDigits {
    longest: usize,
}

impl ClockDigits {
    /// Takes a field into account and gives its number; `None` if it is not one to six digits.
    pub fn add(&mut self, text: &str) -> Option<u32> {
        if !(1..=6).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.longest = self.longest.max(text.len());
        text.parse().ok()
    }

    /// What the column counts: 1000 is ten o'clock beside 900, and ten minutes past midnight beside 90000.
    pub fn kind(self) -> DigitClock {
        match self.longest {
            0..=2 => DigitClock::Hours,
            3..=4 => DigitClock::HoursMinutes,
            _ => DigitClock::HoursMinutesSeconds,
        }
    }
}

impl DigitClock {
    /// Seconds since midnight; `None` if there is no such time.
    pub fn seconds(self, digits: u32) -> Option<i64> {
        let all = i64::from(digits);
        let (hour, minute, second) = match self {
            Self::Hours => (all, 0, 0),
            Self::HoursMinutes => (all / 100, all % 100, 0),
            Self::HoursMinutesSeconds => (all / 10_000, all / 100 % 100, all % 100),
        };
        (hour < 24 && minute < 60 && second < 61).then_some(3_600 * hour + 60 * minute + second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(fields: &[&str]) -> Vec<Option<i64>> {
        let mut seen = ClockDigits::default();
        let digits: Vec<u32> = fields.iter().map(|field| seen.add(field).unwrap()).collect();
        digits.into_iter().map(|digits| seen.kind().seconds(digits)).collect()
    }

    #[test]
    fn the_longest_field_tells_what_the_column_counts() {
        assert_eq!(column(&["0", "1", "23"]), [Some(0), Some(3_600), Some(82_800)]);
        assert_eq!(column(&["0", "100", "930", "2300"]), [Some(0), Some(3_600), Some(34_200), Some(82_800)]);
        assert_eq!(column(&["0", "1000", "93000"]), [Some(0), Some(600), Some(34_200)]);
        assert_eq!(column(&["24"]), [None]);
        assert_eq!(column(&["0960", "2300"]), [None, Some(82_800)]);
        assert_eq!(ClockDigits::default().add("05:00"), None);
        assert_eq!(ClockDigits::default().add("1234567"), None);
    }
}
