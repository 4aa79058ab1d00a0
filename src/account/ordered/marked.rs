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

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: usize = 3;
    const STEPS: usize = 5;

    /// Numbers from 0 to 1, the same each time.
    fn uniforms() -> impl FnMut() -> f64 {
        let mut state = 88_172_645_463_325_252_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// A line between its cells: the cubic through the two on either side.
    fn at(line: impl Fn(usize) -> f64, place: f64) -> f64 {
        let first = place.floor() - 1.0;
        let points: [f64; 4] = std::array::from_fn(|point| first + point as f64);
        let term = |own: f64| {
            let others = points.iter().filter(|other| **other != own);
            line(own as usize) * others.map(|other| (place - other) / (own - other)).product::<f64>()
        };
        points.into_iter().map(term).sum()
    }

    /// Two nets, the second of which is not whole, on three levels that paths close one after the other:
    /// what is known of each path and mark, step by step while a level is open, with lines of no shape. Sums
    /// over a net are right to what is lost of numbers of 24 bits.
    #[test]
    fn sums_are_those_of_each_path_and_level_by_itself() {
        let mut uniform = uniforms();
        let lanes = NET + 5;
        let spacing = 0.01;
        let marks = [-0.31, -0.1204, -0.0377, 0.0, 0.0051, 0.2263, 0.35];
        let mut line = || -> MarkLine { std::array::from_fn(|_| (65_536.0 * uniform()) as u16) };
        let all: Vec<MarkLine> = (0..12).map(|_| line()).collect();
        let mean: [f32; MARK_CELLS] = std::array::from_fn(|_| (65_536.0 * uniform()) as f32);
        let chances: [f32; LAST_BINS] = std::array::from_fn(|_| uniform() as f32);
        let to = |mark: f64| (1024.0 + 2500.0 * mark) as u32;
        let mut known = vec![[0.0; MARKS]; 2 * LEVELS];
        let intervals = Intervals::new(marks.to_vec(), &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]).unwrap();
        let mut marked = Marked::new(&intervals, false, spacing, LEVELS);
        // What a block before has left is gone.
        marked.begin(3 * NET);
        marked.add_last((2 * NET, 3), 7, &chances, to);
        marked.begin(lanes);
        for lane in 0..lanes {
            let mut open = LEVELS;
            for step in 0..STEPS {
                // Between two cells, and now and then beyond all of them.
                let cells = (180.0 * uniform() - 90.0).round() + 0.8 * uniform() - 0.4;
                let log_price = spacing * cells;
                let mut add = |values: [f64; 7]| {
                    for level in 0..open {
                        let known = &mut known[level * 2 + lane / NET];
                        known.iter_mut().zip(values).for_each(|(known, value)| *known += value);
                    }
                };
                // A mark is as many cells above the nearest one to the path as above the start.
                let place = |first: f64| marks.map(|mark| first + mark / spacing + 39.5);
                let nearest = 56.0 - cells.round();
                let [one, two] = [0, 1].map(|_| &all[(12.0 * uniform()) as usize]);
                let (part, by_lane) = (uniform() as f32, (lane, open as u32));
                if step + 1 == STEPS {
                    let bin = (2048.0 * uniform()) as u32;
                    let is_below = |mark: f64| if bin < to(mark) { 1.0 } else { 0.0 };
                    add(marks.map(|mark| is_below(mark) - f64::from(chances[to(mark) as usize])));
                    marked.add_last(by_lane, bin, &chances, to);
                } else if step % 2 == 0 {
                    let between = |cell: usize| {
                        let [one, two] = [one, two].map(|line| f64::from(line[cell]));
                        one + f64::from(part) * (two - one) - f64::from(mean[cell])
                    };
                    add(place(nearest.clamp(0.0, 112.0)).map(|place| at(between, place) / 65_535.0));
                    marked.add(by_lane, log_price, &Between { lines: [one, two], part, mean: &mean });
                } else {
                    let beyond = 2.0 * part - 1.0;
                    let sloped = |cell: usize| {
                        let [before, own, after] =
                            [cell - 1, cell, cell + 1].map(|cell| f64::from(one[cell]));
                        own - 0.5 * f64::from(beyond) * (after - before) - f64::from(mean[cell])
                    };
                    add(place(nearest.clamp(1.0, 111.0)).map(|place| at(sloped, place) / 65_535.0));
                    marked.add_sloped(by_lane, log_price, &Sloped { line: one, beyond, mean: &mean });
                }
                open -= usize::from(open > 0 && uniform() < 0.3);
            }
        }
        let mut tally = Tally::new(LEVELS);
        marked.finish(&vec![0.0; lanes], |_| 0.0, &mut tally);
        let (mut most, mut largest) = (0.0_f64, 0.0_f64);
        for level in 0..LEVELS {
            assert_eq!(marked.of_level(level).len(), 2);
            for (found, known) in marked.of_level(level).iter().zip(&known[level * 2..]) {
                for (found, known) in found.iter().zip(known) {
                    most = most.max((f64::from(*found) - known).abs());
                    largest = largest.max(known.abs());
                }
            }
        }
        assert!(most < 3e-4 && largest > 5.0, "{most} of {largest}");
    }
}
