//! What the drivers of a path, hedged by level, come to: a control variate of liquidations.
//!
//! Over each bar that begins with a level open, the polynomials of its normals have the coefficients of where the path is and how far from
//! the barrier. Two more terms have a mean of zero, too, given the ends of the bar: whether its bridge touches the barrier less
//! the chance that it does, times what a touch changes; and what a jump makes of the price, less what is expected of jumps while the
//! bar lasts. Where funding moves barriers, all are taken to have moved as far as the nearest has: efficiency alone depends on it, but for
//! the bridge, which has the true ones.

use std::ops::Range;
use std::sync::Arc;

use super::terms;
use crate::market::{
    Bars, CELLS, Drivers, Entry, HedgeGrid, Hedges, JUMPS, Line, ROWS, TERMS, Terms, shifted, single,
};
use crate::numeric::{Kernel, crossing_probability};
use crate::stats::Tally;

/// Bridges that touch a barrier with a smaller chance than e to minus this are not hedged.
const NEAR: f64 = 8.0;

/// Paths whose places are worked out together.
const TOGETHER: usize = 64;

/// What is kept of the terms of a path and level: half of them, each with another one added, go through memory.
type Sums = [f32; TERMS / 2];

/// Where a path was when its last bar began, and the price at the end of that.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    date: u32,
    row: u32,
    position: i32,
    open: u32,
    close: f64,
}

/// The hedges of the paths of a block.
#[derive(Debug)]
pub(super) struct Hedged {
    pub hedges: Arc<Hedges>,
    /// The coefficients of the date at hand: brought here in a row, and not cell by cell as paths ask for them.
    lines: Box<[Line; ROWS]>,
    /// The probabilities at the next date.
    after: Box<[[u16; CELLS]; ROWS]>,
    date: Option<usize>,
    /// Mirrors log-prices so that barriers lie below.
    sign: f64,
    /// Positions of the barriers by level.
    barriers: Vec<i32>,
    /// Row of the variance where the next bar begins, by path.
    pub rows: Vec<i32>,
    /// By level and path.
    sums: Vec<Sums>,
    /// By path; empty where prices do not jump.
    last: Vec<Last>,
    /// What the terms came to, by level and path of the block just finished.
    totals: Vec<f64>,
}

