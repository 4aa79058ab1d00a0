//! GARCH(1,1) with normal or Student-t innovations, with or without the asymmetry of Glosten, Jagannathan and Runkle.
//!
//! r_t = μ + e_t,  e_t = √h_t·z_t,  h_{t+1} = ω + (α + γ·1[e_t < 0])·e_t² + β·h_t, with z of variance 1. Before the first return
//! both e² and h are the sample variance. Sources: Bollerslev 1986 and 1987; Glosten, Jagannathan and Runkle 1993.
//!
//! The search keeps α ≥ 0, α + γ ≥ 0, β ≥ 0 and the persistence α + γ/2 + β < 1. Near 1 the long-run variance
//! ω/(1 − persistence) is hardly determined and may lie far from that of the sample; then the fit is repeated with the
//! long-run variance held at the sample's (variance targeting, Engle and Mezrich 1996), and says so.

use super::bootstrap::block_bootstrap;
use super::fit::{Covariance, Fit, FitError, Likelihood, Parameter, logistic, logit, maximum_likelihood};
use super::floor::{self, SMALLEST_DOF};
use super::kernels::sum_of_logs;
use super::law::standardised_t_cdf;
use super::sample::{Sample, variance};
use super::work::Work;
use crate::numeric::elementary;
use crate::numeric::special::{ln_gamma, normal_cdf};

/// Largest degrees of freedom: the law is normal there.
const LARGEST_DOF: f64 = 500.0;
/// Volatility of the long run against that of the sample, beyond which (or its inverse) the variance is targeted.
const CREDIBLE_RATIO: f64 = 1.25;
/// ... and beyond which it is no number to name.
const INCREDIBLE_RATIO: f64 = 5.0;
/// With Student-t innovations, steps (in seconds) shorter than a day make a model of the next hours: on hourly marks of BTC in
/// 2023 to 2025 the fit liquidates 5x positions within 30 days with probability 0.10, history did with 0.145, a daily fit 0.12.
const SHORT_STEP: u64 = 86_400;
/// Seconds of a block of returns that are resampled together: 60 days.
const BLOCK: u64 = 60 * 86_400;

/// Which of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garch {
    /// Student-t innovations; otherwise normal.
    pub student: bool,
    /// Falls raise the variance more than rises.
    pub asymmetric: bool,
}

/// The parameters, in the unit of the returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GarchLaw {
    /// Mean return.
    pub mean: f64,
    /// Constant of the variance.
    pub omega: f64,
    /// Weight of the last squared shock.
    pub alpha: f64,
    /// Further weight if it was a fall.
    pub gamma: f64,
    /// Weight of the last variance.
    pub beta: f64,
    /// Degrees of freedom of the innovations; none for normal ones.
    pub dof: Option<f64>,
}

impl GarchLaw {
    /// α + γ/2 + β: what is left of a shock to the variance after a step.
    pub fn persistence(&self) -> f64 {
        self.alpha + 0.5 * self.gamma + self.beta
    }

    /// The variance that the process returns to.
    pub fn long_run_variance(&self) -> f64 {
        self.omega / (1.0 - self.persistence())
    }

    /// Variances of all returns given those before, and of the one after the last.
    pub fn variances(&self, returns: &[f64], before: f64) -> Vec<f64> {
        let mut h = self.omega + self.persistence() * before;
        let mut variances = Vec::with_capacity(returns.len() + 1);
        for r in returns {
            variances.push(h);
            let e = r - self.mean;
            let weight = if e < 0.0 { self.alpha + self.gamma } else { self.alpha };
            h = self.omega + weight * e * e + self.beta * h;
        }
        variances.push(h);
        variances
    }

    /// Logarithm of the density of the returns; `before` is the variance before the first.
    pub fn log_likelihood(&self, returns: &[f64], before: f64) -> f64 {
        let mut h = self.variances(returns, before);
        h.pop();
        let n = returns.len() as f64;
        let pi = std::f64::consts::PI;
        let Some(dof) = self.dof else {
            let squares: f64 = returns.iter().zip(&h).map(|(r, h)| (r - self.mean).powi(2) / h).sum();
            return -0.5 * (n * elementary::ln(2.0 * pi) + squares + sum_of_logs(&mut h));
        };
        let mut shocks: Vec<f64> =
            returns.iter().zip(&h).map(|(r, h)| 1.0 + (r - self.mean).powi(2) / ((dof - 2.0) * h)).collect();
        let constant =
            ln_gamma(0.5 * (dof + 1.0)) - ln_gamma(0.5 * dof) - 0.5 * elementary::ln(pi * (dof - 2.0));
        n * constant - 0.5 * sum_of_logs(&mut h) - 0.5 * (dof + 1.0) * sum_of_logs(&mut shocks)
    }
}

