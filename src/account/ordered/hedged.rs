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
use crate::market::{Bars, CELLS, Drivers, HedgeGrid, Hedges, JUMP, TERMS, Terms, VALUE, single};
use crate::numeric::{Kernel, crossing_probability, dispatch, exp};
use crate::stats::Tally;

/// Bridges that touch a barrier with a smaller chance than e to minus this are not hedged.
const NEAR: f64 = 8.0;

/// Paths whose places are worked out together.
const TOGETHER: usize = 64;

/// Where a path was when its last bar began, and the price at the end of that.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    line: u32,
    position: i32,
    open: u32,
    close: f64,
}

/// The hedges of the paths of a block.
#[derive(Debug)]
pub(super) struct Hedged {
    hedges: Arc<Hedges>,
    /// Mirrors log-prices so that barriers lie below.
    sign: f64,
    /// Positions of the barriers by level.
    barriers: Vec<i32>,
    /// Row of the variance where the next bar begins, by path.
    rows: Vec<i32>,
    /// Terms by path and level.
    sums: Vec<Terms>,
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
        self.sums.resize(lanes * self.barriers.len(), [0.0; TERMS]);
        self.last.clear();
        if self.hedges.jump_growth.is_some() {
            self.last.resize(lanes, Last::default());
        }
    }

    /// The end of a block: adds the sums over its paths to a tally.
    pub fn finish(&mut self, tally: &mut Tally) {
        let Self { barriers, sums, totals, .. } = self;
        let (levels, lanes) = (barriers.len(), self.rows.len());
        totals.resize(levels * lanes, 0.0);
        dispatch(Add { levels, sums, totals });
        for (level, totals) in totals.chunks_exact(lanes.max(1)).enumerate() {
            tally.replicates.add_hedge(level, totals.iter().sum());
        }
    }

    /// Fills with what a level's terms came to, by path of the block just finished.
    pub fn of_level(&self, level: usize, controls: &mut [f64]) {
        controls.copy_from_slice(&self.totals[level * controls.len()..][..controls.len()]);
    }

    /// Adds what the jump at the end of the last bar of a path made of the price.
    #[inline(always)]
    fn jump(&mut self, lane: usize, open: f64) {
        let Last { line, position, open: levels, close } = self.last[lane];
        let made = (exp(open - close) - 1.0) as f32;
        let line = &self.hedges.lines[line as usize];
        let sums = &mut self.sums[lane * self.barriers.len()..];
        for (sums, barrier) in sums.iter_mut().zip(&self.barriers[..levels as usize]) {
            sums[JUMP] += made * single(line[HedgeGrid::cell(position.wrapping_sub(*barrier))][JUMP]);
        }
    }
}

/// The terms of each path and level added up.
struct Add<'a> {
    levels: usize,
    sums: &'a [Terms],
    totals: &'a mut [f64],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { levels, sums, totals } = self;
        let lanes = sums.len() / levels.max(1);
        for (lane, sums) in sums.chunks_exact(levels).enumerate() {
            for (level, terms) in sums.iter().enumerate() {
                totals[level * lanes + lane] = terms.iter().map(|term| f64::from(*term)).sum();
            }
        }
    }
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
        for start in (0..all).step_by(TOGETHER) {
            let bars = start..(start + TOGETHER).min(all);
            let places = self.places(bars.clone());
            if self.hedged.hedges.jump_growth.is_some() {
                self.jumps(bars.clone(), &places);
            }
            let drivers = self.drivers(bars.clone());
            let Hedged { hedges, barriers, sums, rows, .. } = &mut *self.hedged;
            let levels = barriers.len();
            for (place, lane) in self.bars.lanes[bars.clone()].iter().enumerate() {
                let lane = *lane as usize;
                rows[lane] = places.ends[place];
                let polynomials = drivers.polynomials(place);
                let line = &hedges.lines[places.lines[place] as usize];
                let open = &barriers[..places.open[place] as usize];
                for (sums, barrier) in sums[lane * levels..][..levels].iter_mut().zip(open) {
                    let cell = HedgeGrid::cell(places.positions[place].wrapping_sub(*barrier));
                    let (entry, mut terms) = (&line[cell & (CELLS - 1)], *sums);
                    for term in 0..TERMS {
                        terms[term] += single(entry[term]) * polynomials[term];
                    }
                    *sums = terms;
                }
            }
            for (place, i) in bars.enumerate() {
                if places.near[place] {
                    self.bridge(i, places.open[place] as usize, places.after[place]);
                }
            }
        }
    }
}

/// Where some paths are, by their place among those worked out together.
struct Places {
    /// Number of open levels.
    open: [u32; TOGETHER],
    /// Of the log-price, in parts of a cell.
    positions: [i32; TOGETHER],
    /// Rows of the variance at the end of the bar.
    ends: [i32; TOGETHER],
    /// Lines at the start of the bar and at its end.
    lines: [u32; TOGETHER],
    after: [u32; TOGETHER],
    /// Whether the bridge may have touched the nearest barrier.
    near: [bool; TOGETHER],
}

