//! The parameters of the recursion.

use serde::Serialize;

use crate::market::Duration;

/// Weights with a sum above 1 can make the variance grow without bound; beyond a hundredfold price a step nothing is left to
/// tell apart, and numbers stay finite.
pub(super) const LARGEST_VARIANCE: f64 = 25.0;

/// GARCH(1,1), with asymmetry and Student-t innovations if wanted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Garch {
    /// Mean log return per year.
    pub log_drift: f64,
    /// Length of a step.
    pub step: Duration,
    /// Constant part of the variance, per step; not negative.
    pub omega: f64,
    /// Weight of the last squared shock; not negative.
    pub alpha: f64,
    /// Extra weight of the last squared shock if it was negative; alpha + gamma is not negative.
    pub gamma: f64,
    /// Weight of the last variance; not negative.
    pub beta: f64,
    /// Degrees of freedom of the innovations, more than 2; normal innovations if none.
    pub dof: Option<f64>,
    /// Variance of the first step.
    pub initial_variance: f64,
}

impl Garch {
    /// The variance per step that the recursion returns to; none if it does not return. Innovations are symmetric, so half of
    /// the shocks are negative.
    pub fn long_run_variance(omega: f64, alpha: f64, gamma: f64, beta: f64) -> Option<f64> {
        let forgetting = 1.0 - alpha - 0.5 * gamma - beta;
        (forgetting > 0.0).then(|| omega / forgetting)
    }

    /// ν/2 − 1: over a gamma variable of shape ν/2 it is a mixing variable. (ν − 2)/χ²_ν, of mean 1, makes a normal Student-t of variance 1.
    pub(super) fn mixing_scale(&self) -> f64 {
        self.dof.map_or(1.0, |dof| 0.5 * dof - 1.0)
    }
}
