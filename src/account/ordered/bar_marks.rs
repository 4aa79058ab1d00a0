//! What the hedges of closing below marks take in of bars that normals drive: after a level of a path was
//! lost alone.

use super::marked::Marked;
use crate::market::{Bars, Drivers, Hedges};
use crate::numeric::Kernel;

/// Bars of some paths.
pub(super) struct BarMarks<'a> {
    pub hedges: &'a Hedges,
    pub marked: &'a mut Marked,
    pub bars: &'a Bars,
    pub drivers: Drivers<'a>,
    /// Row of the variance, and number of open levels, when the bars began, by path.
    pub rows: &'a [i32],
    pub open_levels: &'a [u32],
}

impl Kernel for BarMarks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { hedges, marked, bars, drivers, rows, open_levels } = self;
        let Some(begin) = bars.start.first() else { return };
        // Bars that end at events begin later than others, but before the next date or soon after.
        let lines = &hedges.marks.lines[hedges.grid.date(*begin) as usize];
        for (i, lane) in bars.lanes.iter().map(|lane| *lane as usize).enumerate() {
            let open = open_levels[lane];
            if marked.has_all(open) {
                continue;
            }
            // In units of a whole step.
            let root = ((bars.duration[i] * hedges.grid.per_year) as f32).sqrt();
            let [n, o] = [drivers.price[i], drivers.other[i]].map(|normal| root * normal as f32);
            let terms = [n, o, n * n - root * root];
            let row = rows[lane] as usize;
            marked.add_terms((lane, open), bars.open[i], &lines[row % lines.len()], terms);
        }
    }
}
