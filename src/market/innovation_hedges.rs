//! How the chance to touch a barrier goes with the innovation of a step, where nothing else decides the next
//! variance.
//!
//! A row holds one variance, its nodes the innovations, its cells the distances of the log-price from the
//! barrier. Innovations are counted in deviations of the step, towards the barrier below 0, and so are
//! distances: near the barrier rows differ little.

use std::sync::Arc;

use super::draw_hedges::DrawHedges;
use super::hedges::Hedges;
use super::marks::{LAST_BINS, MarkTable};
use crate::numeric::{exp, ln};

/// Distances, the last of which is out of reach.
pub const STEP_CELLS: usize = 64;
/// Variances, even in their logarithms.
pub const STEP_ROWS: usize = 16;
/// Innovations.
pub const NODES: usize = 64;

/// Innovations of marks: every other one.
pub const MARK_NODES: usize = NODES / 2;

/// A number of each row, cell and node: nodes that are asked for together lie side by side. A power of two, so that a masked index needs no
/// check.
pub type Slab = [f32; STEP_ROWS * NODES * STEP_CELLS];

/// A number of each row and cell.
pub type Chances = [f32; STEP_ROWS * STEP_CELLS];

/// 1.5·2^23: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// What hedges the liquidations under a model, by what drives its price.
#[derive(Debug, Clone)]
pub enum Hedging {
    /// Polynomials of the normals of each bar.
    Normals(Arc<Hedges>),
    /// Functions of the innovation of each step.
    Innovations(Arc<InnovationHedges>),
    /// Functions of the draw of each day.
    Draws(Arc<DrawHedges>),
}

impl Hedging {
    /// What is known of closing below marks; none where that follows from normals.
    pub fn marks(&self) -> Option<&MarkTable> {
        match self {
            Self::Normals(_) => None,
            Self::Innovations(hedges) => Some(&hedges.marks),
            Self::Draws(hedges) => Some(&hedges.marks),
        }
    }
}

/// What an innovation adds to the chance, by date, variance and distance from a barrier when its step begins.
#[derive(Debug)]
pub struct InnovationHedges {
    /// Where everything is.
    pub grid: InnovationGrid,
    /// By date. Straight lines between nodes have a mean of zero over the law of the innovations.
    pub changes: Vec<Slab>,
    /// The chance itself, by date.
    pub chances: Vec<Chances>,
    /// Of Student-t innovations.
    pub dof: Option<f64>,
    /// End of the paths, in years.
    pub horizon: f64,
    /// The chance to close below marks.
    pub marks: MarkTable,
}

/// The dates, rows, nodes and cells of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InnovationGrid {
    /// Steps that have the coefficients of one date.
    pub steps_per_date: usize,
    /// Logarithm of the least variance, and rows per unit from there.
    least: f64,
    rows_per_unit: f64,
    /// The distance that half of the cells reach.
    half: f64,
    /// The innovation at which nodes are four times as far apart as at 0.
    bend: f64,
    /// Where the last node is, bent.
    end: f64,
}

impl InnovationGrid {
    /// Rows between two variances, half of the cells up to a distance, and nodes bent at an innovation and up
    /// to another, all in deviations.
    pub fn new(steps_per_date: usize, [least, most]: [f64; 2], half: f64, bend: f64, furthest: f64) -> Self {
        Self {
            steps_per_date,
            least: ln(least),
            rows_per_unit: (STEP_ROWS - 1) as f64 / (ln(most) - ln(least)),
            half,
            bend,
            end: bent(furthest, bend),
        }
    }

    /// The date of a step that begins at a time, in units of its length.
    #[inline(always)]
    pub fn date(&self, begin: f64, length: f64) -> usize {
        (begin / length + 0.5) as usize / self.steps_per_date
    }

    /// The variance of a row.
    #[inline(always)]
    pub fn variance(&self, row: usize) -> f64 {
        exp(self.least + row as f64 / self.rows_per_unit)
    }

    /// The nearest row of a variance.
    #[inline(always)]
    pub fn nearest_row(&self, variance: f64) -> u32 {
        (self.row(variance) as f32 + ROUNDER).to_bits() & (STEP_ROWS - 1) as u32
    }

    /// The row of a variance, between two.
    #[inline(always)]
    pub fn row(&self, variance: f64) -> f64 {
        ((ln(variance) - self.least) * self.rows_per_unit).clamp(0.0, (STEP_ROWS - 1) as f64)
    }

    /// The distance of a cell that is not the last.
    #[inline(always)]
    pub fn distance(&self, cell: usize) -> f64 {
        let part = cell as f64 / (STEP_CELLS - 1) as f64;
        self.half * part / (1.0 - part)
    }

    /// The cell of a distance from 0, between two.
    #[inline(always)]
    pub fn cell(&self, distance: f64) -> f64 {
        distance / (distance + self.half) * (STEP_CELLS - 1) as f64
    }

    /// The cell of a distance from 0, with the distance that half of the cells reach in the same unit.
    #[inline(always)]
    pub fn nearest_cell(distance: f32, half: f32) -> u32 {
        const LAST: f32 = (STEP_CELLS - 1) as f32;
        (distance / (distance + half) * LAST + ROUNDER).to_bits() & (STEP_CELLS - 1) as u32
    }

    /// The distance that half of the cells reach at a deviation.
    #[inline(always)]
    pub fn half(&self, deviation: f64) -> f64 {
        self.half * deviation
    }