impl Garch {
    /// The name of the fit.
    pub fn name(self) -> &'static str {
        match (self.student, self.asymmetric) {
            (false, false) => "garch-normal",
            (true, false) => "garch-t",
            (false, true) => "gjr-normal",
            (true, true) => "gjr-t",
        }
    }

    /// Fits by maximum likelihood.
    ///
    /// # Errors
    /// The search finds no maximum.
    pub fn fit(self, sample: &Sample) -> Result<Fit, FitError> {
        let free = self.estimate(sample, false)?.sound(sample)?;
        let ratio = annual(free.law.long_run_variance(), sample) / sample.volatility();
        if (1.0 / CREDIBLE_RATIO..CREDIBLE_RATIO).contains(&ratio) {
            return Ok(free.into_fit(self, sample, "maximum likelihood", Vec::new()));
        }
        let targeted = self.estimate(sample, true)?.sound(sample)?;
        let cost = free.log_likelihood - targeted.log_likelihood;
        let reason = if (1.0 / INCREDIBLE_RATIO..INCREDIBLE_RATIO).contains(&ratio) {
            let percent = 100.0 * ratio * sample.volatility();
            format!("the free fit's long-run volatility of {percent:.0} % is far from the sample's")
        } else {
            format!(
                "the free fit's persistence of {:.6} leaves no long-run volatility",
                free.law.persistence()
            )
        };
        let warning = format!(
            "{reason}: the long-run volatility is held at the sample's {:.0} %, at a cost of {cost:.1} in log-likelihood",
            100.0 * sample.volatility()
        );
        Ok(targeted.into_fit(self, sample, "maximum likelihood with variance targeting", vec![warning]))
    }

    fn estimate(self, sample: &Sample, targeted: bool) -> Result<Estimated, FitError> {
        let (x, unit) = sample.in_standard_units();
        let before = variance(&x);
        // Arguments: mean, persistence, share of the shock in it, then what this member has.
        let law = |u: &[f64]| {
            let mut rest = u[3..].iter();
            let mut next = || rest.next().copied().unwrap_or(0.0);
            let persistence = logistic(u[1]);
            let shock = persistence * logistic(u[2]);
            let omega = if targeted { before * (1.0 - persistence) } else { elementary::exp(next()) };
            let alpha = if self.asymmetric { 2.0 * shock * logistic(next()) } else { shock };
            let gamma = 2.0 * (shock - alpha);
            let dof = self.student.then(|| 2.0 + elementary::exp(next()));
            GarchLaw { mean: u[0], omega, alpha, gamma, beta: persistence - shock, dof }
        };
        let work = Work::new();
        let log_likelihood = |u: &[f64]| {
            let law = law(u);
            let dof = law.dof.is_none_or(|dof| (SMALLEST_DOF..LARGEST_DOF).contains(&dof));
            if !dof || law.persistence() >= 1.0 - 1e-9 {
                return f64::NAN;
            }
            work.charge(x.len(), if self.student { 25 } else { 18 });
            law.log_likelihood(&x, before)
        };
        let in_returns =
            |law: GarchLaw| GarchLaw { mean: unit * law.mean, omega: unit * unit * law.omega, ..law };
        let parameters = |u: &[f64]| {
            let law = in_returns(law(u));
            let volatility = annual(law.long_run_variance(), sample);
            let mut values = vec![law.omega, law.alpha, law.beta];
            values.extend(self.asymmetric.then_some(law.gamma));
            values.extend(law.dof);
            values.extend([law.persistence(), volatility]);
            values
        };
        let mut keys = vec!["omega", "alpha", "beta"];
        keys.extend(self.asymmetric.then_some("gamma"));
        keys.extend(self.student.then_some("dof"));
        let parameter_count = keys.len();
        keys.extend(["persistence", "long_run_volatility"]);
        let start = |persistence: f64, share: f64| {
            let mut start = vec![0.0, logit(persistence), logit(share)];
            start.extend((!targeted).then(|| elementary::ln(before * (1.0 - persistence))));
            start.extend(self.asymmetric.then_some(0.0));
            start.extend(self.student.then_some(elementary::ln(2.0_f64)));
            start
        };
        let starts = [start(0.97, 0.1), start(0.995, 0.05), start(0.8, 0.3)];
        let estimate = maximum_likelihood(log_likelihood, &keys, parameters, &starts, &|_| false, &work)?;
        floor::check_dof(law(&estimate.point).dof, sample)?;
        let mut parameters = estimate.parameters;
        let mut derived = parameters.split_off(parameter_count);
        let mut covariance = estimate.covariance;
        if targeted {
            // The error of the long-run variance is that of the sample's, which this likelihood does not know.
            let long_run = in_returns(law(&estimate.point)).long_run_variance();
            let error = variance_of_variance(sample);
            if let (Some(matrix), Some(error)) = (&mut covariance, error) {
                let share = parameters[0].value / long_run;
                matrix[0][0] += share * share * error;
                parameters[0].std_error = Some(matrix[0][0].sqrt());
            }
            derived[1].std_error =
                error.map(|error| 0.5 * error.sqrt() / long_run * annual(long_run, sample));
        }
        let log_likelihood = estimate.log_likelihood - sample.len() as f64 * elementary::ln(unit);
        let free = estimate.point.len() + usize::from(targeted);
        Ok(Estimated {
            law: in_returns(law(&estimate.point)),
            covariance: Covariance::of(&parameters, covariance.as_deref()),
            parameters,
            derived,
            log_likelihood,
            free,
        })
    }
}

