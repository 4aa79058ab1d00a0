//! Distribution functions that the fits and their tests need.

use crate::numeric::elementary;
use crate::numeric::special::student_cdf;

/// Distribution function of a Student-t law scaled to variance 1, for `dof` above 2.
pub fn standardised_t_cdf(x: f64, dof: f64) -> f64 {
    student_cdf(dof, x / ((dof - 2.0) / dof).sqrt())
}

/// Probabilities of 0, 1, 2 … events of a Poisson law, up to where they fall below 10⁻²⁴: far out, many jumps that are
/// hardly likely make up most of a density.
pub fn poisson(mean: f64) -> Vec<f64> {
    const SMALLEST: f64 = 1e-24;
    let mut probabilities = vec![elementary::exp(-mean)];
    let mut last = probabilities[0];
    while last > SMALLEST || (probabilities.len() as f64) < mean {
        last *= mean / probabilities.len() as f64;
        probabilities.push(last);
    }
    probabilities
}
