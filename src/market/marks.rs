//! How the chance to close below a mark goes with what drives a step, or a day.
//!
//! A mark is a log-price at the horizon. How likely a path closes below it rests on how far above the path it
//! is, not on where both are: one table of distances serves all marks. A line of it belongs to a variance and
//! an innovation, or a class of draws: it is the chance after that. Less the mean over their law, which is
//! that of the numbers as they are kept, it has a mean of zero. What the last step brings is told apart: by
//! whether its innovation, or draw, lies below the place that leads to the mark, less the chance of that.

use crate::stats::{Intervals, MARKS};

/// Even places of marks about the price at the start.
pub const MARK_PLACES: usize = 80;

/// Distances of a mark from a path: those of all places from paths that are as far from the start as they are.
pub const MARK_CELLS: usize = 192;

/// The chance at each distance, in parts of [`MARK_ONE`].
pub type MarkLine = [u16; MARK_CELLS];

/// What is one in a line.
pub const MARK_ONE: f32 = 65_535.0;

/// Intervals of the scale of the last step.
pub const LAST_BINS: usize = 2048;

/// Deviations of the closing log-price from the start to the ends of the places.
const REACH: f64 = 3.5;

/// How far another mark is from the next in chance, at least.
const LEAST_APART: f64 = 3e-3;
/// Halvings of the search for a mark.
const HALVINGS: usize = 40;

/// The chance to close below a mark, and what drives it.
#[derive(Debug)]
pub struct MarkTable {
    /// Between two cells, in log-price.
    pub spacing: f64,
    /// By date, then by row of the variance and by node or class.
    pub lines: Vec<Vec<MarkLine>>,
    /// Their means over nodes or classes, by date and row.
    pub means: Vec<Vec<[f32; MARK_CELLS]>>,
    /// The chance where paths start, by cell.
    pub start: [f64; MARK_CELLS],
    /// The chance that what drives the last step lies below the start of each interval of its scale.
    pub last: Vec<f32>,
}

impl MarkTable {
    /// Between two cells, for this deviation of the closing log-price.
    pub fn spacing(deviation: f64) -> f64 {
        2.0 * REACH * deviation / (MARK_PLACES - 1) as f64
    }

    /// How far above a path the mark of a cell is, in cells.
    #[inline(always)]
    pub fn distance(cell: usize) -> f64 {
        cell as f64 - 0.5 * (MARK_CELLS - 1) as f64
    }

    /// The place of a mark in cells from the price at the start, between two.
    #[inline(always)]
    pub fn place(cells: f64) -> f64 {
        cells + 0.5 * (MARK_PLACES - 1) as f64
    }

    /// The cell of the first place from a path at a log-price.
    #[inline(always)]
    pub fn first_cell(log_price: f64, per_log: f64) -> usize {
        /// 1.5·2^23: adding it rounds to an integer that then stands in the low bits.
        const ROUNDER: f32 = 12_582_912.0;
        const ROOM: f32 = (MARK_CELLS - MARK_PLACES) as f32;
        let cell = (0.5 * ROOM - (log_price * per_log) as f32).clamp(0.0, ROOM) + ROUNDER;
        // What is not a number has a cell, too.
        (cell.to_bits() as usize & 0xff).min(MARK_CELLS - MARK_PLACES)
    }

    /// Keeps a chance.
    #[inline(always)]
    pub fn part(chance: f64) -> u16 {
        (chance * f64::from(MARK_ONE) + 0.5) as u16
    }

    /// About the chance to close below a log-price relative to the start.
    pub fn below(&self, log_price: f64) -> f64 {
        let place = log_price / self.spacing + 0.5 * (MARK_CELLS - 1) as f64;
        let place = place.clamp(0.0, (MARK_CELLS - 1) as f64);
        let first = (place as usize).min(MARK_CELLS - 2);
        let part = place - first as f64;
        part.mul_add(self.start[first + 1] - self.start[first], self.start[first])
    }

    /// Intervals of the closing log-price between marks, with about their chances; one may `also` be a mark.
    /// None where the table tells too few apart.
    pub fn intervals(&self, also: Option<f64>) -> Option<Intervals> {
        let half = 0.5 * self.spacing * (MARK_PLACES - 1) as f64;
        let quantile = |wanted: f64| {
            let (mut low, mut high) = (-half, half);
            for _ in 0..HALVINGS {
                let middle = 0.5 * (low + high);
                if self.below(middle) < wanted { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        let mut marks: Vec<f64> =
            Intervals::wanted().map(quantile).filter(|mark| mark.abs() < 0.99 * half).collect();
        marks.dedup_by(|next, before| self.below(*next) <= self.below(*before));
        if let Some(also) = also {
            let below = self.below(also);
            let next = marks.partition_point(|mark| *mark < also);
            let is_apart = |mark: &f64| (self.below(*mark) - below).abs() > LEAST_APART;
            let about = next.checked_sub(1).and_then(|before| marks.get(before..=next));
            if about.is_some_and(|about| about.iter().all(is_apart)) {
                marks.insert(next, also);
            }
        }
        let below: Vec<f64> = marks.iter().map(|mark| self.below(*mark)).collect();
        Intervals::new(marks, &below).filter(|intervals| intervals.marks().len() <= MARKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::special::normal_cdf;

    /// Of a normal law.
    fn table() -> MarkTable {
        let spacing = MarkTable::spacing(1.0);
        let start = std::array::from_fn(|cell| normal_cdf(spacing * MarkTable::distance(cell)));
        MarkTable { spacing, lines: Vec::new(), means: Vec::new(), start, last: Vec::new() }
    }

    #[test]
    fn places_are_cells_of_a_path() {
        let table = table();
        for (log_price, mark) in [(0.0, 0.0), (0.4, -1.0), (-2.0, 1.5)] {
            let first = MarkTable::first_cell(log_price, 1.0 / table.spacing) as f64;
            let cell = first + MarkTable::place(mark / table.spacing);
            let distance = (mark - log_price) / table.spacing + 0.5 * (MARK_CELLS - 1) as f64;
            assert!((cell - distance).abs() <= 0.5 + 1e-6, "{log_price} {mark}: {cell} {distance}");
        }
        assert_eq!(MarkTable::first_cell(99.0, 1.0), 0);
        assert_eq!(MarkTable::first_cell(-99.0, 1.0), MARK_CELLS - MARK_PLACES);
    }

    /// Straight lines between cells are right to 5e-4.
    #[test]
    fn marks_are_quantiles_and_another_one() {
        let intervals = table().intervals(Some(0.15)).unwrap();
        assert_eq!(intervals.marks().len(), MARKS);
        let place = intervals.marks().iter().position(|mark| *mark == 0.15).unwrap();
        let mut below = 0.0;
        for (mark, chance) in intervals.marks().iter().zip(intervals.chances()) {
            below += chance;
            assert!((below - normal_cdf(*mark)).abs() < 5e-4, "{mark} {below}");
        }
        assert!(intervals.marks()[place - 1] < 0.15 && intervals.marks()[7] < -1.6);
        assert_eq!(table().intervals(None).unwrap().marks().len(), MARKS - 1);
        // A mark where there is one already is none, and neither is one beyond all.
        for also in [intervals.marks()[7], 9.0] {
            assert_eq!(table().intervals(Some(also)).unwrap().marks().len(), MARKS - 1);
        }
    }
}