impl Hedged {
    /// Of levels whose barriers have these mirrored log-prices at the start.
    pub fn new(hedges: Arc<Hedges>, sign: f64, barriers: &[f64]) -> Self {
        Self {
            barriers: barriers.iter().map(|barrier| hedges.grid.barrier(*barrier)).collect(),
            hedges,
            lines: Box::new([[[0; TERMS]; CELLS]; ROWS]),
            after: Box::new([[0; CELLS]; ROWS]),
            date: None,
            sign,
            rows: Vec::new(),
            sums: Vec::new(),
            last: Vec::new(),
            totals: Vec::new(),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        self.rows.clear();
        self.rows.resize(lanes, self.hedges.grid.row(self.hedges.variance));
        self.sums.clear();
        self.sums.resize(lanes * self.barriers.len(), Sums::default());
        self.last.clear();
        if self.hedges.jumps.is_some() {
            self.last.resize(lanes, Last::default());
        }
    }

    /// The end of a block: adds the sums over its paths to a tally.
    pub fn finish(&mut self, tally: &mut Tally) {
        let Self { sums, totals, .. } = self;
        totals.clear();
        totals.extend(sums.iter().map(|sums| sums.iter().map(|sum| f64::from(*sum)).sum::<f64>()));
        for level in 0..self.barriers.len() {
            tally.replicates.add_hedge(level, self.sum_of(level));
        }
    }

    /// What a level's terms came to over the paths of the block just finished.
    pub fn sum_of(&self, level: usize) -> f64 {
        self.totals[level * self.rows.len()..][..self.rows.len()].iter().sum()
    }

    /// Fills with what a level's terms came to, by path of the block just finished.
    pub fn of_level(&self, level: usize, controls: &mut [f64]) {
        controls.copy_from_slice(&self.totals[level * controls.len()..][..controls.len()]);
    }

    /// Takes the coefficients of a date.
    fn take(&mut self, date: usize) {
        if self.date != Some(date) {
            self.date = Some(date);
            self.lines.copy_from_slice(&self.hedges.lines[date]);
            self.after.copy_from_slice(&self.hedges.values[date + 1]);
        }
    }

    /// Adds the jump that has led a path to an open.
    #[inline(always)]
    fn jump(&mut self, lane: usize, before: Before, open: f64) {
        let Self { hedges, barriers, sums, last, rows, sign, .. } = self;
        let (Last { date, row, position, open: levels, close }, lanes) = (last[lane], rows.len());
        let (date, Some(jumps)) = (date as usize, &hedges.jumps) else { return };
        // That it came at all, where it was expected from: where the bar began.
        let line = &hedges.lines[date][row as usize];
        for (level, barrier) in barriers[..levels as usize].iter().enumerate() {
            let entry = &line[HedgeGrid::cell(position.wrapping_sub(*barrier))];
            sums[level * lanes + lane][0] += single(entry[JUMPS]);
        }
        // How far it went, from where it was.
        let Before { row, position, open: levels } = before;
        let (values, means) = (hedges.values[date + 1][row].map(single), &jumps.means[date][row]);
        let shift = hedges.grid.shift(*sign * (open - close));
        for (level, barrier) in barriers[..levels as usize].iter().enumerate() {
            let cell = HedgeGrid::cell(position.wrapping_sub(*barrier));
            sums[level * lanes + lane][0] += shifted(&values, cell, shift) - values[cell] - means[cell];
        }
    }
}

/// Where a path was just before it jumped.
struct Before {
    row: usize,
    position: i32,
    /// Number of open levels.
    open: u32,
}

/// Bars of some paths.
pub(super) struct Follow<'a> {
    pub hedged: &'a mut Hedged,
    pub bars: &'a Bars,
    pub drivers: Drivers<'a>,
    pub terms: &'a terms::Terms,
    /// Number of levels that were open when the bar began, or that the gap at its open has passed.
    pub open_levels: &'a [u32],
    pub log_nearest: &'a [f64],
}

impl Kernel for Follow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let all = self.bars.len();
        let Some(begin) = self.bars.start.first() else { return };
        // Bars that end at events begin later than others, but before the next date or soon after.
        let date = self.hedged.hedges.grid.date(*begin) as usize;
        self.hedged.take(date);
        let mut places = Places::NONE;
        for start in (0..all).step_by(TOGETHER) {
            let bars = start..(start + TOGETHER).min(all);
            self.place(bars.clone(), &mut places);
            if self.hedged.hedges.jumps.is_some() {
                self.jumps(bars.clone(), &places, date);
            }
            let polynomials = self.drivers(bars.clone()).polynomials();
            let Hedged { lines, barriers, sums, rows, .. } = &mut *self.hedged;
            let (entries, paths, lanes) = (lines.as_flattened(), rows.len(), &self.bars.lanes[bars.clone()]);
            let polynomials = &polynomials[..lanes.len()];
            let most = places.open.iter().fold(0, |most, open| most.max(*open));
            // Without an end of its own for each path, which would be guessed wrongly.
            for (level, barrier) in barriers.iter().enumerate().take(most as usize) {
                let cells = places.cells(level as u32, *barrier);
                let sums = &mut sums[level * paths..][..paths];
                if all == paths {
                    let sums = &mut sums[bars.clone()];
                    for ((sums, cell), polynomials) in sums.iter_mut().zip(&cells).zip(polynomials) {
                        add(&entries[*cell as usize % (ROWS * CELLS)], polynomials, sums);
                    }
                } else {
                    for ((lane, cell), polynomials) in lanes.iter().zip(&cells).zip(polynomials) {
                        add(
                            &entries[*cell as usize % (ROWS * CELLS)],
                            polynomials,
                            &mut sums[*lane as usize],
                        );
                    }
                }
            }
            if all == paths {
                rows[bars.clone()].copy_from_slice(&places.ends[..lanes.len()]);
            } else {
                for (lane, end) in lanes.iter().zip(&places.ends) {
                    rows[*lane as usize] = *end;
                }
            }
            for (place, i) in bars.enumerate() {
                if places.near[place] {
                    self.bridge(i, places.open[place] as usize, places.ends[place]);
                }
            }
        }
    }
}

