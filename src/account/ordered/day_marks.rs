//! What the hedges of closing below marks take in at the end of a day that was drawn: its class, and how far
//! it went beyond the mean of that.

use super::marked::{Marked, Sloped};
use crate::market::{CLASSES, DrawGrid, DrawHedges, Draws};
use crate::numeric::{Kernel, exp};

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
    fn run(self) {
        let Self { hedges, marked, draws, from, close, open } = self;
        let table = &hedges.marks;
        let date = draws.date().min(table.lines.len() - 1);
        let is_last = date + 1 == table.lines.len();
        let (lines, means) = (&table.lines[date], &table.means[date]);
        for (lane, (expected, open)) in draws.expected.iter().zip(open).enumerate() {
            let day = &hedges.drawn[2 * draws.day[lane] as usize + usize::from(draws.turn[lane] < 0.0)];
            let deviation = draws.season * exp(0.5 * expected);
            if is_last {
                let middle = close[lane] - deviation * day.moved;
                let to = |mark: f64| DrawGrid::bin((mark - middle) / deviation);
                marked.add_last((lane, *open), day.bin.into(), &table.last, to);
            } else {
                let row = hedges.grid.nearest_row(*expected) as usize;
                let line = &lines[row * CLASSES + usize::from(day.class)];
                let beyond = (deviation * f64::from(day.beyond) / table.spacing) as f32;
                marked.add_sloped((lane, *open), from[lane], &Sloped { line, beyond, mean: &means[row] });
            }
        }
    }
}