    /// Where a node is, bent.
    #[inline(always)]
    pub fn bent(&self, node: usize) -> f64 {
        (node as f64 / (NODES - 1) as f64 * 2.0 - 1.0) * self.end
    }

    /// The innovation of a place that is bent, as far as numbers of any use go, and how fast it moves with
    /// the place.
    #[inline(always)]
    pub fn innovation(&self, bent: f64) -> (f64, f64) {
        let straight = (1.0 - bent.abs() / self.bend).max(1e-6);
        (bent / straight, 1.0 / (straight * straight))
    }

    /// The same of every other node; beyond the last of them it is that.
    #[inline(always)]
    pub fn node_of_marks(&self, innovation: f64) -> (u32, f32) {
        let bent = bent(innovation, self.bend).clamp(-self.end, self.end);
        let place = ((bent + self.end) * (0.25 * (NODES - 1) as f64 / self.end)) as f32;
        let place = place.min((MARK_NODES - 1) as f32);
        let whole = (place - 0.5).clamp(0.0, (MARK_NODES - 2) as f32) + ROUNDER;
        (whole.to_bits() & (MARK_NODES - 1) as u32, place - (whole - ROUNDER))
    }

    /// The interval of an innovation on the scale of the last step.
    #[inline(always)]
    pub fn bin(&self, innovation: f64) -> u32 {
        let place = (bent(innovation, self.bend) + self.end) * (0.5 * LAST_BINS as f64 / self.end);
        let whole = (place as f32 - 0.5).clamp(0.0, (LAST_BINS - 1) as f32) + ROUNDER;
        whole.to_bits() & (LAST_BINS - 1) as u32
    }

    /// Where an interval of that scale begins.
    pub fn start_of_bin(&self, bin: usize) -> f64 {
        self.innovation((bin as f64 / LAST_BINS as f64 * 2.0 - 1.0) * self.end).0
    }

    /// The node of an innovation, and how far it is from there to the next.
    #[inline(always)]
    pub fn node(&self, innovation: f64) -> (u32, f32) {
        let bent = bent(innovation, self.bend).clamp(-self.end, self.end);
        let place = ((bent + self.end) * (0.5 * (NODES - 1) as f64 / self.end)) as f32;
        let whole = (place - 0.5).clamp(0.0, (NODES - 2) as f32) + ROUNDER;
        (whole.to_bits() & (NODES - 1) as u32, place - (whole - ROUNDER))
    }
}

/// Nodes are even in this.
#[inline(always)]
fn bent(innovation: f64, bend: f64) -> f64 {
    innovation / (1.0 + innovation.abs() / bend)
}

impl InnovationHedges {
    /// What the way of a step of a variance has for itself, given its innovation: the spread of
    /// [`touching`](Self::touching).
    #[inline(always)]
    pub fn spread(dof: Option<f64>, variance: f64, innovation: f64) -> f64 {
        match dof {
            None => variance,
            Some(dof) => variance * innovation.mul_add(innovation, dof - 2.0),
        }
    }

    /// The chance that a step has touched a barrier on the way, given its innovation: by the product of the
    /// distances of both ends over the spread.
    ///
    /// Given an innovation ε the mixing variable of a Student-t one is (ν − 2 + ε²)/χ²_{ν+1}, and the mean of
    /// exp(−a·χ²_{ν+1}) is (1 + 2a)^(−(ν+1)/2).
    #[inline(always)]
    pub fn touching(dof: Option<f64>, product: f64) -> f64 {
        match dof {
            None => exp(-2.0 * product),
            Some(dof) => exp(-0.5 * (dof + 1.0) * ln(4.0_f64.mul_add(product, 1.0))),
        }
    }

    /// The product at which the chance is e to minus this.
    pub fn product(dof: Option<f64>, exponent: f64) -> f64 {
        match dof {
            None => 0.5 * exponent,
            Some(dof) => 0.25 * (exp(2.0 * exponent / (dof + 1.0)) - 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::elementary;
    use crate::numeric::special::ln_gamma;

    /// Over the mixing variable, by its chi-square law: midpoints of 60,000 parts are right to 1e-6.
    #[test]
    fn the_chance_to_touch_on_the_way_is_the_mean_over_mixing_variables() {
        for dof in [2.5, 3.5, 12.0_f64] {
            for (product, innovation) in [(2e-4, -1.3), (3e-3, 0.4), (0.02, -9.0)] {
                let variance = 1e-3;
                let half = 0.5 * (dof + 1.0);
                let scale = half * std::f64::consts::LN_2 + ln_gamma(half);
                let width = 60.0 / 60_000.0;
                let mut known = 0.0;
                for part in 0..60_000 {
                    let chi_square = (f64::from(part) + 0.5) * width;
                    let mixed = variance * (dof - 2.0 + innovation * innovation) / chi_square;
                    let density =
                        elementary::exp((half - 1.0) * elementary::ln(chi_square) - 0.5 * chi_square - scale);
                    known += width * density * elementary::exp(-2.0 * product / mixed);
                }
                let spread = InnovationHedges::spread(Some(dof), variance, innovation);
                let found = InnovationHedges::touching(Some(dof), product / spread);
                assert!((found - known).abs() < 1e-6, "{dof} {product} {innovation}: {found} {known}");
                let far = InnovationHedges::product(Some(dof), 8.0);
                assert!((ln(InnovationHedges::touching(Some(dof), far)) + 8.0).abs() < 1e-9);
            }
        }
        assert!((InnovationHedges::touching(None, 0.35) - elementary::exp(-0.7)).abs() < 1e-15);
    }
}
