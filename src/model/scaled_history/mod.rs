//! Whole horizons of the past, scaled to the variance of today.
//!
//! ```text
//! ln V_H = a + b·l + b7·m7 + b30·m30 + b6·(l6 − l)        V_H the variance over the horizon, without season
//! path   = ± recorded moves behind a past start · exp((ln V_H today − ln V_H at the start)/2) · root of the seasons' ratio
//! ```
//!
//! with l, m7, m30 and l6 as in the `har` model. Every past start whose whole horizon is recorded gives a path of the future, and its
//! mirror image another; a run draws evenly from them. The regression is by least squares on starts every 6 hours, drawn by a
//! ridge of 2·H/6 towards ln(H/24 h) + m30, since horizons overlap.
//!
//! | key | meaning |
//! |---|---|
//! | prices | recorded bars |
//!
//! Exact: recorded lows and highs are those of the path, as are the clusters of volatility within the horizon. There are as many
//! paths as recorded hours, and they overlap: the number of horizons that do not is what an error rests on. A run follows
//! the accounts along all of them and adds the error of blocks of neighbouring starts to that of drawing.
//! Source: Hull and White (1998), "Incorporating volatility updating into the historical simulation method for value-at-risk".

mod estimate;
mod record;
mod starts;
mod stepper;

pub use estimate::HorizonEstimate;
pub use record::Record;
pub use starts::{Extremes, inverse_deviations};
pub use stepper::Listed;
pub(super) use stepper::ScaledStepper;

use std::sync::Arc;

use serde::Serialize;

use super::Stepper;
use super::har::{EstimateError, HarEstimate, Hours};
use crate::market::{Duration, PriceHistory};
use crate::numeric::exp;

/// Past starts drawn anew, each with its whole horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScaledHistory {
    /// Hash of the record.
    hash: String,
    /// Length of the paths.
    horizon: Duration,
    #[serde(skip)]
    record: Arc<Record>,
    /// Place and factor on the moves behind it.
    #[serde(skip)]
    starts: Arc<[(u32, f64)]>,
}

impl ScaledHistory {
    /// The model of a history, whose content has the given hash, for paths of some length.
    ///
    /// # Errors
    /// The history is too short or not hourly, or holds no whole horizon: see [`EstimateError`].
    pub fn of_history(
        history: &PriceHistory,
        hash: String,
        horizon: Duration,
    ) -> Result<Self, EstimateError> {
        Self::of_hours(Hours::of(history)?, hash, horizon)
    }

    /// The model of all of some hours.
    fn of_hours(hours: Hours, hash: String, horizon: Duration) -> Result<Self, EstimateError> {
        let end = hours.len();
        let (estimate, variances) = HarEstimate::at(&hours, end, end)?;
        let known = variances.regressors(end).ok_or(EstimateError::NoState)?;
        let length = horizon.seconds().div_ceil(3600) as usize;
        let ahead =
            HorizonEstimate::at(&variances, end, length).ok_or(EstimateError::Short { days: end / 24 })?;
        let season = estimate.season.mean(hours.hour(end), length);
        let deviation = exp(0.5 * ahead.log_variance(known)) * season.sqrt();
        let starts: Arc<[(u32, f64)]> = inverse_deviations(&hours, &variances, &ahead, end)
            .into_iter()
            .enumerate()
            .filter(|(_, inverse)| inverse.is_finite())
            .map(|(index, inverse)| (index as u32 + 1, deviation * inverse))
            .collect();
        if starts.is_empty() {
            return Err(EstimateError::Short { days: end / 24 });
        }
        Ok(Self { hash, horizon, record: Arc::new(Record::new(hours)), starts })
    }

    /// Place of each start, and the factor on the moves behind it.
    pub fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }

    /// The recorded hours.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Horizons in the record that do not overlap.
    pub fn independent_horizons(&self) -> f64 {
        self.starts.len() as f64 / self.horizon.seconds().div_ceil(3600).max(1) as f64
    }

    /// Hours of a path.
    pub fn length(&self) -> usize {
        self.horizon.seconds().div_ceil(3600) as usize
    }

    /// The model as estimated from the hours before one (since 1970).
    pub(super) fn until(&self, hour: i64) -> Result<Self, EstimateError> {
        Self::of_hours(self.record.hours().until(hour), self.hash.clone(), self.horizon)
    }

    /// Hours since 1970 at which its starts stand.
    pub(super) fn hours_of_starts(&self) -> impl Iterator<Item = i64> {
        self.starts.iter().map(|(place, _)| self.record.hours().hour(*place as usize))
    }

    /// The model that draws those of its starts only whose hours are in a sorted list. What they were chosen by enters its hash.
    pub(super) fn drawing(&self, hours: &[i64], by: &str) -> Self {
        let is_kept = |(place, _): &&(u32, f64)| {
            hours.binary_search(&self.record.hours().hour(*place as usize)).is_ok()
        };
        let starts = self.starts.iter().filter(is_kept).copied().collect();
        Self { starts, hash: format!("{} {by}", self.hash), ..self.clone() }
    }

    /// Hash of the record.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Change of the log-price in the first hour behind each start.
    pub(super) fn first_hours(&self) -> Vec<f64> {
        let close = self.record.hours().close();
        self.starts.iter().map(|(place, _)| close[*place as usize] - close[*place as usize - 1]).collect()
    }

    /// Number of hours since 1970 at which a start stands.
    pub fn hour_of_start(&self, number: usize) -> i64 {
        self.record.hours().hour(self.starts[number].0 as usize)
    }

    /// A stepper whose paths are those behind the listed starts, each as it was and then mirrored: two paths a start.
    pub fn along(&self, listed: &Listed) -> impl Stepper + use<> {
        ScaledStepper::along(self.clone(), listed.clone())
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        ScaledStepper::new(self.clone(), lanes)
    }
}
