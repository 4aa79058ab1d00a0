//! Sums whose result does not depend on the order of the terms.
//!
//! A double is split into a multiple of 2⁻³² and a rest kept as a multiple of 2⁻¹²⁸; both are summed as 128-bit
//! integers. Addition of integers is associative, so any split of the work over threads, shards and partial results
//! gives the same bits. Terms up to 2⁶⁴ in magnitude, at least 2³⁰ of them, are exact down to 2⁻¹²⁸.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

const HIGH_UNIT: f64 = 4_294_967_296.0; // 2^32
const LOW_UNIT: f64 = HIGH_UNIT * HIGH_UNIT * HIGH_UNIT * HIGH_UNIT; // 2^128

/// The low part in two pieces of 48 bits.
const UPPER_UNIT: f64 = LOW_UNIT / LOWER_UNIT;
const LOWER_UNIT: f64 = 281_474_976_710_656.0; // 2^48
const FITS: f64 = 9e18;

/// An order-independent sum of doubles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactSum {
    high: i128,
    low: i128,
}

impl ExactSum {
    /// Larger terms count as this: a sum that has reached it may have lost some of them.
    pub const LARGEST: f64 = HIGH_UNIT * HIGH_UNIT;

    /// Adds a finite number of magnitude below 2⁶⁴ (a larger one counts as 2⁶⁴, not-a-number as 0).
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        let x = x.clamp(-Self::LARGEST, Self::LARGEST);
        let high = (x * HIGH_UNIT).floor();
        // Exact: the rest is the low bits of x.
        let rest = x - high / HIGH_UNIT;
        // Conversions to 64 bits are one instruction, those to 128 a call.
        self.high += if high.abs() < FITS { i128::from(high as i64) } else { high as i128 };
        let upper = (rest * UPPER_UNIT).floor();
        let lower = (rest * UPPER_UNIT - upper) * LOWER_UNIT;
        self.low += (i128::from(upper as i64) << 48) + i128::from(lower as i64);
    }

    /// The sum, rounded to a double.
    pub fn value(&self) -> f64 {
        self.high as f64 / HIGH_UNIT + self.low as f64 / LOW_UNIT
    }
}

impl AddAssign for ExactSum {
    fn add_assign(&mut self, other: Self) {
        self.high += other.high;
        self.low += other.low;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_terms_does_not_matter() {
        let terms: Vec<f64> =
            (0..1000).map(|i| (f64::from(i) * 0.7).sin() * 10f64.powi(i % 17 - 12)).collect();
        let sum = |terms: &mut dyn Iterator<Item = &f64>| {
            let mut total = ExactSum::default();
            terms.for_each(|x| total.add(*x));
            total
        };
        let forward = sum(&mut terms.iter());
        let mut split = sum(&mut terms[500..].iter().rev());
        split += sum(&mut terms[..500].iter());
        assert_eq!(forward, split);
        let plain: f64 = terms.iter().sum();
        assert!((forward.value() - plain).abs() < 1e-10 * plain.abs().max(1.0));
    }

    #[test]
    fn small_and_negative_terms_are_kept() {
        let mut sum = ExactSum::default();
        for x in [1e-20, -3.0, 1e-25, 3.0] {
            sum.add(x);
        }
        assert!((sum.value() / 1.00001e-20 - 1.0).abs() < 1e-12, "{}", sum.value());
    }
}
