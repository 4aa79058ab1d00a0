//! The choice among the models that suit a history: fitted side by side, held to the format, compared by BIC.

use rayon::prelude::*;

use crate::numeric::elementary;

use super::calibration::{Calibration, Candidate, Growth, Target};
use super::fit::FitError;
use super::goodness::Goodness;
use super::jumps::Jumps;
use super::sample::{Sample, mean, variance};
use super::scenario::refusal;

/// Fits the targets, in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// None could be fitted: the reasons.
pub fn calibrate(sample: Sample, targets: &[Target]) -> Result<Calibration, Vec<(&'static str, FitError)>> {
    let jumps = Jumps::detect(&sample);
    let fits: Vec<_> =
        targets.par_iter().map(|target| (target.name(), target.fit(&sample, &jumps))).collect();
    let (mut candidates, mut failures) = (Vec::new(), Vec::new());
    for (name, fit) in fits {
        match fit {
            Ok(fit) => {
                let goodness = fit.probabilities.as_deref().map(Goodness::of);
                candidates.push(Candidate { fit, goodness });
            }
            Err(error) => failures.push((name, error)),
        }
    }
    let (log_growth, growth) = growth(&sample);
    let mut calibration = Calibration { sample, candidates, failures, chosen: 0, log_growth, growth };
    // What no scenario may hold is no candidate: one set of bounds, that of the format.
    let refusals: Vec<Option<String>> =
        calibration.candidates.iter().map(|candidate| refusal(&calibration, &candidate.fit)).collect();
    let mut refusals = refusals.into_iter();
    let mut refused = Vec::new();
    calibration.candidates.retain(|candidate| match refusals.next().flatten() {
        Some(words) => {
            refused.push((candidate.fit.name, FitError::OutOfRange(words)));
            false
        }
        None => true,
    });
    calibration.failures.extend(refused);
    let Calibration { sample, candidates, failures, .. } = &mut calibration;
    let n = sample.len();
    let bic = |candidate: &Candidate| {
        candidate.fit.likelihood.map_or(f64::INFINITY, |likelihood| likelihood.bic(n))
    };
    let chosen = (0..candidates.len()).min_by(|&a, &b| bic(&candidates[a]).total_cmp(&bic(&candidates[b])));
    let Some(chosen) = chosen else { return Err(std::mem::take(failures)) };
    calibration.chosen = chosen;
    Ok(calibration)
}

/// Mean log return, and growth of the expected price, per year with standard errors.
fn growth(sample: &Sample) -> (Growth, Growth) {
    let (n, dt) = (sample.len() as f64, sample.step_years());
    let ratios: Vec<f64> = sample.returns.iter().map(|r| elementary::exp(*r)).collect();
    let (log, ratio) = (mean(&sample.returns), mean(&ratios));
    let error = |values: &[f64], centre: f64| (variance(values) / n).sqrt() / (centre * dt);
    (
        Growth { value: log / dt, std_error: error(&sample.returns, 1.0) },
        Growth { value: elementary::ln(ratio) / dt, std_error: error(&ratios, ratio) },
    )
}
