//! What the steps of paths, hedged by mark of the closing price, come to: control variates of closing below
//! each, up to where each level is liquidated.
//!
//! Over each step its innovation, or its draw, has the coefficients of how far the path was from the marks.
//! All that is asked for are sums over the paths of a net on which a level was open when the step began: what
//! a path adds goes to the sums of so many open levels, at even places of marks. Those between them have
//! what a cubic through four says. A level is liquidated inside a step, which is known when that has ended:
//! it is stopped there.
//!
//! Where the law of the closing price is known, closing below a mark less the chance of it needs no hedge: what
//! steps bring after a level was lost is taken off that.

use crate::market::{LAST_BINS, MARK_CELLS, MARK_ONE, MARK_PLACES, MARK_TERMS, MarkLine, MarkTable, single};
use crate::numeric::{NET, cubic, first_of_four};
use crate::stats::{Intervals, MARKS, Tally};

/// The control variates of the paths of a block.
#[derive(Debug)]
pub(super) struct Marked {
    marks: Vec<f64>,
    /// The chance to close below each, where it is known.
    below: Option<Vec<f64>>,
    /// The first of four places of each, and their weights.
    places: Vec<(usize, [f64; 4])>,
    /// Cells per unit of log-price.
    per_log: f64,
    levels: usize,
    /// Sums over the paths of a net by place, in parts of [`MARK_ONE`]: by net and number of open levels.
    even: Vec<[f32; MARK_PLACES]>,
    /// Those of the last step by mark.
    last: Vec<[f32; MARKS]>,
    /// What both come to by level and net.
    stopped: Vec<[f32; MARKS]>,
}

/// Two lines, how far their mean goes from the first to the second, and what is to be taken off.
pub(super) struct Between<'a> {
    pub lines: [&'a MarkLine; 2],
    pub part: f32,
    pub mean: &'a [f32; MARK_CELLS],
}

/// A line, how many cells beyond the mean of its class a draw went, and what is to be taken off.
pub(super) struct Sloped<'a> {
    pub line: &'a MarkLine,
    pub beyond: f32,
    pub mean: &'a [f32; MARK_CELLS],
}

