//! Estimation of the daily dynamics from a price history.
//!
//! Weighted least squares on blocks of 24 hours that end every 6 hours, counted back from the last hour, with a half-life of four years;
//! no optimiser. What is left of each block is the shock of that day.

use super::hours::{Hours, HoursError};
use super::regression::{Observation, Regression};
use super::season::Season;
use super::variances::{DAY, VarianceState, Variances};
use crate::market::PriceHistory;
use crate::numeric::exp;

/// Hours between two blocks.
pub const STEP: usize = 6;
/// Hours after which a block counts half: four years.
const HALF_LIFE: f64 = 4.0 * 365.0 * 24.0;
/// Hours of the blocks whose scores are summed for the errors: five days.
const CLUSTER: usize = 5 * 24;
/// Fewest hours of history: 365 days.
pub const LEAST_HOURS: usize = 365 * 24;

/// A day of the past as a shock and a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastDay {
    /// Place of its first hour.
    pub start: usize,
    /// Its log-variance without season.
    pub log_variance: f64,
    /// What the regression does not explain of it.
    pub shock: f64,
    /// Log-variance of its last six hours, times four, over its own.
    pub short: f64,
    /// How much it counts.
    pub weight: f64,
}

/// The dynamics of the daily log-variance as estimated at an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct HarEstimate {
    /// The season of its variances.
    pub season: Season,
    /// c, b1, b7, b30, b90, b6.
    pub coefficients: [f64; 6],
    /// Covariance of the coefficients.
    pub covariance: [[f64; 6]; 6],
    /// Share of the variance of the log-variance that is explained.
    pub r_squared: f64,
    /// Standard deviation of the shocks.
    pub shock_std_dev: f64,
    /// The days, latest first.
    pub days: Vec<PastDay>,
}

/// Why the dynamics cannot be estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// The history is no hours.
    #[error(transparent)]
    Hours(#[from] HoursError),
    /// Too short.
    #[error("{days} days of hourly bars are too few: at least 365 are needed")]
    Short {
        /// Days before the estimate.
        days: usize,
    },
    /// The last day, or half of the last 90, was not recorded.
    #[error("the last day of the history, or half of the 90 days before its end, holds no bars")]
    NoState,
    /// The variance never changes.
    #[error("the variance of this history does not vary as a market's: there is nothing to estimate")]
    Degenerate,
}

impl HarEstimate {
    /// The estimate at the end of a history, with what is known there.
    ///
    /// # Errors
    /// See [`EstimateError`].
    pub fn of_history(history: &PriceHistory) -> Result<(Hours, Self, VarianceState), EstimateError> {
        let hours = Hours::of(history)?;
        let (estimate, state) = Self::of_hours(&hours)?;
        Ok((hours, estimate, state))
    }

    /// The same of hours.
    ///
    /// # Errors
    /// See [`EstimateError`].
    pub fn of_hours(hours: &Hours) -> Result<(Self, VarianceState), EstimateError> {
        let (estimate, variances) = Self::at(hours, hours.len(), hours.len())?;
        let state = variances.state(hours.len()).ok_or(EstimateError::NoState)?;
        Ok((estimate, state))
    }

    /// The estimate from the hours before a place, and the variances of the hours before another, later one under its season.
    ///
    /// # Errors
    /// See [`EstimateError`].
    pub fn at(hours: &Hours, end: usize, until: usize) -> Result<(Self, Variances), EstimateError> {
        if end < LEAST_HOURS || end > hours.len() {
            return Err(EstimateError::Short { days: end.min(hours.len()) / DAY });
        }
        let season = Season::of(hours, end);
        let variances = Variances::new(hours, &season, until.max(end));
        let fade = exp(-std::f64::consts::LN_2 * STEP as f64 / HALF_LIFE);
        let (mut days, mut observations) = (Vec::new(), Vec::new());
        let mut weight = 1.0;
        for origin in (DAY..=end - DAY).rev().step_by(STEP) {
            let log_variance = variances.day(origin + DAY);
            if !log_variance.is_nan()
                && let Some(regressors) = variances.regressors(origin)
            {
                let cluster = ((end - DAY - origin) / CLUSTER) as u32;
                observations.push(Observation { value: log_variance, regressors, weight, cluster });
                let short = variances.short(origin + DAY);
                days.push(PastDay { start: origin, log_variance, shock: 0.0, short, weight });
            }
            weight *= fade;
        }
        let fit = Regression::fit(&observations, 0.0).ok_or(EstimateError::Degenerate)?;
        for (day, shock) in days.iter_mut().zip(&fit.residuals) {
            day.shock = *shock;
        }
        let estimate = Self {
            season,
            coefficients: fit.coefficients,
            covariance: fit.covariance,
            r_squared: fit.r_squared,
            shock_std_dev: fit.std_dev,
            days,
        };
        Ok((estimate, variances))
    }
}
