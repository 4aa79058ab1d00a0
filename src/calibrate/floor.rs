//! Below what no part of a law is fitted: quiet bars and coarse ticks have likelihoods without a bound.
//!
//! A mixture of laws may put one of them on the returns that are exactly 0 (bars without a trade, prices that are rounded): its
//! deviation goes to 0 and the likelihood to infinity (for mixtures of normal laws: Day 1969, Biometrika 56; for jump diffusions: Honoré 1998). What is
//! found there says nothing of the market, so searches end at a floor, and a fit that lies on it is refused.

use super::fit::FitError;
use super::sample::Sample;

/// Smallest deviation of a part, in deviations of the sample.
const SMALLEST_PART: f64 = 0.05;
/// A fit lies on the floor if it is this close.
const ON_THE_FLOOR: f64 = 1.05;
/// Smallest degrees of freedom: at 2 the law is a spike between tails without end.
pub(super) const SMALLEST_DOF: f64 = 2.1;

/// The smallest standard deviation of a part of a law, in deviations of the sample: that of rounding to the tick (two ends, each
/// even over a tick: tick/√6), or a twentieth.
pub(super) fn smallest_part(sample: &Sample) -> f64 {
    (sample.rounding() / sample.std_dev()).max(SMALLEST_PART)
}

/// Refuses a part of this deviation, in deviations of the sample.
pub(super) fn check(part: f64, sample: &Sample) -> Result<(), FitError> {
    if part > ON_THE_FLOOR * smallest_part(sample) {
        return Ok(());
    }
    Err(degenerate(sample))
}

/// Refuses degrees of freedom at their floor.
pub(super) fn check_dof(dof: Option<f64>, sample: &Sample) -> Result<(), FitError> {
    match dof {
        Some(dof) if dof < 2.0 + ON_THE_FLOOR * (SMALLEST_DOF - 2.0) => Err(degenerate(sample)),
        _ => Ok(()),
    }
}

fn degenerate(sample: &Sample) -> FitError {
    let zeros = sample.returns.iter().filter(|r| **r == 0.0).count();
    FitError::QuietBars { zeros: 100.0 * zeros as f64 / sample.len() as f64 }
}
