//! What can be fitted to a history, and what came out.

use super::fit::{Fit, FitError};
use super::garch::Garch;
use super::goodness::Goodness;
use super::jumps::Jumps;
use super::sample::Sample;
use super::{bates, gbm, hawkes, heston, kou, merton, regime};

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
