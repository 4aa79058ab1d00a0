//! What the fits are made from: log returns of one interval.

use crate::market::{Duration, PriceHistory};

/// Fewest returns that a fit accepts.
pub const FEWEST_RETURNS: usize = 100;

/// Log returns of equal length, in the order of time; returns across gaps are not among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The log returns.
    pub returns: Vec<f64>,
    /// Start of the bar that each return ends in, in seconds since 1970.
    pub times: Vec<i64>,
    /// Length of time that a return spans.
    pub step: Duration,
    /// Returns left out since they span a gap.
    pub across_gaps: usize,
    /// The smallest step of the price, as a fraction of it; 0 where it is not known.
    pub tick: f64,
}

/// Why no model can be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// Too short.
    #[error("{0} returns are too few to fit a model: at least {FEWEST_RETURNS} are needed")]
    TooFew(usize),
    /// A price that stands still.
    #[error("the price never moves: there is nothing to fit")]
    Constant,
    /// A price that grows by the same every time.
    #[error(
        "all returns are {0:.3e} up to rounding: the price grows at a constant rate, there is nothing to fit"
    )]
    ConstantGrowth(f64),
}

impl Sample {
    /// The returns of a history from close to close.
    ///
    /// # Errors
    /// There are too few, or they are all the same.
    pub fn of(history: &PriceHistory) -> Result<Self, SampleError> {
        let ends: Vec<usize> = (1..history.bars.len()).filter(|&index| !history.is_gap(index)).collect();
        Self::new(
            history.log_returns(),
            ends.iter().map(|&index| history.bars[index].time).collect(),
            history.interval,
            history.bars.len().saturating_sub(1) - ends.len(),
            tick(history),
        )
    }

    /// A sample of returns that follow each other without gaps, the first ending in 1970.
    ///
    /// # Errors
    /// As [`Sample::of`].
    pub fn from_returns(returns: Vec<f64>, step: Duration) -> Result<Self, SampleError> {
        let times = (0..returns.len()).map(|index| index as i64 * step.seconds() as i64).collect();
        Self::new(returns, times, step, 0, 0.0)
    }

    fn new(
        returns: Vec<f64>,
        times: Vec<i64>,
        step: Duration,
        across_gaps: usize,
        tick: f64,
    ) -> Result<Self, SampleError> {
        if returns.len() < FEWEST_RETURNS {
            return Err(SampleError::TooFew(returns.len()));
        }
        let sample = Self { returns, times, step, across_gaps, tick };
        let (mean, std_dev) = (sample.mean(), sample.std_dev());
        if mean == 0.0 && std_dev == 0.0 {
            return Err(SampleError::Constant);
        }
        // What rounding of the price, or of the arithmetic, makes of equal returns.
        let rounding = sample.rounding().max(1e-7 * mean.abs());
        if std_dev <= 1.5 * rounding && mean.abs() > std_dev {
            return Err(SampleError::ConstantGrowth(mean));
        }
        Ok(sample)
    }

    /// Standard deviation that rounding to the tick gives to a return: two ends, each even over a tick.
    pub fn rounding(&self) -> f64 {
        self.tick / 6.0_f64.sqrt()
    }

    /// Number of returns.
    pub fn len(&self) -> usize {
        self.returns.len()
    }

    /// Never: a sample without returns cannot be made.
    pub fn is_empty(&self) -> bool {
        self.returns.is_empty()
    }

    /// Length of a return in years.
    pub fn step_years(&self) -> f64 {
        self.step.years()
    }

    /// Length of all returns together in years.
    pub fn years(&self) -> f64 {
        self.step_years() * self.len() as f64
    }

    /// Mean log return per step.
    pub fn mean(&self) -> f64 {
        mean(&self.returns)
    }

    /// Standard deviation of the log returns per step (divided by n: the maximum likelihood estimate).
    pub fn std_dev(&self) -> f64 {
        variance(&self.returns).sqrt()
    }

    /// Volatility per square root of a year, from all returns.
    pub fn volatility(&self) -> f64 {
        self.std_dev() / self.step_years().sqrt()
    }

    /// The returns in units of their standard deviation, so that starting values suit every market, and that unit.
    pub fn in_standard_units(&self) -> (Vec<f64>, f64) {
        let unit = self.std_dev();
        (self.returns.iter().map(|r| r / unit).collect(), unit)
    }
}

/// The smallest difference between two closes in a row, as a fraction of the middle close: the tick, or less than it.
fn tick(history: &PriceHistory) -> f64 {
    let steps = history.bars.windows(2).map(|pair| (pair[1].close - pair[0].close).abs());
    // Differences that are rounding of the numbers themselves are none.
    let smallest = steps.filter(|step| *step > 0.0).fold(f64::INFINITY, f64::min);
    let mut closes: Vec<f64> = history.bars.iter().map(|bar| bar.close).collect();
    closes.sort_by(f64::total_cmp);
    let middle = closes.get(closes.len() / 2).copied().unwrap_or(1.0);
    if smallest.is_finite() { smallest / middle } else { 0.0 }
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance about the mean, divided by n.
pub fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64
}
