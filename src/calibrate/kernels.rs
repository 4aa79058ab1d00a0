//! The inner loops of the likelihoods, vectorised: normal densities over all returns, and sums of logarithms.

use crate::numeric::{Kernel, dispatch, exp, ln};

/// Densities below this count as this, so that one hopeless return does not end a search.
pub const SMALLEST_DENSITY: f64 = 1e-300;

const TWO_PI: f64 = 2.0 * std::f64::consts::PI;

struct AddNormal<'a> {
    x: &'a [f64],
    mean: f64,
    factor: f64,
    exponent: f64,
    out: &'a mut [f64],
}

impl Kernel for AddNormal<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (x, out) in self.x.iter().zip(self.out.iter_mut()) {
            let d = x - self.mean;
            *out += self.factor * exp(self.exponent * d * d);
        }
    }
}

/// Adds `weight` times the density of a normal law at every `x` to `out`.
pub fn add_normal(x: &[f64], weight: f64, mean: f64, variance: f64, out: &mut [f64]) {
    dispatch(AddNormal {
        x,
        mean,
        factor: weight / (TWO_PI * variance).sqrt(),
        exponent: -0.5 / variance,
        out,
    });
}

struct SumLogs<'a> {
    values: &'a mut [f64],
}

impl Kernel for SumLogs<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        for value in self.values.iter_mut() {
            *value = ln(if *value > SMALLEST_DENSITY { *value } else { SMALLEST_DENSITY });
        }
        self.values.iter().sum()
    }
}

/// Sum of the logarithms; the values are replaced by their logarithms.
pub fn sum_of_logs(values: &mut [f64]) -> f64 {
    dispatch(SumLogs { values })
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use statrs::distribution::{Continuous, Normal};

    use super::*;

    #[test]
    fn densities_and_logarithms_agree_with_the_slow_way() {
        let x: Vec<f64> = (0..101).map(|i| f64::from(i) / 10.0 - 5.0).collect();
        let mut density = vec![0.0; x.len()];
        add_normal(&x, 0.25, 0.5, 4.0, &mut density);
        add_normal(&x, 0.75, -1.0, 0.25, &mut density);
        let (wide, narrow) = (Normal::new(0.5, 2.0).unwrap(), Normal::new(-1.0, 0.5).unwrap());
        let expected: Vec<f64> = x.iter().map(|x| 0.25 * wide.pdf(*x) + 0.75 * narrow.pdf(*x)).collect();
        for (density, expected) in density.iter().zip(&expected) {
            assert_relative_eq!(density, expected, max_relative = 1e-13);
        }
        let logs: f64 = expected.iter().map(|density| density.ln()).sum();
        assert_relative_eq!(sum_of_logs(&mut density), logs, max_relative = 1e-13);
    }
}