/// Adds the terms of an entry.
#[inline(always)]
fn add(entry: &Entry, polynomials: &Terms, sums: &mut Sums) {
    const HALF: usize = TERMS / 2;
    let terms: Terms = std::array::from_fn(|term| single(entry[term]) * polynomials[term]);
    for term in 0..HALF {
        sums[term] += terms[term] + terms[term + HALF];
    }
}

/// Where some paths are, by their place among those worked out together.
struct Places {
    /// Number of open levels.
    open: [u32; TOGETHER],
    /// Of the log-price, in parts of a cell.
    positions: [i32; TOGETHER],
    /// Rows of the variance at the start of the bar and at its end.
    starts: [i32; TOGETHER],
    ends: [i32; TOGETHER],
    /// Whether the bridge may have touched the nearest barrier.
    near: [bool; TOGETHER],
}

impl Places {
    const NONE: Self = Self {
        open: [0; TOGETHER],
        positions: [0; TOGETHER],
        starts: [0; TOGETHER],
        ends: [0; TOGETHER],
        near: [false; TOGETHER],
    };

    /// Numbers of the cells where a level is; those of paths that it is not open on have coefficients of zero.
    #[inline(always)]
    fn cells(&self, level: u32, barrier: i32) -> [u32; TOGETHER] {
        let mut cells = [0; TOGETHER];
        for place in 0..TOGETHER {
            let cell = HedgeGrid::cell(self.positions[place].wrapping_sub(barrier)) as u32;
            let row = self.starts[place].wrapping_mul(CELLS as i32) as u32;
            cells[place] = row.wrapping_add(if level < self.open[place] { cell } else { 0 });
        }
        cells
    }
}

/// What drove some paths over a bar, in units of a whole step: a first derivative goes with the root of the time, a second one with the time.
struct Units {
    price: [f32; TOGETHER],
    other: [f32; TOGETHER],
    /// Length of the bar.
    square: [f32; TOGETHER],
    /// How many jumps were expected meanwhile, with the sign reversed.
    jumps: [f32; TOGETHER],
}

impl Units {
    /// What the coefficients of each path are multiplied by.
    #[inline(always)]
    fn polynomials(&self) -> [Terms; TOGETHER] {
        let mut all = [Terms::default(); TOGETHER];
        for (place, polynomials) in all.iter_mut().enumerate() {
            let (n, o, square) = (self.price[place], self.other[place], self.square[place]);
            let (second, third) = (n * n - square, n * (n * n - 3.0 * square));
            *polynomials = [n, o, second, o * o - square, n * o, third, second * o, self.jumps[place]];
        }
        all
    }
}

