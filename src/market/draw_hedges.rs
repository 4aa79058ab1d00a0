//! How the chance to touch a barrier goes with the day that a path draws from the past.
//!
//! A row holds one expected log-variance, its cells the distances of the log-price from the barrier in
//! deviations of that. Draws of alike days make a class; among those of a class, which reach a barrier is
//! told by a finer scale of distances.

use super::marks::{LAST_BINS, MarkTable};

/// Distances of a table, the last of which is out of reach.
pub const DRAW_CELLS: usize = 64;
/// Expected log-variances.
pub const DRAW_ROWS: usize = 16;
/// Classes of draws.
pub const CLASSES: usize = 128;
/// Distances that days reach.
pub const REACHES: usize = 512;

/// A number of each row, class and cell; a power of two, so that a masked index needs no check.
pub type DrawSlab = [f32; DRAW_ROWS * CLASSES * DRAW_CELLS];

/// A number of each row and cell.
pub type DrawChances = [f32; DRAW_ROWS * DRAW_CELLS];

/// The move at which intervals are four times as wide as at 0.
const BEND: f64 = 3.0;

/// 1.5·2^23: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// What the days of a path are drawn from, and what it has drawn last.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a> {
    /// Log-variance that was expected of the day, by path.
    pub expected: &'a [f64],
    /// Factor on its deviation, the same for all.
    pub season: f64,
    /// The day that was drawn, by path.
    pub day: &'a [u32],
    /// Negative where it is mirrored, by path.
    pub turn: &'a [f64],
    /// When the day began, in years.
    pub begin: f64,
    /// How long it is, in years.
    pub length: f64,
}

/// What draws add to the chance, by date, expected variance and distance from a barrier when the day begins.
#[derive(Debug)]
pub struct DrawHedges {
    /// Where everything is.
    pub grid: DrawGrid,
    /// By date. Over the draws they have a mean of zero.
    pub changes: Vec<DrawSlab>,
    /// The chance itself, by date.
    pub chances: Vec<DrawChances>,
    /// By twice the day, and one more where it is mirrored against the barrier.
    pub drawn: Vec<DrawnDay>,
    /// The chance to close below marks.
    pub marks: MarkTable,
    /// Chance that a draw of a class reaches each of the finer distances.
    pub reaching: Vec<[f32; REACHES]>,
    /// The nearest and the farthest of the finer distances that days of a class reach.
    pub reaches: [(u16, u16); CLASSES],
}

/// What a draw is to hedges, in deviations that were expected of the day.
#[derive(Debug, Clone, Copy)]
pub struct DrawnDay {
    /// How far the price moved away from the barrier.
    pub moved: f64,
    /// The same beyond the mean of the class; of classes that go from next to nothing to all that comes, no
    /// more than a part of it.
    pub beyond: f32,
    /// The farthest of the finer distances that it reaches.
    pub reach: u16,
    /// The interval of the move.
    pub bin: u16,
    /// Alike days are of one class.
    pub class: u8,
}

impl Draws<'_> {
    /// The number of the day.
    pub fn date(&self) -> usize {
        (self.begin / self.length + 0.5) as usize
    }
}

/// The rows and cells of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawGrid {
    /// The least log-variance, and rows per unit from there.
    least: f64,
    rows_per_unit: f64,
    /// The distance that half of the cells reach, in deviations.
    pub half: f64,
}

impl DrawGrid {
    /// Rows between two log-variances, half of the cells up to a distance.
    pub fn new([least, most]: [f64; 2], half: f64) -> Self {
        Self { least, rows_per_unit: (DRAW_ROWS - 1) as f64 / (most - least), half }
    }

    /// The log-variance of a row.
    pub fn log_variance(&self, row: usize) -> f64 {
        self.least + row as f64 / self.rows_per_unit
    }

    /// The row of a log-variance, between two.
    #[inline(always)]
    pub fn row(&self, log_variance: f64) -> f64 {
        ((log_variance - self.least) * self.rows_per_unit).clamp(0.0, (DRAW_ROWS - 1) as f64)
    }

    /// The nearest row.
    #[inline(always)]
    pub fn nearest_row(&self, log_variance: f64) -> u32 {
        (self.row(log_variance) as f32 + ROUNDER).to_bits() & (DRAW_ROWS - 1) as u32
    }

    /// The place of a move on a bent scale of [`LAST_BINS`] intervals, between two.
    #[inline(always)]
    pub fn place(moved: f64) -> f64 {
        let bent = moved / (1.0 + moved.abs() / BEND);
        (bent + BEND) * (0.5 * LAST_BINS as f64 / BEND)
    }

    /// The interval of a move on that scale.
    #[inline(always)]
    pub fn bin(moved: f64) -> u32 {
        let whole = (Self::place(moved) as f32 - 0.5).clamp(0.0, (LAST_BINS - 1) as f32) + ROUNDER;
        whole.to_bits() & (LAST_BINS - 1) as u32
    }

    /// The distance of one of so many cells that is not the last.
    #[inline(always)]
    pub fn distance(&self, cell: usize, of: usize) -> f64 {
        let part = cell as f64 / (of - 1) as f64;
        self.half * part / (1.0 - part)
    }

    /// The cell and the finer one that are the nearest to a distance from 0, with the distance that half of
    /// the cells reach in the same unit.
    #[inline(always)]
    pub fn nearest_cells(distance: f32, half: f32) -> (u32, u32) {
        const LAST: [f32; 2] = [(DRAW_CELLS - 1) as f32, (REACHES - 1) as f32];
        let part = distance / (distance + half);
        let [cell, fine] = LAST.map(|last| (part * last + ROUNDER).to_bits());
        (cell & (DRAW_CELLS - 1) as u32, fine & (REACHES - 1) as u32)
    }
}
