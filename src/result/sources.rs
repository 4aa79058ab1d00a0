//! Where the liquidation probabilities of a result come from, in words.

use std::fmt;

use super::words::listed;
use crate::estimate::{Answer, Choice};
use crate::numeric::NET;
use crate::scenario::Sampling;
use crate::stats::{Estimate, Method};

/// What each level's liquidation probability rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources {
    sampling: Sampling,
    /// Plain paths of the run.
    paths: u64,
    /// Leverage and what was taken; levels that are known without any work left out.
    levels: Vec<(f64, Choice)>,
    /// Whether paths come in pairs of mirror images.
    is_mirrored: bool,
    /// Whether nets led the paths.
    is_led: bool,
    /// Whether liquidations are hedged.
    is_hedged: bool,
}

impl Sources {
    /// What the levels of a run of some paths rest on.
    pub fn new(sampling: Sampling, paths: u64, levels: impl Iterator<Item = (f64, Choice)>) -> Self {
        let is_work =
            |(_, choice): &(f64, Choice)| choice.answer.as_ref().is_none_or(|answer| !answer.is_certain());
        let levels = levels.filter(is_work).collect();
        Self { sampling, paths, levels, is_mirrored: false, is_led: false, is_hedged: false }
    }

    /// The same on paths in pairs of mirror images.
    #[must_use]
    pub fn mirrored(self, is_mirrored: bool) -> Self {
        Self { is_mirrored, ..self }
    }

    /// The same on paths that nets led.
    #[must_use]
    pub fn led(self, is_led: bool) -> Self {
        Self { is_led, ..self }
    }

    /// The same on paths whose liquidations are hedged.
    #[must_use]
    pub fn hedged(self, is_hedged: bool) -> Self {
        Self { is_hedged, ..self }
    }

    /// Whether the scenario leaves the way to the probabilities to the program.
    pub fn has_choice(&self) -> bool {
        self.sampling != Sampling::Pseudo
            && self.levels.iter().any(|(_, choice)| choice.probability.method != Method::Counted)
    }

    /// The levels whose probability came about in a way.
    fn by(&self, method: Method) -> impl Iterator<Item = &(f64, Choice)> + Clone {
        self.levels.iter().filter(move |(_, choice)| choice.probability.method == method)
    }

    fn answers(&self, method: Method) -> Vec<(f64, &Answer)> {
        self.by(method).filter_map(|(leverage, choice)| Some((*leverage, choice.answer.as_ref()?))).collect()
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What lies below all numbers has no size of a sample.
        let mut points = self.answers(Method::QuasiMonteCarlo);
        points.retain(|(_, answer)| answer.probability.value > 0.0);
        if let Some((_, Answer { replicates, .. })) = points.first() {
            let tilted: Vec<f64> =
                points.iter().filter(|(_, answer)| answer.is_tilted).map(|(leverage, _)| *leverage).collect();
            let importance = match tilted.is_empty() {
                true => String::new(),
                false => format!(", importance sampling at {}", listed(&tilted)),
            };
            write!(
                f,
                "Liquidation probabilities are exact crossing probabilities between the ends of continuous stretches, averaged over \
                 {replicates} independently scrambled sets of Sobol points{importance}: effective sample size {} plain paths, gain \
                 (plain paths per point) {}. ",
                span(points.iter().map(|(_, answer)| answer.effective_paths())),
                span(points.iter().map(|(_, answer)| answer.gain()))
            )?;
        }
        let particles = self.answers(Method::Splitting);
        if !particles.is_empty() {
            write!(
                f,
                "The liquidation probability at {} is rare and comes from particles, paths that are resampled on their way towards \
                 liquidation and weighted: effective sample size {} plain paths, gain (plain paths per particle) {}. ",
                listed(&particles.iter().map(|(leverage, _)| *leverage).collect::<Vec<f64>>()),
                span(particles.iter().map(|(_, answer)| answer.effective_paths())),
                span(particles.iter().map(|(_, answer)| answer.gain()))
            )?;
        }
        let stratified: Vec<(f64, Estimate)> =
            self.by(Method::Stratified).map(|(leverage, choice)| (*leverage, choice.probability)).collect();
        if !stratified.is_empty() {
            let effective = stratified.iter().map(|(_, estimate)| estimate.effective_paths());
            write!(
                f,
                "At {} liquidations are counted {}: effective sample size {} plain paths, gain {}. ",
                listed(&stratified.iter().map(|(leverage, _)| *leverage).collect::<Vec<f64>>()),
                match self.is_hedged {
                    true => "less what hedges them in what drives price and variance",
                    false => "by strata of where the random motion went that drives the price",
                },
                span(effective.clone()),
                span(effective.map(|n| n / self.paths as f64))
            )?;
        }
        match self.has_choice() {
            true if self.is_led => {
                write!(f, "All else comes from {} paths in scrambled nets of {NET}.", self.paths)
            }
            true => write!(f, "All else comes from {} plain paths.", self.paths),
            false if self.is_mirrored => {
                let counted = self.by(Method::Counted).map(|(_, choice)| choice.probability);
                let known = counted.filter(|estimate| estimate.std_error > 0.0);
                let effective = known.map(|estimate| estimate.effective_paths());
                write!(
                    f,
                    "Liquidations are counted on {} paths, each second one the mirror image of that before it: effective sample size {} \
                     plain paths, gain {}. Errors of other numbers are those of independent paths.",
                    self.paths,
                    span(effective.clone()),
                    span(effective.map(|n| n / self.paths as f64))
                )
            }
            false if self.is_led => write!(
                f,
                "Liquidations are counted on {} paths in scrambled nets of {NET}; errors are stated as those of independent paths where these \
                 are too few to tell.",
                self.paths
            ),
            false => write!(
                f,
                "Liquidations are counted on {0} independent paths: effective sample size {0}, gain 1.",
                self.paths
            ),
        }
    }
}

/// The smallest and the largest of some numbers, in words.
fn span(values: impl Iterator<Item = f64>) -> String {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    let short = |x: f64| if x < 1000.0 { format!("{x:.1}") } else { format!("{x:.1e}") };
    let (low, high) = (short(low), short(high));
    if low == high { low } else { format!("{low} to {high}") }
}
