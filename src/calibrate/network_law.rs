//! The law of a network as two least squares say it, simulated over the same retargets to learn its bias and its errors.

use serde::Serialize;

use crate::model::{Observation, Regression};
use crate::numeric::{Purpose, Stream, elementary};

use super::retargets::Retargeted;

/// Simulations of the fitted law.
pub(super) const SIMULATIONS: usize = 1_000;
/// Largest error of the logarithm of an equilibrium that is given.
pub(super) const ROUGHEST_EQUILIBRIUM: f64 = 0.5;
/// Variance of the luck of an epoch: 2016 exponential block times.
pub(super) const LUCK: f64 = 1.0 / 2016.0;

/// A number with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
}

/// What the two regressions say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    pub level: f64,
    pub growth: f64,
    constant: f64,
    pub response: f64,
    pub pass_through: f64,
    /// Variance of what is left.
    pub variance: f64,
    /// Mean length of an epoch.
    tau: f64,
}

impl Law {
    /// The regressions over retargets, `difficulties` being the logarithms of those before each, and of the last one behind.
    pub fn fit(retargets: &[Retargeted], difficulties: &[f64]) -> Option<Self> {
        let trend: Vec<Observation<2>> = retargets
            .iter()
            .zip(difficulties)
            .zip(0..)
            .map(|((one, difficulty), cluster)| Observation {
                value: one.log_income - difficulty,
                regressors: [1.0, one.t],
                weight: 1.0,
                cluster,
            })
            .collect();
        let trend = Regression::fit(&trend, 0.0)?;
        let [level, slope] = trend.coefficients;
        let growth = -slope;
        let changes: Vec<Observation<3>> = (0..retargets.len())
            .map(|at| Observation {
                value: difficulties[at + 1] - difficulties[at] - growth * retargets[at].tau,
                regressors: [1.0, trend.residuals[at], retargets[at].price_return],
                weight: 1.0,
                cluster: at as u32,
            })
            .collect();
        let fit = Regression::fit(&changes, 0.0)?;
        let [constant, response, pass_through] = fit.coefficients;
        let n = retargets.len() as f64;
        let variance = fit.std_dev * fit.std_dev * n / (n - 3.0);
        let tau = retargets.iter().map(|one| one.tau).sum::<f64>() / n;
        Some(Self { level, growth, constant, response, pass_through, variance, tau })
    }

    /// Logarithm of the hashprice on the last day at which difficulty only grows, the response being what it is without its bias.
    fn log_equilibrium(&self, bias: f64) -> f64 {
        self.level - self.constant / (self.response - bias)
    }

    /// The hashprice that miners settle at, with the error of its logarithm: half of what 68 % of the repeated estimates span, since the
    /// ratio has no variance.
    pub fn equilibrium(&self, response: &Measured, repeated: &[Self], bias: f64) -> Option<Measured> {
        if response.value < 2.0 * response.std_error {
            return None;
        }
        let mut found: Vec<f64> = repeated.iter().map(|law| law.log_equilibrium(bias)).collect();
        found.sort_by(f64::total_cmp);
        let at = |share: f64| found.get((share * found.len() as f64) as usize).copied();
        let std_error = 0.5 * (at(0.84)? - at(0.16)?);
        let value = elementary::exp(self.log_equilibrium(bias));
        let is_told = std_error <= ROUGHEST_EQUILIBRIUM && value > 0.0 && value.is_finite();
        is_told.then_some(Measured { value, std_error })
    }

    pub fn volatility(&self) -> f64 {
        ((self.variance - 2.0 * LUCK).max(0.0) / self.tau).sqrt()
    }

    /// The law estimated from itself, simulated over the same retargets.
    pub fn repeated(&self, retargets: &[Retargeted], start: f64) -> Vec<Self> {
        let mut noise = Stream::new(1, Purpose::Event(0), 0);
        let mut draws = vec![0.0; 2 * retargets.len()];
        let mut difficulties = vec![start; retargets.len() + 1];
        let volatility = self.volatility();
        let repeat = |_| {
            noise.normals(&mut draws);
            let mut lasting = start;
            for (at, one) in retargets.iter().enumerate() {
                let gap = one.log_income - difficulties[at] - (self.level - self.growth * one.t);
                lasting += self.growth * one.tau
                    + self.constant
                    + self.response * gap
                    + self.pass_through * one.price_return
                    + volatility * one.tau.sqrt() * draws[2 * at];
                difficulties[at + 1] = lasting + LUCK.sqrt() * draws[2 * at + 1];
            }
            Self::fit(retargets, &difficulties)
        };
        (0..SIMULATIONS).filter_map(repeat).collect()
    }
}
