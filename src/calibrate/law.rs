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

/// Probabilities of 0, 1, 2 … events of a Poisson law, up to where the rest is below 10⁻¹³ of the whole.
pub fn poisson(mean: f64) -> Vec<f64> {
    let mut probabilities = vec![(-mean).exp()];
    let mut sum = probabilities[0];
    let mut last = sum;
    while 1.0 - sum > 1e-13 && probabilities.len() < 200 {
        last *= mean / probabilities.len() as f64;
        if last < 1e-18 && probabilities.len() as f64 > mean {
            break;
        }
        probabilities.push(last);
        sum += last;
    }
    probabilities
}
