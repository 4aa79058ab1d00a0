//! Exponentials of whole columns.

use super::dispatch::{Kernel, dispatch};
use super::lanewise::exp;

/// The exponential of every number of a column.
pub fn exponentials(exponents: &[f64], out: &mut Vec<f64>) {
    out.resize(exponents.len(), 0.0);
    dispatch(Exponentials { exponents, out });
}

struct Exponentials<'a> {
    exponents: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, exponent) in self.out.iter_mut().zip(self.exponents) {
            *out = exp(*exponent);
        }
    }
}
