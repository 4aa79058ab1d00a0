//! What the hedges of closing below marks take in of bars that normals drive: after a level of a path was
//! lost alone.
//!
//! Some dates make a group: what drove a path over all of its bars has the coefficients of where it was when
//! the first of them began. The chance to close below a mark goes so evenly with the price that it need not
//! be asked more often.

use super::marked::Marked;
use crate::market::{Bars, Drivers, Hedges};
use crate::numeric::Kernel;

/// Dates of a group.
const GROUP: i32 = 3;

/// A path since its group of dates began.
#[derive(Debug, Clone, Copy)]
struct Since {
    /// The group; negative before the first.
    group: i32,
    /// Row of the variance, number of open levels and log-price then.
    row: u32,
    open: u32,
    log_price: f64,
    /// Sums of the normals, and how long they drove the path, in units of a whole step.
    price: f32,
    other: f32,
    square: f32,
}

/// The hedges of the marks of paths that normals drive.
#[derive(Debug)]
pub(super) struct MarkedBars {
    pub marked: Marked,
    since: Vec<Since>,
}

impl MarkedBars {
    pub fn new(marked: Marked) -> Self {
        Self { marked, since: Vec::new() }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        self.marked.begin(lanes);
        let none = Since { group: -1, row: 0, open: 0, log_price: 0.0, price: 0.0, other: 0.0, square: 0.0 };
        self.since.clear();
        self.since.resize(lanes, none);
    }
}

/// Bars of some paths.
pub(super) struct BarMarks<'a> {
    pub hedges: &'a Hedges,
    pub marked: &'a mut MarkedBars,
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
        let Self { hedges, marked: MarkedBars { marked, since }, bars, drivers, rows, open_levels } = self;
        let Some(begin) = bars.start.first() else { return };
        // Bars that end at events begin later than others, but before the next date or soon after.
        let group = hedges.grid.date(*begin) / GROUP;
        for (i, lane) in bars.lanes.iter().map(|lane| *lane as usize).enumerate() {
            let since = &mut since[lane];
            if since.group != group {
                add(hedges, marked, lane, since);
                let (row, open) = (rows[lane] as u32, open_levels[lane]);
                let log_price = bars.open[i];
                *since = Since { group, row, open, log_price, price: 0.0, other: 0.0, square: 0.0 };
            }
            let root = ((bars.duration[i] * hedges.grid.per_year) as f32).sqrt();
            since.price += root * drivers.price[i] as f32;
            since.other += root * drivers.other[i] as f32;
            since.square += root * root;
        }
    }
}

/// The end of a block.
pub(super) struct EndMarks<'a> {
    pub hedges: &'a Hedges,
    pub marked: &'a mut MarkedBars,
}

impl Kernel for EndMarks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { hedges, marked: MarkedBars { marked, since } } = self;
        for (lane, since) in since.iter().enumerate() {
            add(hedges, marked, lane, since);
        }
    }
}

/// Adds what a path has come to since its group began.
#[inline(always)]
fn add(hedges: &Hedges, marked: &mut Marked, lane: usize, since: &Since) {
    let Since { group, row, open, log_price, price, other, square } = *since;
    if group < 0 || marked.has_all(open) {
        return;
    }
    let lines = &hedges.marks.lines[(group * GROUP) as usize];
    let terms = [price, other, price * price - square];
    marked.add_terms((lane, open), log_price, &lines[row as usize % lines.len()], terms);
}
