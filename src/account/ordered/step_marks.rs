//! What the hedges of closing below marks take in at the end of a step: its innovation.

use super::marked::{Between, Marked};
use crate::market::{InnovationHedges, Innovations, MARK_NODES};
use crate::numeric::Kernel;

/// Paths whose places are worked out together.
const TOGETHER: usize = 64;

/// The end of a step of all paths.
pub(super) struct StepMarks<'a> {
    pub hedges: &'a InnovationHedges,
    pub marked: &'a mut Marked,
    pub innovations: Innovations<'a>,
    /// The share of a whole step that it was, and whether it ends at the horizon.
    pub length: f64,
    pub is_last: bool,
    /// Log-prices when it began and when it ended, and the number of levels that were open when it began.
    pub from: &'a [f64],
    pub close: &'a [f64],
    pub open: &'a [u32],
}

impl Kernel for StepMarks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.is_last { self.end() } else { self.step() }
    }
}

impl StepMarks<'_> {
    #[inline(always)]
    fn step(self) {
        let Self { hedges, marked, innovations, length, from, open, .. } = self;
        let (grid, table) = (hedges.grid, &hedges.marks);
        let date = grid.date(innovations.begin, innovations.length).min(table.lines.len() - 1);
        let (lines, means) = (&table.lines[date], &table.means[date]);
        for first in (0..from.len()).step_by(TOGETHER) {
            let count = (from.len() - first).min(TOGETHER);
            let columns = [innovations.shock, innovations.variance].map(|column| &column[first..][..count]);
            let (mut rows, mut nodes, mut parts) = ([0; TOGETHER], [0; TOGETHER], [0.0; TOGETHER]);
            for place in 0..count.min(TOGETHER) {
                let [shock, variance] = columns.map(|column| column[place]);
                rows[place] = grid.nearest_row(variance);
                (nodes[place], parts[place]) = grid.node_of_marks(shock / (variance * length).sqrt());
            }
            for (place, (log_price, open)) in from[first..][..count].iter().zip(&open[first..]).enumerate() {
                let (row, node) = (rows[place] as usize, nodes[place] as usize);
                let lines = [0, 1].map(|next| &lines[row * MARK_NODES + node + next]);
                let between = Between { lines, part: parts[place], mean: &means[row] };
                marked.add((first + place, *open), *log_price, &between);
            }
        }
    }

    #[inline(always)]
    fn end(self) {
        let Self { hedges, marked, innovations, length, close, open, .. } = self;
        let (grid, chances) = (hedges.grid, &hedges.marks.last[..]);
        for (lane, (open, variance)) in open.iter().zip(innovations.variance).enumerate() {
            let deviation = (variance * length).sqrt();
            let bin = grid.bin(innovations.shock[lane] / deviation);
            // Where the innovation is nothing.
            let middle = close[lane] - innovations.shock[lane];
            marked.add_last((lane, *open), bin, chances, |mark| grid.bin((mark - middle) / deviation));
        }
    }
}
