//! The nearest barriers of every path on either side of each asset's price, over all levels.

use std::ops::Range;

use super::columns::Columns;
use super::terms::Terms;
use crate::account::barrier::NOWHERE;
use crate::account::settlement::log_barrier;
use crate::numeric::Kernel;

/// How much nearer the columns show barriers than they are: rounding differs, and what is that near is looked at exactly.
const SLACK: f64 = 1e-12;

/// What all levels wait for in a unit, by path.
#[derive(Debug, Clone, Default)]
pub(super) struct Nearest {
    /// Log-prices between which nothing happens.
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    /// From this level on all are closed.
    open: Vec<u32>,
}

/// What some levels of a path wait for in a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    bounds: (f64, f64),
    open: u32,
}

impl Waits {
    pub const NOTHING: Self = Self { bounds: NOWHERE, open: 0 };

    /// With a further level, if that is open.
    #[inline(always)]
    pub fn add(&mut self, level: usize, bounds: Option<(f64, f64)>) {
        if let Some(own) = bounds {
            *self = Self { bounds: nearer(self.bounds, own), open: level as u32 + 1 };
        }
    }
}

impl Nearest {
    /// The same on all paths.
    pub fn begin(&mut self, lanes: usize, Waits { bounds, open }: Waits) {
        for (column, bound) in [(&mut self.low, bounds.0 + SLACK), (&mut self.high, bounds.1 - SLACK)] {
            column.clear();
            column.resize(lanes, bound);
        }
        self.open.clear();
        self.open.resize(lanes, open);
    }

    /// Something new on a path.
    #[inline(always)]
    pub fn set(&mut self, lane: usize, Waits { bounds, open }: Waits) {
        (self.low[lane], self.high[lane]) = (bounds.0 + SLACK, bounds.1 - SLACK);
        self.open[lane] = open;
    }

    /// The levels among which are all that are open on a path.
    #[inline(always)]
    pub fn open(&self, lane: usize) -> Range<usize> {
        0..self.open[lane] as usize
    }

    /// The bounds of some paths of another one.
    pub fn gather(&mut self, from: &Self, lanes: &[u32]) {
        for (column, from) in [(&mut self.low, &from.low), (&mut self.high, &from.high)] {
            column.clear();
            column.extend(lanes.iter().map(|lane| from[*lane as usize]));
        }
    }
}

/// The log-prices between which an open position of a level is not liquidated on a path; none for one that is closed.
#[inline(always)]
pub(super) fn bounds(terms: &Terms, columns: &Columns, place: usize, lane: usize) -> Option<(f64, f64)> {
    let money = &columns.money[place];
    if money.left[lane].is_nan() {
        Some(terms.positions[place].closed_form.bounds(money.cash[lane]))
    } else {
        None
    }
}

/// The same for all positions of a level in a unit; none if they are all closed.
#[inline(always)]
pub(super) fn bounds_of_unit(
    terms: &Terms,
    columns: &Columns,
    (level, unit): (usize, usize),
    lane: usize,
) -> Option<(f64, f64)> {
    let mut all = None;
    for number in &terms.units[unit].pools {
        if let Some(own) = bounds(terms, columns, terms.place(level, *number), lane) {
            all = Some(nearer(all.unwrap_or(NOWHERE), own));
        }
    }
    all
}

/// The narrower of two intervals on both sides.
#[inline(always)]
fn nearer(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0.max(other.0), one.1.min(other.1))
}

/// From the nearest barriers of positions, mirrored and in the unit that each is linear in, to those of units.
pub(super) struct Logarithms<'a> {
    pub terms: &'a Terms,
    /// By position and path.
    pub barriers: &'a [Vec<f64>],
    /// By unit.
    pub nearest: &'a mut [Nearest],
}

impl Kernel for Logarithms<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { terms, barriers, nearest } = self;
        for (unit, nearest) in terms.units.iter().zip(nearest) {
            let (low, high) = NOWHERE;
            nearest.low.fill(low);
            nearest.high.fill(high);
            for number in &unit.pools {
                let position = &terms.positions[*number];
                let sign = position.closed_form.exposure.signum();
                let barriers = barriers[*number].iter();
                if position.side() > 0.0 {
                    for (low, barrier) in nearest.low.iter_mut().zip(barriers) {
                        let own = log_barrier(sign, *barrier) + SLACK;
                        *low = if own > *low { own } else { *low };
                    }
                } else {
                    for (high, barrier) in nearest.high.iter_mut().zip(barriers) {
                        let own = -log_barrier(sign, *barrier) - SLACK;
                        *high = if own < *high { own } else { *high };
                    }
                }
            }
        }
    }
}

/// Paths whose prices get to a barrier.
pub(super) struct Met<'a> {
    pub terms: &'a Terms,
    pub nearest: &'a [Nearest],
    /// By asset and path.
    pub log_prices: &'a [Vec<f64>],
    pub found: &'a mut Vec<u32>,
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

impl Kernel for Met<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { terms, nearest, log_prices, found } = self;
        let lanes = nearest.first().map_or(0, |nearest| nearest.low.len());
        for start in (0..lanes).step_by(CHUNK) {
            let end = (start + CHUNK).min(lanes);
            let mut is_met = [false; CHUNK];
            let mut any = false;
            for (unit, nearest) in terms.units.iter().zip(nearest) {
                let (low, high) = (&nearest.low[start..end], &nearest.high[start..end]);
                let prices = &log_prices[unit.assets[0]][start..end];
                for k in 0..end - start {
                    let own = (prices[k] <= low[k]) | (prices[k] >= high[k]);
                    is_met[k] |= own;
                    any |= own;
                }
            }
            if any {
                found.extend((start..end).filter(|lane| is_met[lane - start]).map(|lane| lane as u32));
            }
        }
    }
}
