//! All models that suit a history, fitted side by side, and the choice among them.

use rayon::prelude::*;

use super::fit::{Fit, FitError};
use super::garch::Garch;
use super::goodness::Goodness;
use super::jumps::Jumps;
use super::sample::{Sample, mean, variance};
use super::{bates, gbm, hawkes, heston, kou, merton, regime};
use crate::numeric::elementary;

/// What can be fitted: a model with an estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Geometric Brownian motion.
    Gbm,
    /// Merton by maximum likelihood.
    Merton,
    /// Merton by detected jumps.
    MertonJumps,
    /// Kou by maximum likelihood.
    Kou,
    /// A member of the GARCH family.
    Garch(Garch),
    /// Two regimes.
    Regime,
    /// Self-exciting jumps.
    Hawkes,
    /// Heston by moments.
    Heston,
    /// Bates by detected jumps and moments.
    Bates,
}

impl Target {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Gbm,
        Self::Merton,
        Self::MertonJumps,
        Self::Kou,
        Self::Garch(Garch { student: false, asymmetric: false }),
        Self::Garch(Garch { student: true, asymmetric: false }),
        Self::Garch(Garch { student: false, asymmetric: true }),
        Self::Garch(Garch { student: true, asymmetric: true }),
        Self::Regime,
        Self::Hawkes,
        Self::Heston,
        Self::Bates,
    ];

    /// The name of its fit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::Merton => "merton-mle",
            Self::MertonJumps => "merton-jumps",
            Self::Kou => "kou",
            Self::Garch(garch) => garch.name(),
            Self::Regime => "regime",
            Self::Hawkes => "hawkes",
            Self::Heston => "heston",
            Self::Bates => "bates",
        }
    }

    /// Its fit to a sample with these jumps.
    pub(super) fn fit(self, sample: &Sample, jumps: &Jumps) -> Result<Fit, FitError> {
        match self {
            Self::Gbm => Ok(gbm::fit(sample)),
            Self::Merton => merton::fit(sample),
            Self::MertonJumps => merton::fit_detected(sample, jumps),
            Self::Kou => kou::fit(sample),
            Self::Garch(garch) => garch.fit(sample),
            Self::Regime => regime::fit(sample),
            Self::Hawkes => hawkes::fit(sample, jumps),
            Self::Heston => heston::fit(sample),
            Self::Bates => bates::fit(sample, jumps),
        }
    }
}

/// A fit with its tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The fit.
    pub fit: Fit,
    /// Its tests; none where the model gives no probabilities.
    pub goodness: Option<Goodness>,
}

impl Candidate {
    /// What is weak about the estimate and the fit, in words.
    pub fn warnings(&self) -> Vec<String> {
        let weak = self.goodness.as_ref().map(Goodness::weaknesses).unwrap_or_default();
        self.fit.warnings.iter().cloned().chain(weak).collect()
    }
}

/// A number with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Growth {
    /// Per year.
    pub value: f64,
    /// Per year.
    pub std_error: f64,
}

/// The outcome of a calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// What was fitted to.
    pub sample: Sample,
    /// The fits, in the order of [`Target::ALL`].
    pub candidates: Vec<Candidate>,
    /// What could not be fitted, and why.
    pub failures: Vec<(&'static str, FitError)>,
    /// Index of the candidate with the smallest BIC.
    pub chosen: usize,
    /// Mean log return per year.
    pub log_growth: Growth,
    /// Growth rate of the expected price per year, ln E[e^r]/Δ.
    pub growth: Growth,
}

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
    let n = sample.len();
    let bic = |candidate: &Candidate| {
        candidate.fit.likelihood.map_or(f64::INFINITY, |likelihood| likelihood.bic(n))
    };
    let chosen = (0..candidates.len()).min_by(|&a, &b| bic(&candidates[a]).total_cmp(&bic(&candidates[b])));
    let Some(chosen) = chosen else { return Err(failures) };
    let (log_growth, growth) = growth(&sample);
    Ok(Calibration { sample, candidates, failures, chosen, log_growth, growth })
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