impl Follow<'_> {
    /// Where the paths of some bars are.
    #[inline(always)]
    fn place(&self, bars: Range<usize>, places: &mut Places) {
        let Self { hedged, drivers, open_levels, log_nearest, .. } = self;
        let Hedged { hedges, sign, barriers, rows, .. } = &**hedged;
        // As values of this function they stay in registers.
        let (grid, sign) = (hedges.grid, *sign);
        // Told apart from the range, it is known to be no more than there is room for.
        let count = bars.len().min(TOGETHER);
        let (mut nearest, mut variances) = ([0.0; TOGETHER], [0.0; TOGETHER]);
        let mut at = [0; TOGETHER];
        if self.bars.len() == rows.len() {
            places.open[..count].copy_from_slice(&open_levels[bars.start..][..count]);
            nearest[..count].copy_from_slice(&log_nearest[bars.start..][..count]);
            variances[..count].copy_from_slice(&drivers.variance[bars.start..][..count]);
            places.starts[..count].copy_from_slice(&rows[bars.start..][..count]);
        } else {
            for (place, lane) in self.bars.lanes[bars.start..][..count].iter().enumerate() {
                let lane = *lane as usize;
                places.open[place] = open_levels[lane];
                nearest[place] = log_nearest[lane];
                variances[place] = drivers.variance[lane];
                places.starts[place] = rows[lane];
            }
        }
        for (at, open) in at.iter_mut().zip(&places.open) {
            *at = barriers[(*open as usize).saturating_sub(1)];
        }
        let columns = [&self.bars.open, &self.bars.close, &self.bars.variance];
        let [open, close, variance] = columns.map(|column| &column[bars.start..][..count]);
        for place in 0..count {
            // From the nearest barrier, which is where it is now, to the others as they were at the start.
            let distance = sign * open[place] - nearest[place];
            let left = sign * close[place] - nearest[place];
            places.positions[place] = grid.parts(distance).wrapping_add(at[place]);
            places.near[place] = 2.0 * distance * left < NEAR * variance[place];
        }
        for (end, variance) in places.ends.iter_mut().zip(&variances) {
            *end = grid.row(*variance);
        }
    }

    /// What drove the paths of some bars.
    #[inline(always)]
    fn drivers(&self, bars: Range<usize>) -> Units {
        let hedges = &*self.hedged.hedges;
        let (per_year, rate) = (hedges.grid.per_year, hedges.jumps.as_ref().map_or(0.0, |jumps| jumps.rate));
        let count = bars.len().min(TOGETHER);
        let columns = [&self.bars.duration[..], self.drivers.price, self.drivers.other];
        let [duration, price, other] = columns.map(|column| &column[bars.start..][..count]);
        let none = [0.0; TOGETHER];
        let mut units = Units { price: none, other: none, square: none, jumps: none };
        for place in 0..count {
            let root = ((duration[place] * per_year) as f32).sqrt();
            units.price[place] = root * price[place] as f32;
            units.other[place] = root * other[place] as f32;
            units.square[place] = root * root;
            units.jumps[place] = (-rate * duration[place]) as f32;
        }
        units
    }

    /// Adds the jumps with which some bars begin, and takes note of where these begin and end.
    #[inline(always)]
    fn jumps(&mut self, bars: Range<usize>, places: &Places, date: usize) {
        for (place, i) in bars.enumerate() {
            let (lane, start) = (self.bars.lanes[i] as usize, self.bars.open[i]);
            let close = self.hedged.last[lane].close;
            if start != close {
                let Hedged { hedges, sign, barriers, .. } = &*self.hedged;
                let open = places.open[place];
                let distance = sign * close - self.log_nearest[lane];
                let nearest = barriers[(open as usize).saturating_sub(1)];
                let position = hedges.grid.parts(distance).wrapping_add(nearest);
                let before = Before { row: places.starts[place] as usize, position, open };
                self.hedged.jump(lane, before, start);
            }
            self.hedged.last[lane] = Last {
                date: date as u32,
                row: places.starts[place] as u32,
                position: places.positions[place],
                open: places.open[place],
                close: self.bars.close[i],
            };
        }
    }

    /// Adds whether the bridge of a bar has touched barriers, less the chance of it.
    #[inline(always)]
    fn bridge(&mut self, i: usize, open: usize, row: i32) {
        let Self { hedged, bars, terms, .. } = self;
        let (variance, sign, lane) = (bars.variance[i], hedged.sign, bars.lanes[i] as usize);
        for level in (0..open).rev() {
            let barrier = terms.barrier(level, lane).1;
            let (distance, left) = (sign * bars.open[i] - barrier, sign * bars.close[i] - barrier);
            if distance <= 0.0 || left <= 0.0 {
                continue;
            }
            if !(2.0 * distance * left < NEAR * variance) {
                break;
            }
            let chance = crossing_probability(distance, left, variance);
            let touched = if sign * bars.extreme[i] <= barrier { 1.0 } else { 0.0 };
            let after = &hedged.after[row as usize];
            let changes = 1.0 - single(after[HedgeGrid::cell(hedged.hedges.grid.parts(left))]);
            hedged.sums[level * hedged.rows.len() + lane][0] += (touched - chance) as f32 * changes;
        }
    }
}