/// Variance after the last bar beyond which a scenario does not start, over that of the sample: over six to nine years of hourly BTC,
/// ETH, SOL and DOGE the largest of any bar, in the crash of March 2020 or a squeeze, was 50 to 500 (alpha 0.1 to 0.2).
const LARGEST_START: f64 = 1000.0;

struct Estimated {
    law: GarchLaw,
    covariance: Option<Covariance>,
    parameters: Vec<Parameter>,
    derived: Vec<Parameter>,
    log_likelihood: f64,
    free: usize,
}

impl Estimated {
    /// Refuses a variance that dies where bars stand still (an omega of nearly 0, a persistence of nearly 1), or that the last
    /// returns alone have made.
    fn sound(self, sample: &Sample) -> Result<Self, FitError> {
        let of_sample = variance(&sample.returns);
        let variances = self.law.variances(&sample.returns, of_sample);
        let low = variances.iter().copied().fold(f64::INFINITY, f64::min) / of_sample;
        let high = variances.last().map_or(1.0, |last| last / of_sample);
        if low < floor::smallest_part(sample).powi(2) || high > LARGEST_START {
            return Err(FitError::WildVariance { low, high });
        }
        Ok(self)
    }

    fn into_fit(self, garch: Garch, sample: &Sample, method: &'static str, mut warnings: Vec<String>) -> Fit {
        let law = self.law;
        let variances = law.variances(&sample.returns, variance(&sample.returns));
        let cdf = |z: f64| law.dof.map_or_else(|| normal_cdf(z), |dof| standardised_t_cdf(z, dof));
        let probabilities =
            sample.returns.iter().zip(&variances).map(|(r, h)| cdf((r - law.mean) / h.sqrt())).collect();
        let last = annual(variances[sample.len()], sample);
        if law.persistence() > 0.9999 {
            warnings.push(format!(
                "the persistence of {:.6} means that shocks to the variance never fade: the long-run variance says little",
                law.persistence()
            ));
        }
        if law.dof.is_some() && sample.step.seconds() < SHORT_STEP {
            warnings.push(format!(
                "fitted to the next {}, not to weeks: over a horizon of weeks its ordinary moves come out too small and its \
                 extreme ones too large; compare a fit with --interval 1d",
                sample.step
            ));
        }
        let mut derived = self.derived;
        derived.push(Parameter { key: "volatility_after_the_last_bar", value: last, std_error: None });
        Fit {
            name: garch.name(),
            kind: "garch",
            method,
            parameters: self.parameters,
            covariance: self.covariance,
            derived,
            likelihood: Some(Likelihood {
                log: self.log_likelihood,
                parameters: self.free,
                is_maximum: true,
            }),
            probabilities: Some(probabilities),
            warnings,
        }
    }
}

/// The variance of the sample's variance, by resampled blocks, so that clusters of volatility stay together. That it is independent of
/// the other estimates is an approximation (both are worked out by Francq, Horváth and Zakoïan 2011, Journal of Financial Econometrics 9).
fn variance_of_variance(sample: &Sample) -> Option<f64> {
    let rows: Vec<Vec<f64>> = sample.returns.iter().map(|r| vec![*r, r * r]).collect();
    let block = (BLOCK / sample.step.seconds().max(1)).max(1) as usize;
    let covariance = block_bootstrap(&rows, block, |means| Some(vec![means[1] - means[0] * means[0]]))?;
    covariance.first()?.first().copied()
}

/// Volatility per square root of a year of a variance per step.
fn annual(variance: f64, sample: &Sample) -> f64 {
    (variance / sample.step_years()).sqrt()
}
