//! The chance to touch a barrier by variance and distance, and what it becomes with each innovation: solved
//! backwards on a coarse grid.
//!
//! Where an innovation leads from a row and a cell is the same on all dates. Between rows and cells chances
//! are cubic: straight lines would spread variances and distances at every step.

use super::columns::next_variance;
use super::parameters::Garch;
use crate::market::{Chances, InnovationGrid, InnovationHedges, NODES, STEP_CELLS, STEP_ROWS, Slab};
use crate::numeric::{Kernel, cubic, first_of_four};

/// Solves the table of a barrier below (`sign` 1) or above (−1).
pub(super) struct Solve {
    pub model: Garch,
    pub sign: f64,
    /// Of the distance from the barrier, per step.
    pub drift: f64,
    pub grid: InnovationGrid,
    /// Of the nodes.
    pub weights: [f64; NODES],
    pub steps: usize,
    /// Length of the last step over that of the others.
    pub last: f64,
}

/// By date.
pub(super) struct Table {
    pub changes: Vec<Slab>,
    pub chances: Vec<Chances>,
}

type Row = [f64; STEP_CELLS];

/// Where an innovation leads from a row.
struct Move {
    /// The first of four rows of the next variance, and their weights.
    row: usize,
    weights: [f64; 4],
    /// By cell: the first of four cells of the distance that is left, and how far it is from the second.
    cells: [u8; STEP_CELLS],
    parts: [f32; STEP_CELLS],
    /// The chance to have touched the barrier meanwhile, by cell.
    touched: [f32; STEP_CELLS],
}

impl Kernel for Solve {
    type Output = Table;

    #[inline(always)]
    fn run(self) -> Table {
        let per_date = self.grid.steps_per_date;
        let dates = self.steps.div_ceil(per_date);
        let mut changes = vec![[0.0; STEP_ROWS * NODES * STEP_CELLS]; dates];
        let mut chances = vec![[0.0; STEP_ROWS * STEP_CELLS]; dates];
        // At the end only who has passed the barrier has touched it.
        let mut values = [[0.0; STEP_CELLS]; STEP_ROWS];
        values.iter_mut().for_each(|row| row[0] = 1.0);
        let mut moves = Vec::new();
        for step in (0..self.steps).rev() {
            let is_last = step + 1 == self.steps;
            if is_last || (step + 2 == self.steps && self.last < 1.0) {
                moves = self.moves(if is_last { self.last } else { 1.0 });
            }
            let date = step / per_date;
            // Of the steps that have the coefficients of a date, the one in the middle.
            let is_kept = step == (date * per_date + per_date / 2).min(self.steps - 1);
            let mut before = values;
            for (row, before) in before.iter_mut().enumerate() {
                let found = self.expect(&moves[row * NODES..][..NODES], &values, before);
                if is_kept {
                    keep(&found, before, &mut changes[date][row * NODES * STEP_CELLS..]);
                    for (chance, value) in chances[date][row * STEP_CELLS..].iter_mut().zip(&*before) {
                        *chance = *value as f32;
                    }
                }
            }
            values = before;
        }
        Table { changes, chances }
    }
}

impl Solve {
    /// Chances after each innovation from a row, and their means.
    #[inline(always)]
    fn expect(&self, moves: &[Move], values: &[Row; STEP_ROWS], means: &mut Row) -> [Row; NODES] {
        let mut all = [[0.0; STEP_CELLS]; NODES];
        *means = [0.0; STEP_CELLS];
        for ((going, found), weight) in moves.iter().zip(&mut all).zip(&self.weights) {
            let mut blended = [0.0; STEP_CELLS + 3];
            for (values, weight) in values[going.row..][..4].iter().zip(going.weights) {
                for (blended, value) in blended.iter_mut().zip(values) {
                    *blended += weight * value;
                }
            }
            for cell in 0..STEP_CELLS {
                let first = usize::from(going.cells[cell]) & (STEP_CELLS - 1);
                let weights = cubic(f64::from(going.parts[cell]));
                let later = weights[0] * blended[first]
                    + weights[1] * blended[first + 1]
                    + weights[2] * blended[first + 2]
                    + weights[3] * blended[first + 3];
                let touched = f64::from(going.touched[cell]);
                found[cell] = touched + (1.0 - touched) * later.clamp(0.0, 1.0);
            }
            for (mean, found) in means.iter_mut().zip(&*found) {
                *mean += weight * found;
            }
        }
        // Who is at the barrier has touched it.
        means[0] = 1.0;
        all
    }

    /// Where a step of a length, over that of a whole one, leads, by row and node.
    #[inline(always)]
    fn moves(&self, length: f64) -> Vec<Move> {
        let Self { model, sign, grid, .. } = self;
        let mut moves = Vec::with_capacity(STEP_ROWS * NODES);
        for row in 0..STEP_ROWS {
            let h = grid.variance(row);
            let deviation = h.sqrt();
            for node in 0..NODES {
                let innovation = grid.innovation(grid.bent(node)).0;
                let shock = innovation * (h * length).sqrt();
                let next = next_variance(model, sign * shock, h);
                let moved = self.drift.mul_add(length, shock);
                let spread = InnovationHedges::spread(model.dof, h * length, innovation);
                let (row, part) = first_of_four(grid.row(next), STEP_ROWS);
                let mut going = Move {
                    row,
                    weights: cubic(part),
                    cells: [(STEP_CELLS - 4) as u8; STEP_CELLS],
                    parts: [2.0; STEP_CELLS],
                    touched: [0.0; STEP_CELLS],
                };
                for cell in 0..STEP_CELLS - 1 {
                    let distance = grid.distance(cell) * deviation;
                    let left = distance + moved;
                    let touched = if left > 0.0 && distance > 0.0 {
                        InnovationHedges::touching(model.dof, distance * left / spread)
                    } else {
                        1.0
                    };
                    let (first, part) = first_of_four(grid.cell(left.max(0.0) / next.sqrt()), STEP_CELLS);
                    going.cells[cell] = first as u8;
                    going.parts[cell] = part as f32;
                    going.touched[cell] = touched as f32;
                }
                moves.push(going);
            }
        }
        moves
    }
}

/// Keeps what chances from a row become less their means; nothing of paths at the barrier, nor of those out
/// of reach.
#[inline(always)]
fn keep(found: &[Row; NODES], means: &Row, changes: &mut [f32]) {
    for (cell, changes) in changes.chunks_exact_mut(NODES).enumerate().take(STEP_CELLS - 1).skip(1) {
        for (change, found) in changes.iter_mut().zip(found) {
            *change = (found[cell] - means[cell]) as f32;
        }
    }
}
