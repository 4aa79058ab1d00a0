//! A recorded history on a grid of equal intervals.

use std::ops::Range;

use crate::market::{Duration, PriceHistory};
use crate::numeric::elementary::ln;
use crate::venue::RecordedRates;

/// A history on its grid.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// Start of the first bar, in seconds since 1970.
    first: i64,
    interval: u64,
    /// Log-prices by place on the grid.
    pub open: Vec<f64>,
    pub high: Vec<f64>,
    pub low: Vec<f64>,
    pub close: Vec<f64>,
    /// Places that hold a bar.
    pub recorded: Vec<bool>,
}

impl Grid {
    /// Puts a history on its grid.
    pub fn new(history: &PriceHistory) -> Self {
        let interval = history.interval.seconds().max(1);
        let first = history.bars.first().map_or(0, |bar| bar.time);
        let mut grid = Self {
            first,
            interval,
            open: Vec::new(),
            high: Vec::new(),
            low: Vec::new(),
            close: Vec::new(),
            recorded: Vec::new(),
        };
        for bar in &history.bars {
            let place = ((bar.time - first).unsigned_abs() / interval) as usize;
            let still = grid.close.last().copied().unwrap_or_default();
            while grid.close.len() < place {
                grid.push([still; 4], false);
            }
            if grid.close.len() == place {
                grid.push([bar.open, bar.high, bar.low, bar.close].map(ln), true);
            }
        }
        grid
    }

    /// The places that start from one second since 1970 up to another, both on the grid and inside it.
    pub fn cut(mut self, from: i64, until: i64) -> Self {
        let place = |time: i64| ((time - self.first).max(0) as u64 / self.interval) as usize;
        let (from, until) = (place(from), place(until).min(self.close.len()));
        for column in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            column.truncate(until);
            column.drain(..from.min(until));
        }
        self.recorded.truncate(until);
        self.recorded.drain(..from.min(until));
        self.first += (from as u64 * self.interval) as i64;
        self
    }

    /// Start of the first place, and the end of the last, in seconds since 1970.
    pub fn range(&self) -> (i64, i64) {
        (self.first, self.first + (self.close.len() as u64 * self.interval) as i64)
    }

    /// Standard deviation of the log returns from close to close; never 0.
    pub fn deviation(&self) -> f64 {
        let returns = self.close.windows(2).map(|pair| pair[1] - pair[0]);
        let count = self.close.len().saturating_sub(1).max(1) as f64;
        (returns.map(|r| r * r).sum::<f64>() / count).sqrt().max(f64::MIN_POSITIVE)
    }

    fn push(&mut self, [open, high, low, close]: [f64; 4], recorded: bool) {
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.recorded.push(recorded);
    }

    /// The second at which a place ends, since 1970.
    pub fn end(&self, place: usize) -> i64 {
        self.first + (place as i64 + 1) * self.interval as i64
    }

    /// Length of a bar.
    pub fn interval(&self) -> Duration {
        Duration::from_seconds(self.interval)
    }

    /// Sum of the rates that were paid within each place of the grid, its end included.
    pub fn rates_by_place(&self, record: &RecordedRates) -> Vec<f64> {
        let mut sums = vec![0.0; self.close.len()];
        for (time, rate) in record.times.iter().zip(record.rates.iter()) {
            let since = time - self.first;
            if since > 0
                && let Some(sum) = sums.get_mut(((since - 1) as u64 / self.interval) as usize)
            {
                *sum += rate;
            }
        }
        sums
    }

    /// The starts between whose entry and horizon no payment can be missing at either end of the record.
    pub fn covered(&self, record: &RecordedRates, every: Duration, bars: usize) -> Range<usize> {
        let (Some(from), Some(to)) = (record.times.first(), record.times.last()) else { return 0..0 };
        // Before its first payment, and behind its last one, nothing is due for one interval.
        let every = every.seconds() as i64;
        let (from, to) = (from - every, to + every);
        let place = |time: i64| (time - self.first).max(0) as u64;
        let first = place(from).div_ceil(self.interval).saturating_sub(1);
        let end = (place(to - 1) / self.interval).saturating_sub(bars as u64);
        first as usize..end as usize
    }
}
