//! Bates's model: detected jumps, and the moments of realised variance without them.
//!
//! The jumps are those of [`super::jumps`], with the rate, mean and spread that a fit of Merton's model by detection has. The
//! other returns give the realised variance of each day, per bar that is left, and its moments give Heston's parameters as in
//! [`super::heston`]: a threshold estimator of the continuous variance (Mancini 2009, Scandinavian Journal of Statistics 36).
//! The two sets of standard errors come from two bootstraps: correlations between a jump's and a variance's estimate are not
//! given.
//!
//! What is rough: the spread of a detected jump holds its bar's ordinary move too, and jumps too small to be told from
//! ordinary moves count as variance.

use super::fit::{Covariance, Fit, FitError, Parameter};
use super::heston::{self, Variances};
use super::jumps::{JumpLaw, Jumps};
use super::merton::jump_law_covariance;
use super::sample::Sample;

/// Fits by detected jumps and moments.
///
/// # Errors
/// Too few jumps are detected, there are too few days, or the variance that is left shows no clusters.
pub fn fit(sample: &Sample, jumps: &Jumps) -> Result<Fit, FitError> {
    let law = JumpLaw::estimate(sample, jumps)?;
    let of_jumps = jump_law_covariance(sample, jumps);
    let Variances { mut parameters, covariance, mut derived, warnings } =
        heston::variances(sample, Some(jumps))?;
    // The volatility of a law without clusters is no parameter here.
    let jumps_of_law = law.parameters(of_jumps.as_deref());
    let covariance = covariance
        .zip(Covariance::of(&jumps_of_law, of_jumps.as_deref()))
        .map(|(variances, jumps)| variances.beside(jumps.without("volatility")));
    parameters.extend(jumps_of_law.into_iter().filter(|p| p.key != "volatility"));
    derived.push(Parameter { key: "detected_jumps", value: jumps.count() as f64, std_error: None });
    Ok(Fit {
        name: "bates",
        kind: "bates",
        method: "jumps detected by Lee and Mykland (2008, 1 % level), moments of daily realised variance without them",
        parameters,
        covariance,
        derived,
        likelihood: None,
        probabilities: None,
        warnings,
    })
}