impl Marked {
    /// Of so many levels, by the marks between intervals, and their chances if these are `known`.
    pub fn new(intervals: &Intervals, known: bool, spacing: f64, levels: usize) -> Self {
        let place = |mark: &f64| {
            let place = MarkTable::place(*mark / spacing);
            let (first, part) = first_of_four(place, MARK_PLACES);
            // Nothing is said of a mark beyond the places.
            let is_there = (0.0..=(MARK_PLACES - 1) as f64).contains(&place);
            (first, if is_there { cubic(part) } else { [0.0; 4] })
        };
        let marks = intervals.marks();
        Self {
            places: marks.iter().map(place).collect(),
            marks: marks.to_vec(),
            below: known.then(|| intervals.below()),
            per_log: 1.0 / spacing,
            levels,
            even: Vec::new(),
            last: Vec::new(),
            stopped: Vec::new(),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        let rows = lanes.div_ceil(NET) * (self.levels + 1);
        self.even.clear();
        self.even.resize(rows, [0.0; MARK_PLACES]);
        self.last.clear();
        self.last.resize(rows, [0.0; MARKS]);
    }

    #[inline(always)]
    fn row(&self, lane: usize, open: u32) -> usize {
        lane / NET * (self.levels + 1) + open as usize
    }

    /// Adds what lines say of a path that was at a log-price, with so many levels open.
    #[inline(always)]
    pub fn add(&mut self, (lane, open): (usize, u32), log_price: f64, between: &Between<'_>) {
        let (row, first) = (self.row(lane, open), MarkTable::first_cell(log_price, self.per_log));
        let [before, after] = between.lines.map(|line| &line[first..][..MARK_PLACES]);
        let (mean, part) = (&between.mean[first..][..MARK_PLACES], between.part);
        let sums = &mut self.even[row];
        for (((sum, before), after), mean) in sums.iter_mut().zip(before).zip(after).zip(mean) {
            let (before, after) = (f32::from(*before), f32::from(*after));
            *sum += part * (after - before) + (before - mean);
        }
    }

    /// Adds what a line and its slope say of such a path.
    #[inline(always)]
    pub fn add_sloped(&mut self, (lane, open): (usize, u32), log_price: f64, sloped: &Sloped<'_>) {
        // With room for a neighbour on either side.
        let first = MarkTable::first_cell(log_price, self.per_log).clamp(1, MARK_CELLS - MARK_PLACES - 1);
        let row = self.row(lane, open);
        let [below, at, above] =
            [first - 1, first, first + 1].map(|first| &sloped.line[first..][..MARK_PLACES]);
        let (mean, half) = (&sloped.mean[first..][..MARK_PLACES], 0.5 * sloped.beyond);
        let lines = below.iter().zip(at).zip(above).zip(mean);
        for (sum, (((below, at), above), mean)) in self.even[row].iter_mut().zip(lines) {
            let [below, at, above] = [below, at, above].map(|chance| f32::from(*chance));
            // Farther up, the mark is nearer.
            *sum += (at - mean) - half * (above - below);
        }
    }

    /// Whether so many open levels are all there are.
    #[inline(always)]
    pub fn has_all(&self, open: u32) -> bool {
        open as usize >= self.levels
    }

    /// Adds what coefficients of polynomials of normals say of such a path.
    #[inline(always)]
    pub fn add_terms(
        &mut self,
        (lane, open): (usize, u32),
        log_price: f64,
        lines: &[[u16; MARK_CELLS]; MARK_TERMS],
        terms: [f32; MARK_TERMS],
    ) {
        let (row, first) = (self.row(lane, open), MarkTable::first_cell(log_price, self.per_log));
        let [a, b, c] = lines.each_ref().map(|line| &line[first..][..MARK_PLACES]);
        let terms = terms.map(|term| term * MARK_ONE);
        for (sum, ((a, b), c)) in self.even[row].iter_mut().zip(a.iter().zip(b).zip(c)) {
            let [a, b, c] = [a, b, c].map(|coefficient| single(*coefficient));
            *sum += terms[0] * a + (terms[1] * b + terms[2] * c);
        }
    }

    /// Adds whether what drove the last step of a path, in an interval of its scale, lies below those that lead
    /// to each mark.
    #[inline(always)]
    pub fn add_last(
        &mut self,
        (lane, open): (usize, u32),
        bin: u32,
        chances: &[f32],
        to: impl Fn(f64) -> u32,
    ) {
        let row = self.row(lane, open);
        for (sum, mark) in self.last[row].iter_mut().zip(&self.marks) {
            let edge = to(*mark);
            let is_below = if bin < edge { 1.0 } else { 0.0 };
            *sum += is_below - chances[edge as usize & (LAST_BINS - 1)];
        }
    }

    /// The end of a block, at these log-prices: adds the sums over its paths to a tally, with what hedges the
    /// liquidations of each level.
    pub fn finish(&mut self, log_prices: &[f64], hedged: impl Fn(usize) -> f64, tally: &mut Tally) {
        let Self { even, last, stopped, places, levels, below, marks, .. } = self;
        let (nets, rows) = (even.len() / (*levels + 1), *levels + 1);
        stopped.clear();
        stopped.resize(nets * *levels, [0.0; MARKS]);
        for net in 0..nets {
            let of_row = |row: usize| {
                let mut sums = last[row];
                for (sum, (first, weights)) in sums.iter_mut().zip(&*places) {
                    let of_places = even[row][*first..][..4].iter().zip(weights);
                    let found: f64 = of_places.map(|(sum, weight)| weight * f64::from(*sum)).sum();
                    *sum += (found / f64::from(MARK_ONE)) as f32;
                }
                sums
            };
            let mut sums = [0.0_f32; MARKS];
            match below {
                Some(below) => {
                    let closes = &log_prices[net * NET..][..NET.min(log_prices.len() - net * NET)];
                    for ((sum, mark), below) in sums.iter_mut().zip(&*marks).zip(&*below) {
                        let closed = closes.iter().filter(|close| *close < mark).count();
                        *sum = (closed as f64 - closes.len() as f64 * below) as f32;
                    }
                    // A level was lost where no more than its number were open.
                    for level in 0..*levels {
                        let after = of_row(net * rows + level);
                        sums.iter_mut().zip(after).for_each(|(sum, after)| *sum -= after);
                        stopped[level * nets + net] = sums;
                    }
                }
                None => {
                    // A level was open where more than its number were.
                    for level in (0..*levels).rev() {
                        let until = of_row(net * rows + level + 1);
                        sums.iter_mut().zip(until).for_each(|(sum, until)| *sum += until);
                        stopped[level * nets + net] = sums;
                    }
                }
            }
        }
        for (level, sums) in stopped.chunks_exact(nets.max(1)).enumerate() {
            let mut all = [0.0; MARKS];
            for sums in sums {
                all.iter_mut().zip(sums).for_each(|(all, sum)| *all += f64::from(*sum));
            }
            tally.replicates.add_marked(level, &all[..places.len()], hedged(level));
        }
    }

    /// What they had come to where a level was stopped, by net.
    pub fn of_level(&self, level: usize) -> &[[f32; MARKS]] {
        let nets = self.stopped.len() / self.levels.max(1);
        &self.stopped[level * nets..][..nets]
    }
}
