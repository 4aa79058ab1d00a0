//! How the chance to touch a barrier goes with what drives a price: coefficients that a model works out, and an account takes where its paths are.
//!
//! A row holds one variance, its cells the distances of the log-price from the barrier.

use super::marks::MARK_CELLS;

/// Distances of a row; a power of two, so that a masked index needs no check.
pub const CELLS: usize = 64;
/// Variances, even in their roots.
pub const ROWS: usize = 16;
/// What is kept of a cell.
pub const TERMS: usize = 8;

/// A cell as it is kept: the upper halves of numbers of single precision. They are right to 0.4 %, which is more than a coarse grid is, and half as
/// many of them leave the first-level cache.
pub type Entry = [u16; TERMS];

/// Coefficients of a cell: of n, o, n² − 1, o² − 1, n·o, n³ − 3n and (n² − 1)·o, for n the normal that is handed in for the price and o the other
/// one; and of the number of jumps beyond what is expected.
pub type Terms = [f32; TERMS];

/// The cells of a variance at a date.
pub type Line = [Entry; CELLS];

/// Where the coefficient of jumps stands.
pub const JUMPS: usize = TERMS - 1;

/// Parts of a cell that positions are counted in.
const PARTS: i32 = 1 << PART_BITS;
const PART_BITS: u32 = 8;
/// 1.5·2^52: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Coefficients of the drivers of a price under a square-root variance, by date, variance and distance from a barrier.
#[derive(Debug)]
pub struct Hedges {
    /// Where everything is.
    pub grid: HedgeGrid,
    /// By date and row.
    pub lines: Vec<[Line; ROWS]>,
    /// The probabilities themselves, by date, the end too, row and cell.
    pub values: Vec<[[u16; CELLS]; ROWS]>,
    /// Variance at the start.
    pub variance: f64,
    /// None without jumps.
    pub jumps: Option<JumpHedges>,
    /// The chance to close below marks.
    pub marks: MarkSlopes,
}

/// Coefficients of normals for marks: of n, o and n² − 1, for n the normal that is handed in for the
/// price and o the other one.
pub const MARK_TERMS: usize = 3;

/// How the chance to close below a mark goes with the normals of a step.
#[derive(Debug)]
pub struct MarkSlopes {
    /// Between two cells, in log-price.
    pub spacing: f64,
    /// Upper halves of coefficients by date, row of the variance, polynomial and cell.
    pub lines: Vec<[[[u16; MARK_CELLS]; MARK_TERMS]; ROWS]>,
}

/// What jumps are expected to do.
#[derive(Debug)]
pub struct JumpHedges {
    /// Expected jumps a year.
    pub rate: f64,
    /// What one that happens between two dates is expected to change of the value at the later one ([`shifted`]), by earlier date, row
    /// and cell: exactly, so that what it changes less this has a mean of zero.
    pub means: Vec<[[f32; CELLS]; ROWS]>,
}

/// The dates, rows and cells of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeGrid {
    /// Number of dates.
    pub dates: usize,
    /// The last one that a bar can begin at.
    last: i32,
    /// Dates per year.
    pub per_year: f64,
    /// Parts of a cell per unit of the log-price.
    per_distance: f64,
    /// Rows per unit of volatility.
    per_root: f64,
}

/// The value of a row after a [shift](HedgeGrid::shift) from a cell, on a straight line between two cells: 1 where the barrier has been passed.
#[inline(always)]
pub fn shifted(row: &[f32; CELLS], cell: usize, (place, part): (usize, f64)) -> f32 {
    let at = |place: usize| place.checked_sub(CELLS).map_or(1.0, |cell| row[cell.min(CELLS - 1)]);
    let (here, next) = (at(place + cell), at(place + cell + 1));
    (part as f32).mul_add(next - here, here)
}

impl HedgeGrid {
    /// Evenly spaced dates up to a horizon in years, cells of a width, and rows up to a variance.
    pub fn new((dates, horizon): (usize, f64), width: f64, most_variance: f64) -> Self {
        Self {
            dates,
            last: dates as i32 - 1,
            per_year: dates as f64 / horizon,
            per_distance: f64::from(PARTS) / width,
            per_root: (ROWS - 1) as f64 / most_variance.sqrt(),
        }
    }

    /// The log-price across a cell.
    pub fn width(&self) -> f64 {
        f64::from(PARTS) / self.per_distance
    }

    /// The variance of a row.
    pub fn variance(&self, row: usize) -> f64 {
        (row as f64 / self.per_root).powi(2)
    }

    /// The row of a variance, between two.
    #[inline(always)]
    pub fn place(&self, variance: f64) -> f64 {
        variance.sqrt() * self.per_root
    }

    /// The date at which a bar begins, at a time in years.
    #[inline(always)]
    pub fn date(&self, time: f64) -> i32 {
        // The latest that is not after it: a time that is the date's own may be rounded to before it.
        rounded(time * self.per_year - 0.499_999).clamp(0, self.last)
    }

    /// The row of a variance.
    #[inline(always)]
    pub fn row(&self, variance: f64) -> i32 {
        rounded(self.place(variance)).clamp(0, ROWS as i32 - 1)
    }

    /// A distance of log-prices in parts of a cell.
    #[inline(always)]
    pub fn parts(&self, distance: f64) -> i32 {
        rounded(distance * self.per_distance)
    }

    /// A move of the log-price away from the barrier in whole cells and the part of one beyond, as an index of a row with [`CELLS`] cells before it.
    #[inline(always)]
    pub fn shift(&self, moved: f64) -> (usize, f64) {
        let most = (CELLS - 1) as f64;
        let cells = (moved / self.width()).clamp(-most, most) + CELLS as f64;
        (cells as usize, cells - (cells as usize) as f64)
    }

    /// The position of a barrier that may be at infinity, in parts of a cell.
    pub fn barrier(&self, log_price: f64) -> i32 {
        const FAR: f64 = (1 << 29) as f64;
        rounded((log_price * self.per_distance).clamp(-FAR, FAR))
    }

    /// The cell of a distance in parts of one.
    #[inline(always)]
    pub fn cell(parts: i32) -> usize {
        (parts.wrapping_add(PARTS / 2) >> PART_BITS).clamp(0, CELLS as i32 - 1) as usize
    }
}

/// The nearest integer to a number that has one.
#[inline(always)]
fn rounded(x: f64) -> i32 {
    (x + ROUNDER).to_bits() as i32
}

/// The upper half of a number, rounded.
#[inline(always)]
pub fn half(x: f32) -> u16 {
    (x.to_bits().wrapping_add(0x8000) >> 16) as u16
}

/// The number whose upper half this is.
#[inline(always)]
pub fn single(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}
