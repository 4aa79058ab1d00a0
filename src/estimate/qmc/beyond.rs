//! Where the paths close that touch a barrier.
//!
//! Beside the chance that a path touches a barrier a net can tell how likely it is to touch it and to close above a mark: what a path adds to
//! the one goes to the cell of its closing price, too. That holds for paths of their own law only. Under a tilted one the weight of a hit
//! is that of its time, and what comes after it has another.

use super::points::{LANES, Lanes};

/// Sums over the points of a net by the cell between marks that a path closes in.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    /// By barrier and cell.
    cells: Vec<Lanes>,
    /// The hits of each barrier before the points at hand.
    before: Vec<Lanes>,
}

impl Beyond {
    /// Starts a part of a net.
    #[inline(always)]
    pub fn begin(&mut self, barriers: &[f64], marks: &[f64]) {
        let cells = if marks.is_empty() { 0 } else { marks.len() + 1 };
        self.cells.clear();
        self.cells.resize(barriers.len() * cells, [0.0; LANES]);
    }

    /// Takes note of the hits before the next points.
    #[inline(always)]
    pub fn note(&mut self, hits: &[Lanes]) {
        if !self.cells.is_empty() {
            self.before.clear();
            self.before.extend_from_slice(hits);
        }
    }

    /// Adds what the hits have grown by since, on paths that close at these prices; marks rise.
    #[inline(always)]
    pub fn add(&mut self, marks: &[f64], prices: &Lanes, hits: &[Lanes]) {
        if self.cells.is_empty() {
            return;
        }
        let mut passed = [0_u64; LANES];
        for mark in marks {
            for (passed, price) in passed.iter_mut().zip(prices) {
                *passed = passed.wrapping_add(u64::from(price >= mark));
            }
        }
        let cells = self.cells.chunks_exact_mut(marks.len() + 1);
        for ((cells, hits), before) in cells.zip(hits).zip(&self.before) {
            for lane in 0..LANES {
                if let Some(cell) = cells.get_mut(passed[lane] as usize) {
                    cell[lane] += hits[lane] - before[lane];
                }
            }
        }
    }

    /// Appends to the sums by barrier those of the paths that close at a mark or above, by barrier and mark.
    #[inline(always)]
    pub fn append(&mut self, marks: &[f64], sums: &mut Vec<Lanes>) {
        for cells in self.cells.chunks_exact_mut(marks.len() + 1) {
            for cell in (1..cells.len() - 1).rev() {
                let above = cells[cell + 1];
                for (own, above) in cells[cell].iter_mut().zip(above) {
                    *own += above;
                }
            }
            sums.extend_from_slice(&cells[1..]);
        }
    }
}
