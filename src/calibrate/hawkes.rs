//! Self-exciting jumps: detected jump times, and the likelihood of a point process with an exponential kernel.
//!
//! The intensity is λ(t) = rate + Σ_{t_i < t} excitation·e^(−decay·(t − t_i)), all per year; each jump is followed by
//! excitation/decay further ones on average. Jump times are those of detected jumps ([`super::jumps`]), at the resolution of
//! the bars. The likelihood and its recursion are Ozaki's (1979). Sizes and the volatility are those of detected jumps in
//! `merton`, with rate/(1 − excitation/decay) jumps a year in the long run.

use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;

use super::fit::{Covariance, Fit, FitError, Likelihood, Parameter, logistic, logit, maximum_likelihood};
use super::jumps::{FEWEST_JUMPS, JumpLaw, Jumps};
use super::law::poisson;
use super::merton::{MOST_JUMPS_A_YEAR, jump_law_covariance};
use super::sample::Sample;
use super::work::Work;

/// Fewest jumps from which excitation can be told from chance.
const FEWEST: usize = 3 * FEWEST_JUMPS;
/// Jumps that each jump may cause on average: near one they go on without end, and there is no long-run rate.
const MOST_CAUSED: f64 = 0.99;
/// Expected jumps in a step beyond which one return tells them apart no more.
const MOST_A_STEP: f64 = 50.0;

/// Intensity of a self-exciting process; per year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excitation {
    /// Intensity without jumps before.
    pub rate: f64,
    /// What a jump adds to the intensity.
    pub excitation: f64,
    /// How fast that fades.
    pub decay: f64,
}

impl Excitation {
    /// Logarithm of the likelihood of jump times (in years, rising) over the time from 0 to `end`.
    pub fn log_likelihood(&self, times: &[f64], end: f64) -> f64 {
        let mut excited = 0.0;
        let mut last = 0.0;
        let mut log = -self.rate * end;
        for time in times {
            excited *= elementary::exp(-self.decay * (time - last));
            log += elementary::ln(self.rate + excited);
            excited += self.excitation;
            last = *time;
            log -= self.excitation / self.decay * -elementary::exp_m1(-self.decay * (end - time));
        }
        log
    }

    /// Jumps a year in the long run.
    pub fn long_run_rate(&self) -> f64 {
        self.rate / (1.0 - self.excitation / self.decay)
    }
}

