//! Distribution functions that the fits and their tests need.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::erfc;

/// Distribution function of the standard normal law.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Distribution function of a Student-t law scaled to variance 1, for `dof` above 2.
pub fn standardised_t_cdf(x: f64, dof: f64) -> f64 {
    // The parameters are valid for every dof above 2; NaN is what an invalid one deserves.
    StudentsT::new(0.0, ((dof - 2.0) / dof).sqrt(), dof).map_or(f64::NAN, |law| law.cdf(x))
}

/// Probabilities of 0, 1, 2 … events of a Poisson law, up to where they fall below 10⁻²⁴: far out, many jumps that are
/// hardly likely make up most of a density.
pub fn poisson(mean: f64) -> Vec<f64> {
    const SMALLEST: f64 = 1e-24;
    let mut probabilities = vec![(-mean).exp()];
    let mut last = probabilities[0];
    while last > SMALLEST || (probabilities.len() as f64) < mean {
        last *= mean / probabilities.len() as f64;
        probabilities.push(last);
    }
    probabilities
}
