//! Paths that are recorded, as bars of equal length.
//!
//! An observer that asks for an extreme gets that of the bar. One that asks for none follows the price itself (an account whose owner
//! has orders on both sides): it is given each bar as three straight moves, from the open to the extreme on the losing side, to the other
//! extreme, and to the close. What a bar does not tell is decided against the account: the losing side comes first.
//!
//! Payments and scheduled orders that are due inside a bar are made at its close.

use std::ops::Range;

use super::block::{BLOCK_LANES, Known, Observers, Seat};
use super::plan::Plan;
use super::source::BarSource;
use crate::account::Observer;
use crate::market::{Bars, Duration, Sides};

/// Log-prices over the price at the start of a path, of one bar of some paths.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarColumns {
    /// First price.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
}

/// Paths as bars of equal length.
pub trait RecordedPaths: Sync {
    /// Length of a bar.
    fn interval(&self) -> Duration;

    /// Bars of a path.
    fn bars(&self) -> usize;

    /// A bar, counted from 0, of an asset on some paths.
    fn columns(&self, asset: usize, bar: usize, paths: Range<usize>) -> BarColumns;

    /// How the driver of an asset's price moved over a bar, in standard deviations of such moves, by path, where the paths know it: what
    /// funding rates that hang together with the price follow.
    fn driver(&self, _asset: usize, _bar: usize, _paths: Range<usize>) -> Option<Vec<f64>> {
        None
    }

    /// The rates of a law of funding that are due at the close of a bar, by path, where the paths know them.
    fn funding(&self, _law: usize, _bar: usize, _paths: Range<usize>) -> Option<Vec<f64>> {
        None
    }

    /// Logarithm of the coins that a unit of hashrate earns on the day that ends with a bar, over those at the start, by path, where the
    /// paths know them.
    fn network(&self, _bar: usize, _paths: Range<usize>) -> Option<Vec<f64>> {
        None
    }
}

/// Shows given paths to the account of a plan.
pub(crate) struct RecordedSource<'a> {
    given: &'a dyn RecordedPaths,
    plan: &'a Plan,
    seat: Seat<'a>,
    batch: Vec<Bars>,
    closes: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl<'a> RecordedSource<'a> {
    pub fn new(given: &'a dyn RecordedPaths, plan: &'a Plan) -> Self {
        let assets = plan.law.models.len();
        Self {
            given,
            plan,
            seat: Seat::new(&plan.law, &plan.account.schedule, &plan.funding, plan.network.as_ref()),
            batch: (0..assets).map(|asset| Bars { asset, ..Bars::default() }).collect(),
            closes: vec![Vec::new(); assets],
            weights: Vec::new(),
        }
    }

    /// Lets funding rates that follow the price see how it moved over a bar.
    fn drive(&mut self, bar: usize, paths: &Range<usize>) {
        if !self.seat.funding.follows_the_price() {
            return;
        }
        let lanes: Vec<u32> = (0..paths.len() as u32).collect();
        let durations = vec![self.given.interval().years(); lanes.len()];
        for asset in 0..self.closes.len() {
            if let Some(normals) = self.given.driver(asset, bar, paths.clone()) {
                self.seat.funding.drive(asset, &lanes, &durations, &normals);
            }
        }
    }

    /// Shows a bar as its observer wants it.
    fn pass(&mut self, bar: usize, columns: &[BarColumns], observer: &mut dyn Observer) {
        let years = self.given.interval().years();
        let start = bar as f64 * years;
        let watched = observer.watched_side();
        if let Some(side) = watched {
            let of = |columns: &BarColumns| {
                let extreme = if side == Sides::Low { &columns.low } else { &columns.high };
                [columns.open.clone(), columns.close.clone(), extreme.clone()]
            };
            self.show((start, years), columns.iter().map(of), observer);
            return;
        }
        let third = years / 3.0;
        for part in 0..3 {
            let move_of = |(asset, columns): (usize, &BarColumns)| {
                let BarColumns { open, high, low, close } = columns;
                let falls = self.plan.account.losing_side_of(asset) == Sides::Low;
                let (worst, best) = if falls { (low, high) } else { (high, low) };
                let (from, to) = [(open, worst), (worst, best), (best, close)][part];
                // The extreme of a straight move is its end: it leaves nothing open.
                [from.clone(), to.clone(), to.clone()]
            };
            let moves: Vec<_> = columns.iter().enumerate().map(move_of).collect();
            self.show((start + part as f64 * third, third), moves.into_iter(), observer);
        }
    }

    /// Shows bars with an open, a close and an extreme, by asset.
    fn show(
        &mut self,
        (start, duration): (f64, f64),
        columns: impl Iterator<Item = [Vec<f64>; 3]>,
        observer: &mut dyn Observer,
    ) {
        let is_straight = observer.watched_side().is_none();
        for (batch, [open, close, extreme]) in self.batch.iter_mut().zip(columns) {
            let lanes = open.len();
            batch.lanes = (0..lanes as u32).collect();
            batch.start = vec![start; lanes];
            batch.duration = vec![duration; lanes];
            // Only times inside the bar depend on it: that of a walk that has just made this range.
            let range =
                |(open, extreme): (&f64, &f64)| if is_straight { 0.0 } else { (open - extreme).powi(2) };
            batch.variance = open.iter().zip(&extreme).map(range).collect();
            batch.open = open;
            batch.close = close;
            batch.extreme = extreme;
        }
        observer.observe(&self.batch, &mut self.seat.noise);
    }
}

impl BarSource for RecordedSource<'_> {
    fn run_block(&mut self, block: u64, lanes: usize, observers: &mut Observers<'_>) -> bool {
        let [observer] = observers else { return true };
        let (plan, first) = (self.plan, block as usize * BLOCK_LANES);
        let paths = first..first + lanes;
        self.seat.begin(block, lanes);
        observer.begin(lanes);
        self.weights.clear();
        self.weights.resize(lanes, 1.0);
        let years = self.given.interval().years();
        let mut grid = plan.law.grid.iter().enumerate().peekable();
        let bars = self.given.bars();
        for bar in 0..bars {
            // Rounding of times must not move a date to the next bar; at the last one all is due.
            let end = if bar + 1 == bars { f64::INFINITY } else { (bar as f64 + 1.0 + 1e-9) * years };
            let (mut look, mut due) = (false, Vec::new());
            while let Some((place, point)) = grid.next_if(|(_, point)| point.time <= end) {
                look |= point.look;
                due.push(place);
            }
            let columns: Vec<BarColumns> =
                (0..self.closes.len()).map(|asset| self.given.columns(asset, bar, paths.clone())).collect();
            if plan.law.continuous {
                self.pass(bar, &columns, &mut **observer);
            } else if look {
                let of = |columns: &BarColumns| [(); 3].map(|()| columns.close.clone());
                self.show(((bar + 1) as f64 * years, 0.0), columns.iter().map(of), &mut **observer);
            }
            for (closes, columns) in self.closes.iter_mut().zip(columns) {
                *closes = columns.close;
            }
            self.drive(bar, &paths);
            for place in due {
                let known = Known {
                    funding: &|law: usize| self.given.funding(law, bar, paths.clone()),
                    network: &|| self.given.network(bar, paths.clone()),
                };
                self.seat.settle_with(place, &self.closes, &mut **observer, &known);
            }
        }
        true
    }

    fn log_prices(&self) -> &[Vec<f64>] {
        &self.closes
    }

    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn strata(&mut self, _asset: usize, _side: Sides) -> &[u32] {
        &[]
    }
}
