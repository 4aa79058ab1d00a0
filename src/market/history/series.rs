//! A price history: bars on a grid of one interval, rising in time, possibly with gaps.

use crate::numeric::elementary;

use super::super::Duration;

/// One recorded bar. Prices are positive and low ≤ open, close ≤ high.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoricalBar {
    /// Start of the bar in seconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded volume in the unit of the source; 0 where the source has none.
    pub volume: f64,
}

/// Bars of one instrument, rising in time without duplicates. Bars may be missing: see [`PriceHistory::is_gap`].
#[derive(Debug, Clone, PartialEq)]
pub struct PriceHistory {
    /// The bars, earliest first.
    pub bars: Vec<HistoricalBar>,
    /// Length of a bar: the most frequent distance between two.
    pub interval: Duration,
    /// Whether the source had closes only, so that open, high and low repeat the close and ranges mean nothing.
    pub close_only: bool,
}

impl PriceHistory {
    /// The bars that start at or after `since` and before `until` (seconds since 1970; none for no bound).
    pub fn between(&self, since: Option<i64>, until: Option<i64>) -> Self {
        let first = since.map_or(0, |since| self.bars.partition_point(|bar| bar.time < since));
        let last = until.map_or(self.bars.len(), |until| self.bars.partition_point(|bar| bar.time < until));
        Self { bars: self.bars[first.min(last)..last].to_vec(), ..*self }
    }

    /// Whether the bar at `index` does not follow the one before it directly. The first bar follows nothing.
    pub fn is_gap(&self, index: usize) -> bool {
        index == 0 || self.bars[index].time - self.bars[index - 1].time != self.interval.seconds() as i64
    }

    /// Log returns from close to close, without those across gaps: they span another length of time.
    pub fn log_returns(&self) -> Vec<f64> {
        (1..self.bars.len())
            .filter(|&index| !self.is_gap(index))
            .map(|index| elementary::ln(self.bars[index].close / self.bars[index - 1].close))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(time: i64, close: f64) -> HistoricalBar {
        HistoricalBar { time, open: close, high: close, low: close, close, volume: 0.0 }
    }

    #[test]
    fn returns_across_a_gap_are_left_out() {
        let bars = vec![flat(0, 1.0), flat(60, 2.0), flat(180, 8.0), flat(240, 4.0)];
        let history = PriceHistory { bars, interval: Duration::from_seconds(60), close_only: true };
        let returns = history.log_returns();
        assert_eq!(returns, [2.0_f64.ln(), 0.5_f64.ln()]);
    }

    #[test]
    fn a_range_of_time_holds_its_start_and_not_its_end() {
        let bars = (0..5).map(|i| flat(60 * i, 1.0)).collect();
        let history = PriceHistory { bars, interval: Duration::from_seconds(60), close_only: true };
        let times = |history: &PriceHistory| history.bars.iter().map(|bar| bar.time).collect::<Vec<_>>();
        assert_eq!(times(&history.between(Some(60), Some(180))), [60, 120]);
        assert_eq!(times(&history.between(Some(61), None)), [120, 180, 240]);
        assert!(history.between(Some(500), None).bars.is_empty());
        assert!(history.between(Some(120), Some(60)).bars.is_empty());
    }
}
