//! A price history on the grid of whole hours, with the variance of each hour.

use crate::market::{Duration, PriceHistory};
use crate::numeric::ln;

/// Seconds of an hour.
const HOUR: u64 = 3600;
/// 4 ln 2, by which the squared range of a Brownian motion is larger than its variance (Parkinson 1980).
const RANGE_FACTOR: f64 = 4.0 * std::f64::consts::LN_2;

/// Hourly bars in logarithms, without holes: where no bar was recorded the price stands still and its variance is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// Hours since 1970 (UTC) at the start of the first bar.
    first: i64,
    low: Vec<f64>,
    high: Vec<f64>,
    close: Vec<f64>,
    /// Variance of the log-price within each hour and the gap before it; NaN where no bar was recorded.
    variance: Vec<f64>,
}

/// Why a history does not give hours.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HoursError {
    /// Longer bars, or such as do not make up hours.
    #[error("bars of an hour, or such as make up whole hours, are needed; these are of {0}")]
    Interval(Duration),
    /// Without lows and highs.
    #[error("bars with lows and highs are needed, and these prices are closes only")]
    ClosesOnly,
    /// No bars, or the time of one lies outside every calendar.
    #[error("the history holds no bars")]
    Empty,
}

impl Hours {
    /// The hours of a history; shorter bars are joined.
    ///
    /// # Errors
    /// See [`HoursError`].
    pub fn of(history: &PriceHistory) -> Result<Self, HoursError> {
        let interval = history.interval.seconds();
        if history.close_only {
            return Err(HoursError::ClosesOnly);
        }
        if interval == 0 || !HOUR.is_multiple_of(interval) {
            return Err(HoursError::Interval(history.interval));
        }
        let first = history.bars.first().ok_or(HoursError::Empty)?.time.div_euclid(HOUR as i64);
        let mut hours =
            Self { first, low: Vec::new(), high: Vec::new(), close: Vec::new(), variance: Vec::new() };
        let mut at = 0;
        while let Some(bar) = history.bars.get(at) {
            let place = (bar.time.div_euclid(HOUR as i64) - first) as usize;
            let (mut low, mut high, mut close) = (bar.low, bar.high, bar.close);
            at += 1;
            while let Some(next) = history.bars.get(at)
                && (next.time.div_euclid(HOUR as i64) - first) as usize == place
            {
                (low, high, close) = (low.min(next.low), high.max(next.high), next.close);
                at += 1;
            }
            let still = hours.close.last().copied();
            while hours.close.len() < place {
                hours.push([still.unwrap_or_default(); 3], f64::NAN);
            }
            let [open, low, high, close] = [bar.open, low, high, close].map(ln);
            let before = still.unwrap_or(open);
            let range = high.max(before) - low.min(before);
            hours.push([low.min(open), high.max(open), close], range * range / RANGE_FACTOR);
        }
        Ok(hours)
    }

    fn push(&mut self, [low, high, close]: [f64; 3], variance: f64) {
        self.low.push(low);
        self.high.push(high);
        self.close.push(close);
        self.variance.push(variance);
    }

    /// Number of hours, recorded or not.
    pub fn len(&self) -> usize {
        self.close.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.close.is_empty()
    }

    /// Hours since 1970 (UTC) at which the hour of a place starts.
    pub fn hour(&self, place: usize) -> i64 {
        self.first + place as i64
    }

    /// The hours before the one that starts so many hours after 1970.
    #[must_use]
    pub fn until(&self, hour: i64) -> Self {
        let end = usize::try_from(hour - self.first).unwrap_or(0).min(self.len());
        let part = |column: &[f64]| column[..end].to_vec();
        Self {
            first: self.first,
            low: part(&self.low),
            high: part(&self.high),
            close: part(&self.close),
            variance: part(&self.variance),
        }
    }

    /// Whether the hour that starts so many hours after 1970 was recorded.
    pub fn holds(&self, hour: i64) -> bool {
        usize::try_from(hour - self.first).is_ok_and(|place| place < self.len() && self.is_recorded(place))
    }

    /// Logarithms of the lowest prices.
    pub fn low(&self) -> &[f64] {
        &self.low
    }

    /// Logarithms of the highest prices.
    pub fn high(&self) -> &[f64] {
        &self.high
    }

    /// Logarithms of the last prices.
    pub fn close(&self) -> &[f64] {
        &self.close
    }

    /// Variance of each hour, NaN where none was recorded.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// Whether the hour of a place was recorded.
    pub fn is_recorded(&self, place: usize) -> bool {
        !self.variance[place].is_nan()
    }
}
