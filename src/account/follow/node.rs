//! Draws that are addressed by their place in the refinement of a bar.
//!
//! What happens inside a bar is drawn from the bar's path and its start, and from the way there (which half, what is left
//! after a hit), never from a stream that others draw from too. So every level and every pool sees the same refinement of the
//! same path, whatever else is in the list.

use crate::numeric::{mix64, normal_quantile};

/// One piece of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node(u64);

impl Node {
    /// A whole bar of a path, given the key of the block.
    #[inline(always)]
    pub fn bar(key: u64, lane: u32, start: f64) -> Self {
        Self(mix64(mix64(key ^ u64::from(lane)) ^ start.to_bits()))
    }

    /// A piece of this one.
    #[inline(always)]
    pub fn part(self, number: u64) -> Self {
        Self(mix64(self.0 ^ (number + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)))
    }

    #[inline(always)]
    fn word(self, index: u64) -> u64 {
        mix64(self.0.wrapping_add((index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)) ^ 0x5851_F42D_4C95_7F2D)
    }

    /// A uniform in (0, 1): (k + ½)·2⁻⁵² for 52 random bits k.
    #[inline(always)]
    pub fn uniform(self, index: u64) -> f64 {
        const ONE: u64 = 1023 << 52;
        f64::from_bits((self.word(index) >> 12) | ONE) - (1.0 - f64::EPSILON / 2.0)
    }

    /// A standard normal.
    #[inline(always)]
    pub fn normal(self, index: u64) -> f64 {
        normal_quantile(self.uniform(index))
    }

    /// A standard normal for the middle of a piece of an asset, joined to those of the assets before it by their [factor](super::unit::factor_of).
    #[inline(always)]
    pub fn joined(self, factor: &[Vec<f64>], asset: usize) -> f64 {
        match factor.get(asset) {
            None => self.normal(16 + asset as u64),
            Some(row) => row[..=asset].iter().zip(16..).map(|(row, other)| row * self.normal(other)).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means and products of what neighbouring nodes draw: 4e4 draws each, bounds at 4.5 standard errors.
    #[test]
    fn draws_of_neighbours_are_independent_normals() {
        let n = 40_000_u32;
        let nodes = (0..n).map(|lane| Node::bar(7, lane, 0.25));
        let (mut sums, mut products) = ([0.0; 4], [0.0; 3]);
        for node in nodes {
            let draws = [node.normal(0), node.normal(1), node.part(0).normal(0), node.part(1).normal(0)];
            for (sum, draw) in sums.iter_mut().zip(draws) {
                *sum += draw;
            }
            for (product, pair) in products.iter_mut().zip(draws.windows(2)) {
                *product += pair[0] * pair[1];
            }
        }
        let bound = 4.5 * f64::from(n).sqrt();
        assert!(sums.iter().chain(&products).all(|sum| sum.abs() < bound), "{sums:?} {products:?}");
    }
}