/// What drove some paths over a bar, in units of a whole step: a first derivative goes with the root of the time, a second one with the time.
struct Units {
    price: [f32; TOGETHER],
    other: [f32; TOGETHER],
    /// Length of the bar.
    square: [f32; TOGETHER],
    /// What jumps were expected to add meanwhile, with the sign reversed.
    jumps: [f32; TOGETHER],
}

impl Units {
    /// What the coefficients of a path are multiplied by.
    #[inline(always)]
    fn polynomials(&self, place: usize) -> Terms {
        let (n, o, square) = (self.price[place], self.other[place], self.square[place]);
        let (second, third) = (n * n - square, n * (n * n - 3.0 * square));
        [n, o, second, o * o - square, n * o, third, self.jumps[place], 0.0]
    }
}

impl Follow<'_> {
    /// Where the paths of some bars are.
    #[inline(always)]
    fn places(&self, bars: Range<usize>) -> Places {
        let Self { hedged, drivers, open_levels, log_nearest, .. } = self;
        let Hedged { hedges, sign, barriers, rows, .. } = &**hedged;
        // As values of this function they stay in registers.
        let (grid, sign) = (hedges.grid, *sign);
        // Told apart from the range, it is known to be no more than there is room for.
        let count = bars.len().min(TOGETHER);
        let mut places = Places {
            open: [0; TOGETHER],
            positions: [0; TOGETHER],
            ends: [0; TOGETHER],
            lines: [0; TOGETHER],
            after: [0; TOGETHER],
            near: [false; TOGETHER],
        };
        let (mut nearest, mut variances) = ([0.0; TOGETHER], [0.0; TOGETHER]);
        let (mut at, mut starts) = ([0; TOGETHER], [0; TOGETHER]);
        if self.bars.len() == rows.len() {
            places.open[..count].copy_from_slice(&open_levels[bars.start..][..count]);
            nearest[..count].copy_from_slice(&log_nearest[bars.start..][..count]);
            variances[..count].copy_from_slice(&drivers.variance[bars.start..][..count]);
            starts[..count].copy_from_slice(&rows[bars.start..][..count]);
        } else {
            for (place, lane) in self.bars.lanes[bars.start..][..count].iter().enumerate() {
                let lane = *lane as usize;
                places.open[place] = open_levels[lane];
                nearest[place] = log_nearest[lane];
                variances[place] = drivers.variance[lane];
                starts[place] = rows[lane];
            }
        }
        for (at, open) in at.iter_mut().zip(&places.open) {
            *at = barriers[(*open as usize).saturating_sub(1)];
        }
        let columns = [&self.bars.start, &self.bars.open, &self.bars.close, &self.bars.variance];
        let [begin, open, close, variance] = columns.map(|column| &column[bars.start..][..count]);
        for place in 0..count {
            // From the nearest barrier, which is where it is now, to the others as they were at the start.
            let distance = sign * open[place] - nearest[place];
            let left = sign * close[place] - nearest[place];
            places.positions[place] = grid.parts(distance).wrapping_add(at[place]);
            places.near[place] = 2.0 * distance * left < NEAR * variance[place];
        }
        for place in 0..count {
            let date = grid.date(begin[place]);
            places.ends[place] = grid.row(variances[place]);
            places.lines[place] = HedgeGrid::line_of(date, starts[place]);
            places.after[place] = HedgeGrid::line_of(date + 1, places.ends[place]);
        }
        places
    }

    /// What drove the paths of some bars.
    #[inline(always)]
    fn drivers(&self, bars: Range<usize>) -> Units {
        let hedges = &*self.hedged.hedges;
        let (per_year, growth) = (hedges.grid.per_year, hedges.jump_growth.unwrap_or(0.0));
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
            units.jumps[place] = (-growth * duration[place]) as f32;
        }
        units
    }

    /// Adds the jumps with which some bars begin, and takes note of where these begin and end.
    #[inline(always)]
    fn jumps(&mut self, bars: Range<usize>, places: &Places) {
        for (place, i) in bars.enumerate() {
            let lane = self.bars.lanes[i] as usize;
            if self.bars.open[i] != self.hedged.last[lane].close {
                self.hedged.jump(lane, self.bars.open[i]);
            }
            self.hedged.last[lane] = Last {
                line: places.lines[place],
                position: places.positions[place],
                open: places.open[place],
                close: self.bars.close[i],
            };
        }
    }

    /// Adds whether the bridge of a bar has touched barriers, less the chance of it.
    #[inline(always)]
    fn bridge(&mut self, i: usize, open: usize, after: u32) {
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
            let levels = hedged.barriers.len();
            let cell = HedgeGrid::cell(hedged.hedges.grid.parts(left));
            let changes = 1.0 - single(hedged.hedges.lines[after as usize][cell][VALUE]);
            hedged.sums[lane * levels + level][VALUE] += (touched - chance) as f32 * changes;
        }
    }
}
