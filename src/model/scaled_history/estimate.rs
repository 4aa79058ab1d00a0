//! How the variance of a whole horizon follows from what is known at its start.

use super::super::har::{Observation, Regression, Variances, dot};
use crate::numeric::ln;

/// Hours between two starts of the regression.
const STEP: usize = 6;
/// Ridge for every overlap of two horizons.
const RIDGE: f64 = 2.0;
/// Hours of a day.
const DAY: f64 = 24.0;

/// The regression of one horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct HorizonEstimate {
    hours: usize,
    /// Of 1, l, m7, m30 and l6 − l.
    coefficients: [f64; 5],
}

/// What the regression is on, of the regressors of a day.
fn without_quarter([one, last, week, month, _, short]: [f64; 6]) -> [f64; 5] {
    [one, last, week, month, short]
}

impl HorizonEstimate {
    /// From the starts before a place whose horizon of so many hours ends there at the latest; none if there are too few. The
    /// coefficients are drawn towards ln(hours/24) + m30 by a ridge of twice the number of horizons that overlap.
    pub fn at(variances: &Variances, end: usize, hours: usize) -> Option<Self> {
        let last = end.checked_sub(hours).filter(|_| hours > 0)?;
        let centre = ln(hours as f64 / DAY);
        let observations: Vec<_> = (0..=last)
            .rev()
            .step_by(STEP)
            .filter_map(|start| {
                let value = variances.block(start + hours, hours);
                let regressors = without_quarter(variances.regressors(start).filter(|_| !value.is_nan())?);
                let value = value - centre - regressors[3];
                Some(Observation { value, regressors, weight: 1.0, cluster: 0 })
            })
            .collect();
        if observations.is_empty() {
            return None;
        }
        let fit = Regression::fit(&observations, RIDGE * hours as f64 / STEP as f64)?;
        let mut coefficients = fit.coefficients;
        coefficients[0] += centre;
        coefficients[3] += 1.0;
        Some(Self { hours, coefficients })
    }

    /// Hours of the horizon.
    pub fn hours(&self) -> usize {
        self.hours
    }

    /// Forecast of the log-variance over the horizon, without season, from the regressors of a day.
    pub fn log_variance(&self, regressors: [f64; 6]) -> f64 {
        dot(&self.coefficients, &without_quarter(regressors))
    }
}