/// Fits the intensity by maximum likelihood, the rest from the detected jumps.
///
/// # Errors
/// Too few jumps are detected.
pub fn fit(sample: &Sample, jumps: &Jumps) -> Result<Fit, FitError> {
    let found = jumps.count();
    if found < FEWEST {
        return Err(FitError::FewJumps { found, needed: FEWEST });
    }
    let dt = sample.step_years();
    // Time runs over the tested returns only: gaps are skipped, as in all other fits.
    let tested = sample.len() - jumps.untested;
    let end = tested as f64 * dt;
    let at = |index: usize| (index as f64 + 0.5) * dt;
    let times: Vec<f64> = jumps.is_jump[jumps.untested..]
        .iter()
        .enumerate()
        .filter(|(_, jump)| **jump)
        .map(|(i, _)| at(i))
        .collect();
    let law = |u: &[f64]| {
        let decay = elementary::exp(u[2]);
        Excitation { rate: elementary::exp(u[0]), excitation: decay * logistic(u[1]), decay }
    };
    let parameters = |u: &[f64]| {
        let law = law(u);
        vec![law.rate, law.excitation, law.decay, law.excitation / law.decay, law.long_run_rate()]
    };
    let mean_rate = times.len() as f64 / end;
    let start = |branching: f64, decay: f64| {
        vec![elementary::ln(mean_rate * (1.0 - branching)), logit(branching), elementary::ln(decay)]
    };
    let decay = |wanted: f64| f64::min(wanted, MOST_JUMPS_A_YEAR);
    let starts = [
        start(0.3, decay(0.3 / dt)),
        start(0.3, decay(0.03 / dt)),
        start(0.5, decay(10.0 * mean_rate)),
        start(0.1, decay(0.1 / dt)),
    ];
    let keys = ["jumps.rate", "jumps.excitation", "jumps.decay", "branching", "long_run_rate"];
    // A kernel that fades within a bar cannot be seen in bars.
    // A scenario takes rates up to 100,000 a year.
    let work = Work::new();
    let log_likelihood = |u: &[f64]| {
        let law = law(u);
        if law.decay * dt > 1.0 || law.excitation.max(law.rate) > MOST_JUMPS_A_YEAR {
            return f64::NAN;
        }
        work.charge(times.len(), 40);
        law.log_likelihood(&times, end)
    };
    let estimate = maximum_likelihood(log_likelihood, &keys, parameters, &starts, &|_| false, &work)?;
    let intensity = law(&estimate.point);
    let caused = intensity.excitation / intensity.decay;
    if caused > MOST_CAUSED || intensity.long_run_rate() > MOST_JUMPS_A_YEAR {
        return Err(FitError::EndlessExcitation { caused });
    }
    let sizes = JumpLaw::estimate(sample, jumps)?;
    let of_sizes = jump_law_covariance(sample, jumps);
    let mut timing = estimate.parameters;
    let derived = timing.split_off(3);
    let mut parameters: Vec<Parameter> = sizes.parameters(of_sizes.as_deref());
    // Times and sizes are estimated apart.
    let covariance = Covariance::of(&parameters, of_sizes.as_deref())
        .zip(Covariance::of(&timing, estimate.covariance.as_deref()))
        .map(|(sizes, timing)| sizes.without("jumps.rate").beside(timing));
    parameters.retain(|parameter| parameter.key != "jumps.rate");
    parameters.extend(timing);
    let mut warnings = estimate.warnings;
    let poisson_log = times.len() as f64 * elementary::ln(mean_rate) - mean_rate * end;
    let gain = estimate.log_likelihood - poisson_log;
    // Two more parameters than a Poisson process: 3 is the 5 % point of half a chi-square.
    if gain < 3.0 {
        warnings.push(format!(
            "excitation improves the likelihood of the jump times by {gain:.1} only: merton says as much"
        ));
    }
    if intensity.decay * dt > 0.9 {
        warnings.push("excitation fades within a bar: shorter bars would show more".to_owned());
    }
    let (log, probabilities) = predict(sample, jumps, &sizes, &intensity);
    Ok(Fit {
        name: "hawkes",
        kind: "hawkes",
        method: "maximum likelihood of the times of detected jumps (exponential kernel); sizes and volatility as merton-jumps",
        parameters,
        covariance,
        derived,
        likelihood: Some(Likelihood { log, parameters: 7, is_maximum: false }),
        probabilities: Some(probabilities),
        warnings,
    })
}

/// Log-likelihood and probability of each return given those before it: within a step the number of jumps is taken as
/// Poisson with the intensity at its start that the detected jumps before it give.
fn predict(sample: &Sample, jumps: &Jumps, sizes: &JumpLaw, intensity: &Excitation) -> (f64, Vec<f64>) {
    let dt = sample.step_years();
    let fade = elementary::exp(-intensity.decay * dt);
    let variance = sizes.volatility.powi(2) * dt;
    let centre = sample.mean() - sizes.rate * dt * sizes.mean;
    let mut excited = intensity.long_run_rate() - intensity.rate;
    let mut log = 0.0;
    let mut probabilities = Vec::with_capacity(sample.len());
    for (r, is_jump) in sample.returns.iter().zip(&jumps.is_jump) {
        let (mut density, mut below) = (0.0, 0.0);
        for (n, weight) in poisson(((intensity.rate + excited) * dt).min(MOST_A_STEP)).into_iter().enumerate()
        {
            let n = n as f64;
            let std_dev = (variance + n * sizes.std_dev.powi(2)).sqrt();
            let z = (r - centre - n * sizes.mean) / std_dev;
            density += weight * elementary::exp(-0.5 * z * z) / std_dev;
            below += weight * normal_cdf(z);
        }
        log +=
            elementary::ln(density.max(f64::MIN_POSITIVE)) - 0.5 * elementary::ln(2.0 * std::f64::consts::PI);
        probabilities.push(below);
        // A jump somewhere in the step has faded for half of it on average.
        excited = excited * fade + if *is_jump { intensity.excitation * fade.sqrt() } else { 0.0 };
    }
    (log, probabilities)
}
