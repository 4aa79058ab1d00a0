//! The chance to close below a mark by variance and distance, and what it becomes with each innovation:
//! solved backwards on a coarse grid.
//!
//! An innovation leads a row to another variance and all its cells equally far: rows are blended and shifted
//! as wholes, both cubic. The last step is exact.

use super::columns::next_variance;
use super::parameters::Garch;
use crate::market::{InnovationGrid, LAST_BINS, MARK_CELLS, MARK_NODES, MarkLine, MarkTable, STEP_ROWS};
use crate::model::mark_row::{MarkRow, shift};
use crate::numeric::special::{normal_cdf, student_cdf};
use crate::numeric::{Kernel, cubic, first_of_four};

/// Solves the table.
pub(super) struct Solve {
    pub model: Garch,
    /// Of the log-price, per step.
    pub drift: f64,
    pub grid: InnovationGrid,
    /// Of straight lines between the nodes, and by the trapezoidal rule, which is right to many more digits for
    /// what is smooth.
    pub lines: [f64; MARK_NODES],
    pub weights: [f64; MARK_NODES],
    pub steps: usize,
    /// Length of the last step over that of the others.
    pub last: f64,
    /// Between two cells.
    pub spacing: f64,
}

/// Where an innovation leads from a row.
struct Move {
    /// The first of four rows of the next variance, and their weights.
    row: usize,
    weights: [f64; 4],
    /// How far the log-price goes, in cells.
    cells: f64,
}

impl Kernel for Solve {
    type Output = MarkTable;

    #[inline(always)]
    fn run(self) -> MarkTable {
        let (per_date, spacing) = (self.grid.steps_per_date, self.spacing);
        let dates = self.steps.div_ceil(per_date);
        let mut lines = vec![vec![[0; MARK_CELLS]; STEP_ROWS * MARK_NODES]; dates];
        let mut means = vec![vec![[0.0; MARK_CELLS]; STEP_ROWS]; dates];
        let mut values: [MarkRow; STEP_ROWS] = std::array::from_fn(|row| self.before_last(row));
        let moves = self.moves();
        for step in (0..self.steps - 1).rev() {
            let date = step / per_date;
            // Of the steps that have the coefficients of a date, the one in the middle.
            let is_kept = step == (date * per_date + per_date / 2).min(self.steps - 2);
            let mut before = values;
            for (row, before) in before.iter_mut().enumerate() {
                let found = expect(&moves[row * MARK_NODES..][..MARK_NODES], &values, &self.weights, before);
                if is_kept {
                    keep(&found, &self.lines, &mut lines[date][row * MARK_NODES..], &mut means[date][row]);
                }
            }
            values = before;
        }
        let (first, part) = first_of_four(self.grid.row(self.model.initial_variance), STEP_ROWS);
        let weights = cubic(part);
        let start = std::array::from_fn(|cell| {
            values[first..][..4].iter().zip(weights).map(|(row, weight)| weight * row[cell]).sum()
        });
        let last = (0..LAST_BINS).map(|bin| self.below(self.grid.start_of_bin(bin)) as f32).collect();
        MarkTable { spacing, lines, means, start, last }
    }
}

impl Solve {
    /// The chance that an innovation is below a number.
    fn below(&self, innovation: f64) -> f64 {
        match self.model.dof {
            Some(dof) => student_cdf(dof, innovation * (dof / (dof - 2.0)).sqrt()),
            None => normal_cdf(innovation),
        }
    }

    /// The chance before the last step, from a row.
    fn before_last(&self, row: usize) -> MarkRow {
        let deviation = (self.grid.variance(row) * self.last).sqrt();
        let drift = self.drift * self.last;
        std::array::from_fn(|cell| self.below((MarkTable::distance(cell) * self.spacing - drift) / deviation))
    }

    /// Where steps lead, by row and node.
    #[inline(always)]
    fn moves(&self) -> Vec<Move> {
        let Self { model, grid, .. } = self;
        let mut moves = Vec::with_capacity(STEP_ROWS * MARK_NODES);
        for row in 0..STEP_ROWS {
            let h = grid.variance(row);
            for node in 0..MARK_NODES {
                let shock = grid.innovation(grid.bent(2 * node)).0 * h.sqrt();
                let (row, part) = first_of_four(grid.row(next_variance(model, shock, h)), STEP_ROWS);
                moves.push(Move { row, weights: cubic(part), cells: (self.drift + shock) / self.spacing });
            }
        }
        moves
    }
}

/// Chances after each innovation from a row, and their means, from those after the step.
#[inline(always)]
fn expect(
    moves: &[Move],
    values: &[MarkRow; STEP_ROWS],
    weights: &[f64; MARK_NODES],
    means: &mut MarkRow,
) -> [MarkRow; MARK_NODES] {
    let mut all = [[0.0; MARK_CELLS]; MARK_NODES];
    *means = [0.0; MARK_CELLS];
    for ((going, found), weight) in moves.iter().zip(&mut all).zip(weights) {
        *found = after(going, values);
        for (mean, found) in means.iter_mut().zip(&*found) {
            *mean += weight * found;
        }
    }
    all
}

/// The values of the rows that an innovation leads to, with marks nearer by as far as it goes.
#[inline(always)]
fn after(going: &Move, values: &[MarkRow; STEP_ROWS]) -> MarkRow {
    let mut blended = [0.0; MARK_CELLS];
    for (values, weight) in values[going.row..][..4].iter().zip(going.weights) {
        for (blended, value) in blended.iter_mut().zip(values) {
            *blended += weight * value;
        }
    }
    shift(&blended, going.cells).map(|chance| chance.clamp(0.0, 1.0))
}

/// Keeps chances from a row, and the means of what is kept.
#[inline(always)]
fn keep(
    found: &[MarkRow; MARK_NODES],
    weights: &[f64; MARK_NODES],
    lines: &mut [MarkLine],
    means: &mut [f32; MARK_CELLS],
) {
    let mut sums = [0.0; MARK_CELLS];
    for ((line, found), weight) in lines.iter_mut().zip(found).zip(weights) {
        for ((kept, chance), sum) in line.iter_mut().zip(found).zip(&mut sums) {
            *kept = MarkTable::part(*chance);
            *sum += weight * f64::from(*kept);
        }
    }
    means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = sum as f32);
}
