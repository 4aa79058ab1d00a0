//! Sums over paths and nets by row and interval.

use serde::{Deserialize, Serialize};

use super::closings::add;

/// Sums over the paths of nets, by row: of numbers of a path that are whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows {
    /// By row and interval, over the paths.
    pub joint: Vec<u64>,
    /// By row and interval, over the nets, of the sum times what tells of the paths in the interval.
    pub products: Vec<i64>,
    /// By row, over the nets, of the square of the sum.
    pub squares: Vec<u64>,
}

impl Rows {
    pub fn new(count: usize, intervals: usize) -> Self {
        Self {
            joint: vec![0; count * intervals],
            products: vec![0; count * intervals],
            squares: vec![0; count],
        }
    }

    /// Adds the sums of another; what is beyond a count can come from a foreign file only.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.joint, &other.joint);
        add(&mut self.squares, &other.squares);
        for (mine, theirs) in self.products.iter_mut().zip(&other.products) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    pub fn fit(&self, count: usize, intervals: usize) -> bool {
        self.squares.len() == count
            && self.joint.len() == count * intervals
            && self.products.len() == count * intervals
    }
}

/// Adds a number times the counts. Both are far from what 64 bits hold; a check of that would be no vector
/// code.
#[inline(always)]
pub(super) fn add_products(sums: &mut [i64], number: i32, counts: &[i32]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.wrapping_add(i64::from(number).wrapping_mul(i64::from(*count)));
    }
}
