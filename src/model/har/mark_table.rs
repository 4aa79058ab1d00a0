//! The chance to close below a mark by expected variance and distance, and what it becomes with each class of
//! draws: solved backwards on a coarse grid, with a few draws of each class. The last day is exact.

use super::hedge_table::{Draw, Expected};
use crate::market::{CLASSES, DRAW_ROWS, DrawGrid, LAST_BINS, MARK_CELLS, MarkLine, MarkTable};
use crate::model::mark_row::{MarkRow, shift};
use crate::numeric::{Kernel, exp};

/// Solves the table.
pub(super) struct Solve<'a> {
    pub grid: DrawGrid,
    /// Of the log-price, per day.
    pub drift: f64,
    /// Factors on the deviations of the days, in turn.
    pub season: [f64; 7],
    /// By day.
    pub expected: &'a [Expected],
    /// In the order of their classes.
    pub sample: &'a [Draw],
    pub chances_of_classes: [f64; CLASSES],
    /// The chance that the move of a draw lies below the start of each interval.
    pub below: &'a [f64],
    pub days: usize,
    /// Between two cells.
    pub spacing: f64,
}

impl Kernel for Solve<'_> {
    type Output = MarkTable;

    #[inline(always)]
    fn run(self) -> MarkTable {
        let mut lines = vec![vec![[0; MARK_CELLS]; DRAW_ROWS * CLASSES]; self.days];
        let mut means = vec![vec![[0.0; MARK_CELLS]; DRAW_ROWS]; self.days];
        let mut values: [MarkRow; DRAW_ROWS] = std::array::from_fn(|row| self.before_last(row));
        let mut found = [[0.0; MARK_CELLS]; CLASSES];
        for day in (0..self.days - 1).rev() {
            let mut before = values;
            for (row, before) in before.iter_mut().enumerate() {
                self.expect((day, row), &values, &mut found);
                *before = [0.0; MARK_CELLS];
                let mut kept = [0.0; MARK_CELLS];
                let lines = lines[day][row * CLASSES..].iter_mut().zip(&found);
                for ((line, found), chance) in lines.zip(&self.chances_of_classes) {
                    keep(line, found, *chance, &mut kept);
                    before.iter_mut().zip(found).for_each(|(before, found)| *before += chance * found);
                }
                means[day][row].iter_mut().zip(kept).for_each(|(mean, kept)| *mean = kept as f32);
            }
            values = before;
        }
        let row = self.grid.row(self.expected[0].mean);
        let below = (row as usize).min(DRAW_ROWS - 2);
        let part = row - below as f64;
        let between =
            |cell: usize| part.mul_add(values[below + 1][cell] - values[below][cell], values[below][cell]);
        let (start, spacing) = (std::array::from_fn(between), self.spacing);
        MarkTable {
            spacing,
            lines,
            means,
            start,
            last: self.below.iter().map(|below| *below as f32).collect(),
        }
    }
}

impl Solve<'_> {
    fn deviation(&self, day: usize, row: usize) -> f64 {
        exp(0.5 * self.grid.log_variance(row)) * self.season[day % self.season.len()]
    }

    /// The chance before the last day, from a row.
    fn before_last(&self, row: usize) -> MarkRow {
        let deviation = self.deviation(self.days - 1, row);
        std::array::from_fn(|cell| {
            let place = DrawGrid::place((MarkTable::distance(cell) * self.spacing - self.drift) / deviation);
            let bin = (place as usize).min(LAST_BINS - 2);
            (place - bin as f64)
                .clamp(0.0, 1.0)
                .mul_add(self.below[bin + 1] - self.below[bin], self.below[bin])
        })
    }

    /// Mean chances after the draws of each class, from a row.
    #[inline(always)]
    fn expect(
        &self,
        (day, row): (usize, usize),
        values: &[MarkRow; DRAW_ROWS],
        found: &mut [MarkRow; CLASSES],
    ) {
        let (own, now) = (self.grid.log_variance(row), self.expected[day]);
        let per_move = self.deviation(day, row) / self.spacing;
        *found = [[0.0; MARK_CELLS]; CLASSES];
        for draw in self.sample {
            let expected = self.expected[(day + 1).min(self.expected.len() - 1)].mean;
            let next = self.grid.row(now.kept.mul_add(own - now.mean, expected + draw.next));
            let below = (next as usize).min(DRAW_ROWS - 2);
            let part = next - below as f64;
            let cells = draw.moved.mul_add(per_move, self.drift / self.spacing);
            let weight = draw.chance / self.chances_of_classes[draw.class];
            add_shifted([&values[below], &values[below + 1]], part, cells, weight, &mut found[draw.class]);
        }
    }
}

/// Adds a blend of two rows with marks nearer by so many cells.
#[inline(always)]
fn add_shifted(rows: [&MarkRow; 2], part: f64, cells: f64, weight: f64, found: &mut MarkRow) {
    let mut blended = *rows[0];
    for (blended, high) in blended.iter_mut().zip(rows[1]) {
        *blended += part * (high - *blended);
    }
    for (found, shifted) in found.iter_mut().zip(shift(&blended, cells)) {
        *found += weight * shifted;
    }
}

/// Keeps the chances of a class, and adds what is kept to means.
#[inline(always)]
fn keep(line: &mut MarkLine, found: &MarkRow, chance: f64, means: &mut MarkRow) {
    for ((kept, found), mean) in line.iter_mut().zip(found).zip(means) {
        *kept = MarkTable::part(found.clamp(0.0, 1.0));
        *mean += chance * f64::from(*kept);
    }
}
