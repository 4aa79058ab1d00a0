//! Longer bars out of shorter ones.

use super::super::Duration;
use super::issue::{Issue, IssueKind};
use super::series::{HistoricalBar, PriceHistory};

/// Why a history cannot be brought to another interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// The new interval does not hold a whole number of bars.
    #[error("bars of {from} do not make bars of {to}: the new interval must be a whole multiple of the old")]
    NotAMultiple {
        /// Interval of the history.
        from: Duration,
        /// Interval asked for.
        to: Duration,
    },
    /// Fewer than two bars would be left.
    #[error("the history is too short for bars of {0}")]
    TooShort(Duration),
}

impl PriceHistory {
    /// Bars of a longer interval, starting at its multiples since 1970-01-01 00:00 UTC (days start at midnight UTC).
    ///
    /// A new bar is made of the bars that there are, so one with a gap inside is kept. The first and the last are left
    /// out if the history does not cover them to their end, which the returned issues say, and so are gaps between new bars.
    ///
    /// # Errors
    /// The interval is no multiple of the present one, or fewer than two bars are left.
    pub fn resample(&self, interval: Duration) -> Result<(Self, Vec<Issue>), ResampleError> {
        if interval == self.interval {
            return Ok((self.clone(), Vec::new()));
        }
        let (from, to) = (self.interval.seconds() as i64, interval.seconds() as i64);
        if to == 0 || to % from != 0 {
            return Err(ResampleError::NotAMultiple { from: self.interval, to: interval });
        }
        let mut bars: Vec<HistoricalBar> = Vec::new();
        for bar in &self.bars {
            let start = bar.time.div_euclid(to) * to;
            match bars.last_mut() {
                Some(last) if last.time == start => {
                    last.high = last.high.max(bar.high);
                    last.low = last.low.min(bar.low);
                    last.close = bar.close;
                    last.volume += bar.volume;
                }
                _ => bars.push(HistoricalBar { time: start, ..*bar }),
            }
        }
        let mut issues = Vec::new();
        let mut incomplete = |time| issues.push(Issue { time, line: None, kind: IssueKind::IncompleteEnd });
        if let (Some(first), Some(new)) = (self.bars.first(), bars.first())
            && first.time != new.time
        {
            incomplete(new.time);
            bars.remove(0);
        }
        if let (Some(last), Some(new)) = (self.bars.last(), bars.last())
            && last.time + from < new.time + to
        {
            incomplete(new.time);
            bars.pop();
        }
        if bars.len() < 2 {
            return Err(ResampleError::TooShort(interval));
        }
        for pair in bars.windows(2) {
            let missing = (pair[1].time - pair[0].time) / to - 1;
            if missing > 0 {
                let kind = IssueKind::Gap { missing: missing.unsigned_abs() };
                issues.push(Issue { time: pair[1].time, line: None, kind });
            }
        }
        Ok((Self { bars, interval, close_only: self.close_only }, issues))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hourly(hours: std::ops::Range<i64>) -> PriceHistory {
        let bar = |hour: i64| {
            let price = 100.0 + hour as f64;
            HistoricalBar {
                time: 3600 * hour,
                open: price,
                high: price + 5.0,
                low: price - 5.0,
                close: price + 1.0,
                volume: 2.0,
            }
        };
        PriceHistory {
            bars: hours.map(bar).collect(),
            interval: Duration::from_seconds(3600),
            close_only: false,
        }
    }

    #[test]
    fn a_day_opens_with_its_first_hour_and_holds_all_extremes() {
        let (daily, issues) = hourly(0..48).resample(Duration::from_seconds(86_400)).unwrap();
        assert!(issues.is_empty());
        let second =
            HistoricalBar { time: 86_400, open: 124.0, high: 152.0, low: 119.0, close: 148.0, volume: 48.0 };
        assert_eq!(daily.bars.len(), 2);
        assert_eq!(daily.bars[1], second);
    }

    #[test]
    fn incomplete_days_at_the_ends_are_left_out_and_reported() {
        let (daily, issues) = hourly(5..80).resample(Duration::from_seconds(86_400)).unwrap();
        assert_eq!(daily.bars.iter().map(|bar| bar.time).collect::<Vec<_>>(), [86_400, 172_800]);
        assert_eq!(issues.iter().map(|issue| issue.time).collect::<Vec<_>>(), [0, 259_200]);
    }

    #[test]
    fn only_whole_multiples_are_possible() {
        let history = hourly(0..48);
        for seconds in [0, 1800, 5400] {
            assert!(matches!(
                history.resample(Duration::from_seconds(seconds)),
                Err(ResampleError::NotAMultiple { .. })
            ));
        }
        assert_eq!(
            history.resample(Duration::from_seconds(2 * 86_400)),
            Err(ResampleError::TooShort(Duration::from_seconds(172_800)))
        );
    }
}
