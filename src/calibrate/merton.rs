//! Merton's jump diffusion, in two ways: maximum likelihood, and detected jumps.
//!
//! Over a step of length Δ the log return is normal given the number of jumps, which is Poisson:
//! f(r) = Σ_n e^(−λΔ)(λΔ)^n/n! · φ(r; μ + n·m, σ²Δ + n·s²).
//!
//! Maximum likelihood sees single returns only. Where volatility comes in clusters, a mixture of a calm and a wild normal
//! law fits them best, and the "jumps" are many and small: on hourly bars thousands a year, which over days add up to a
//! normal law again. Detected jumps ([`super::jumps`]) are fewer and larger, and keep the tails over days.

use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;

use super::bootstrap::block_bootstrap;
use super::fit::{Covariance, Fit, FitError, Likelihood, Parameter, maximum_likelihood};
use super::floor;
use super::jumps::{JumpLaw, Jumps};
use super::kernels::{add_normal, sum_of_logs};
use super::law::poisson;
use super::sample::Sample;
use super::work::Work;

/// Jumps per step beyond which the search does not go: the law is normal there.
const MOST_JUMPS_PER_STEP: f64 = 20.0;
/// Jumps a year beyond which the search does not go: a scenario takes at most 100,000.
pub(super) const MOST_JUMPS_A_YEAR: f64 = 99_000.0;
/// Jumps a year above which they stand for changing volatility: more than two a day.
const MANY_JUMPS: f64 = 730.0;
/// Weeks in a block of the bootstrap.
const BLOCK: usize = 4;

/// Parameters per step, in the unit of the returns they are used with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepLaw {
    /// Mean without jumps.
    pub centre: f64,
    /// Variance without jumps.
    pub variance: f64,
    /// Expected jumps.
    pub jumps: f64,
    /// Mean jump.
    pub mean: f64,
    /// Variance of a jump.
    pub jump_variance: f64,
}

impl StepLaw {
    /// Means, variances and weights of the mixture of normal laws.
    fn mixture(&self) -> Vec<(f64, f64, f64)> {
        let terms = poisson(self.jumps).into_iter().enumerate();
        terms
            .map(|(n, weight)| {
                let n = n as f64;
                (weight, self.centre + n * self.mean, self.variance + n * self.jump_variance)
            })
            .collect()
    }

    /// Sum of the logarithms of the density at all `x`.
    pub fn log_likelihood(&self, x: &[f64]) -> f64 {
        let mut density = vec![0.0; x.len()];
        for (weight, mean, variance) in self.mixture() {
            add_normal(x, weight, mean, variance, &mut density);
        }
        sum_of_logs(&mut density)
    }

    /// Probability of a return of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        let terms = self.mixture().into_iter();
        terms.map(|(weight, mean, variance)| weight * normal_cdf((x - mean) / variance.sqrt())).sum()
    }
}

/// Fits by maximum likelihood.
///
/// # Errors
/// The search finds no maximum.
pub fn fit(sample: &Sample) -> Result<Fit, FitError> {
    let (x, unit) = sample.in_standard_units();
    let dt = sample.step_years();
    let law = |u: &[f64]| StepLaw {
        centre: u[0],
        variance: elementary::exp(2.0 * u[1]),
        jumps: elementary::exp(u[2]),
        mean: u[3],
        jump_variance: elementary::exp(2.0 * u[4]),
    };
    let (work, smallest) = (Work::new(), floor::smallest_part(sample));
    let most_jumps = MOST_JUMPS_PER_STEP.min(MOST_JUMPS_A_YEAR * dt);
    let log_likelihood = |u: &[f64]| {
        let law = law(u);
        if law.jumps > most_jumps || law.variance < smallest * smallest {
            return f64::NAN;
        }
        work.charge(x.len() * poisson(law.jumps).len(), 3);
        law.log_likelihood(&x)
    };
    let parameters = |u: &[f64]| {
        let law = law(u);
        let volatility = unit * (law.variance / dt).sqrt();
        vec![volatility, law.jumps / dt, unit * law.mean, unit * law.jump_variance.sqrt()]
    };
    let start = |sigma: f64, jumps: f64, jump: f64| {
        vec![0.0, elementary::ln(sigma), elementary::ln(jumps), 0.0, elementary::ln(jump)]
    };
    let rate = |wanted: f64| f64::min(wanted, 0.5 * most_jumps);
    let starts = [start(0.5, rate(0.3), 1.5), start(0.8, rate(0.02), 4.0), start(0.9, rate(0.1), 1.5)];
    let keys = ["volatility", "jumps.rate", "jumps.mean", "jumps.std_dev"];
    let estimate = maximum_likelihood(log_likelihood, &keys, parameters, &starts, &|_| false, &work)?;
    let found = law(&estimate.point);
    floor::check(found.variance.sqrt(), sample)?;
    let rate = found.jumps / dt;
    let mut warnings = estimate.warnings;
    if rate > MANY_JUMPS {
        warnings.push(format!(
            "{rate:.0} jumps a year are a picture of changing volatility, not of jumps, and normal again after days: for \
             horizons of days prefer detected jumps (--estimator jumps), garch or regime"
        ));
    }
    Ok(Fit {
        name: "merton-mle",
        kind: "merton",
        method: "maximum likelihood",
        covariance: Covariance::of(&estimate.parameters, estimate.covariance.as_deref()),
        parameters: estimate.parameters,
        derived: Vec::new(),
        likelihood: Some(Likelihood {
            log: estimate.log_likelihood - sample.len() as f64 * elementary::ln(unit),
            parameters: 5,
            is_maximum: true,
        }),
        probabilities: Some(x.iter().map(|x| found.cdf(*x)).collect()),
        warnings,
    })
}

/// Fits by detected jumps; standard errors by a bootstrap of blocks of four weeks.
///
/// # Errors
/// Too few jumps are detected.
pub fn fit_detected(sample: &Sample, jumps: &Jumps) -> Result<Fit, FitError> {
    let dt = sample.step_years();
    let law = JumpLaw::estimate(sample, jumps)?;
    let covariance = jump_law_covariance(sample, jumps);
    let parameters = law.parameters(covariance.as_deref());
    let step = StepLaw {
        centre: sample.mean() - law.rate * dt * law.mean,
        variance: law.volatility.powi(2) * dt,
        jumps: law.rate * dt,
        mean: law.mean,
        jump_variance: law.std_dev.powi(2),
    };
    Ok(Fit {
        name: "merton-jumps",
        kind: "merton",
        method: "jumps detected by Lee and Mykland (2008, 1 % level), volatility from the variance that they leave",
        covariance: Covariance::of(&parameters, covariance.as_deref()),
        parameters,
        derived: vec![Parameter { key: "detected_jumps", value: jumps.count() as f64, std_error: None }],
        likelihood: Some(Likelihood {
            log: step.log_likelihood(&sample.returns),
            parameters: 5,
            is_maximum: false,
        }),
        probabilities: Some(sample.returns.iter().map(|r| step.cdf(*r)).collect()),
        warnings: Vec::new(),
    })
}

/// Covariance matrix of volatility, rate, mean and standard deviation from detected jumps, by a bootstrap of blocks of four weeks.
pub fn jump_law_covariance(sample: &Sample, jumps: &Jumps) -> Option<Vec<Vec<f64>>> {
    block_bootstrap(&jumps.rows(sample), BLOCK, |means| {
        JumpLaw::of_means(means, sample.step_years())
            .map(|law| vec![law.volatility, law.rate, law.mean, law.std_dev])
    })
}
