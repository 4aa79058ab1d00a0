//! What the hedges of closing below marks take in at the end of a day that was drawn: its class, and how far
//! it went beyond the mean of that.

use std::ops::Range;

use super::marked::{Marked, Sloped};
use crate::market::{CLASSES, DrawGrid, DrawHedges, DrawnDay, Draws};
use crate::numeric::{Kernel, exp};

/// Paths whose draws are looked up together: none waits for another's.
const TOGETHER: usize = 64;

/// The end of a day of all paths.
pub(super) struct DayMarks<'a> {
    pub hedges: &'a DrawHedges,
    pub marked: &'a mut Marked,
    pub draws: Draws<'a>,
    /// Log-prices when it began and when it ended, and the number of levels that were open when it began.
    pub from: &'a [f64],
    pub close: &'a [f64],
    pub open: &'a [u32],
}

impl Kernel for DayMarks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let date = self.draws.date().min(self.hedges.marks.lines.len() - 1);
        for first in (0..self.open.len()).step_by(TOGETHER) {
            let count = (self.open.len() - first).min(TOGETHER);
            let (mut deviations, mut rows, mut drawn) = ([0.0; TOGETHER], [0; TOGETHER], [0; TOGETHER]);
            for (place, expected) in self.draws.expected[first..][..count].iter().enumerate().take(TOGETHER) {
                deviations[place] = self.draws.season * exp(0.5 * expected);
                rows[place] = self.hedges.grid.nearest_row(*expected) as usize;
            }
            let days = self.draws.day[first..].iter().zip(&self.draws.turn[first..]);
            for (drawn, (day, turn)) in drawn.iter_mut().zip(days).take(count) {
                *drawn = 2 * *day as usize + usize::from(*turn < 0.0);
            }
            let days = drawn.map(|drawn| self.hedges.drawn[drawn]);
            if date + 1 == self.hedges.marks.lines.len() {
                self.end(first..first + count, &deviations, &days);
            } else {
                self.day((date, first..first + count), &deviations, (&rows, &days));
            }
        }
    }
}

impl DayMarks<'_> {
    #[inline(always)]
    fn day(
        &mut self,
        (date, lanes): (usize, Range<usize>),
        deviations: &[f64; TOGETHER],
        (rows, days): (&[usize; TOGETHER], &[DrawnDay; TOGETHER]),
    ) {
        let table = &self.hedges.marks;
        let (lines, means) = (&table.lines[date], &table.means[date]);

        for (place, lane) in lanes.enumerate().take(TOGETHER) {
            let (row, day) = (rows[place], &days[place]);
            let line = &lines[row * CLASSES + usize::from(day.class)];
            let beyond = (deviations[place] * f64::from(day.beyond) / table.spacing) as f32;
            let sloped = Sloped { line, beyond, mean: &means[row] };
            self.marked.add_sloped((lane, self.open[lane]), self.from[lane], &sloped);
        }
    }

    #[inline(always)]
    fn end(&mut self, lanes: Range<usize>, deviations: &[f64; TOGETHER], days: &[DrawnDay; TOGETHER]) {
        for (place, lane) in lanes.enumerate().take(TOGETHER) {
            let (day, deviation) = (&days[place], deviations[place]);
            // Where a day that goes nowhere would end.
            let middle = self.close[lane] - deviation * day.moved;
            let to = |mark: f64| DrawGrid::bin((mark - middle) / deviation);
            self.marked.add_last((lane, self.open[lane]), day.bin.into(), &self.hedges.marks.last, to);
        }
    }
}
