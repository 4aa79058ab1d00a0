//! Weighted power sums: means with their errors, and shapes of distributions.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::numeric::ExactSum;

/// Power sums of a variable y with weights w over one block of paths, in plain doubles.
///
/// `powers[k]` is Σ w·yᵏ; `squares[k]` is Σ w²·yᵏ, which the error of a weighted mean needs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Σ w·yᵏ for k from 0 to 4.
    pub powers: [f64; 5],
    /// Σ w²·yᵏ for k from 0 to 2.
    pub squares: [f64; 3],
}

impl Sums {
    /// Adds one value.
    #[inline(always)]
    pub fn add(&mut self, y: f64, weight: f64) {
        let mut term = weight;
        for power in &mut self.powers {
            *power += term;
            term *= y;
        }
        let mut term = weight * weight;
        for square in &mut self.squares {
            *square += term;
            term *= y;
        }
    }

    /// Adds many values that are all the same, from the sums of their weights and of the squares of those.
    pub fn add_equal(&mut self, y: f64, weights: f64, squared_weights: f64) {
        let (mut term, mut square) = (weights, squared_weights);
        for power in &mut self.powers {
            *power += term;
            term *= y;
        }
        for sum in &mut self.squares {
            *sum += square;
            square *= y;
        }
    }
}

/// Power sums over any number of blocks, exact under merging.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    powers: [ExactSum; 5],
    squares: [ExactSum; 3],
}

impl Moments {
    /// Adds the sums of a block.
    #[inline(always)]
    pub fn add(&mut self, sums: &Sums) {
        // A block without weight adds nothing; most levels have no bad debt.
        if sums.powers[0] == 0.0 {
            return;
        }
        for (exact, x) in self.powers.iter_mut().zip(sums.powers) {
            exact.add(x);
        }
        for (exact, x) in self.squares.iter_mut().zip(sums.squares) {
            exact.add(x);
        }
    }

    /// The sums of constant + slope·y.
    pub fn mapped(&self, constant: f64, slope: f64) -> Sums {
        let p = self.powers.map(|sum| sum.value());
        let q = self.squares.map(|sum| sum.value());
        let (a, b) = (constant, slope);
        Sums {
            powers: [
                p[0],
                a * p[0] + b * p[1],
                a * a * p[0] + 2.0 * a * b * p[1] + b * b * p[2],
                a.powi(3) * p[0] + 3.0 * a * a * b * p[1] + 3.0 * a * b * b * p[2] + b.powi(3) * p[3],
                a.powi(4) * p[0]
                    + 4.0 * a.powi(3) * b * p[1]
                    + 6.0 * a * a * b * b * p[2]
                    + 4.0 * a * b.powi(3) * p[3]
                    + b.powi(4) * p[4],
            ],
            squares: [q[0], a * q[0] + b * q[1], a * a * q[0] + 2.0 * a * b * q[1] + b * b * q[2]],
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.powers.iter_mut().zip(other.powers) {
            *mine += theirs;
        }
        for (mine, theirs) in self.squares.iter_mut().zip(other.squares) {
            *mine += theirs;
        }
    }
}

impl AddAssign<&Moments> for Moments {
    fn add_assign(&mut self, other: &Self) {
        for (mine, theirs) in self.powers.iter_mut().zip(other.powers) {
            *mine += theirs;
        }
        for (mine, theirs) in self.squares.iter_mut().zip(other.squares) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_sums_equal_the_sums_of_mapped_values() {
        let (mut raw, mut direct, mut moments) = (Sums::default(), Sums::default(), Moments::default());
        for i in 0..50 {
            let (y, w) = (0.1 * f64::from(i) - 2.0, 0.5 + 0.01 * f64::from(i));
            raw.add(y, w);
            direct.add(0.3 - 1.7 * y, w);
        }
        moments.add(&raw);
        let mapped = moments.mapped(0.3, -1.7);
        for (a, b) in
            mapped.powers.iter().chain(&mapped.squares).zip(direct.powers.iter().chain(&direct.squares))
        {
            assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}");
        }
    }
}
