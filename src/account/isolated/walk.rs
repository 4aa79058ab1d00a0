//! Paths near a barrier, level by level and event by event, as the general follower has it.

use super::columns::Columns;
use super::nearest::{Nearest, bounds, bounds_of_unit, nearer};
use super::terms::Terms;
use crate::account::barrier::NOWHERE;
use crate::account::follow::{Node, Reach, Segment};
use crate::market::Bars;
use crate::numeric::{Kernel, exp};

/// The levels of an account on the paths of a block.
pub(super) struct Walk<'a> {
    pub terms: &'a Terms,
    pub columns: &'a mut Columns,
    /// What is left of a bar, last piece first.
    pub stack: &'a mut Vec<(Segment, Node)>,
}

impl Walk<'_> {
    /// Lets the positions of a level in a unit react to a log-price.
    #[inline(always)]
    fn react(&mut self, lane: usize, level: usize, unit: usize, y: f64, time: f64) {
        let terms = self.terms;
        for number in &terms.units[unit].pools {
            self.react_one(lane, (level, *number), (y, exp(y)), time);
        }
    }

    #[inline(always)]
    fn react_one(&mut self, lane: usize, (level, number): (usize, usize), (y, x): (f64, f64), time: f64) {
        let found = bounds(self.terms, self.columns, self.terms.place(level, number), lane);
        if found.is_some_and(|(low, high)| y <= low || y >= high) {
            self.columns.liquidate(self.terms, (level, number), lane, (x, time));
        }
    }

    /// Follows the positions of a level in a unit through a bar.
    #[inline(always)]
    fn follow(&mut self, lane: usize, level: usize, unit: usize, (bar, node): (Segment, Node)) {
        let (asset, longest) = (self.terms.units[unit].assets[0], self.terms.units[unit].longest);
        self.react(lane, level, unit, bar.y.0, bar.time.0);
        self.stack.clear();
        self.stack.push((bar, node));
        while let Some((segment, node)) = self.stack.pop() {
            let Some((low, high)) = bounds_of_unit(self.terms, self.columns, (level, unit), lane) else {
                break;
            };
            let reach = segment.reach(low, high);
            if reach == Reach::Both || reach != Reach::Nothing && segment.variance > longest {
                let (first, rest) = segment.split(0.5, node.joined(&self.terms.factor, asset));
                self.stack.push((rest, node.part(1)));
                self.stack.push((first, node.part(0)));
                continue;
            }
            let touched = match reach {
                Reach::Low => (segment.lowest(node) <= low).then_some(low),
                Reach::High => (segment.highest(node) >= high).then_some(high),
                Reach::Both | Reach::Nothing => None,
            };
            match touched {
                Some(touched) => {
                    let rest = segment.after_touching(touched, node);
                    self.react(lane, level, unit, touched, rest.time.0);
                    self.stack.push((rest, node.part(2)));
                }
                None => self.react(lane, level, unit, segment.y.1, segment.time.1),
            }
        }
    }

    /// Follows all levels through a bar; what they wait for now.
    #[inline(always)]
    fn bar(&mut self, lane: usize, unit: usize, (bar, node): (Segment, Node)) -> (f64, f64) {
        let mut nearest = NOWHERE;
        for level in 0..self.terms.levels {
            let Some((low, high)) = bounds_of_unit(self.terms, self.columns, (level, unit), lane) else {
                continue;
            };
            let is_quiet = bar.y.0 > low && bar.y.0 < high && bar.reach(low, high) == Reach::Nothing;
            if is_quiet {
                nearest = nearer(nearest, (low, high));
                continue;
            }
            self.follow(lane, level, unit, (bar, node));
            let left = bounds_of_unit(self.terms, self.columns, (level, unit), lane);
            nearest = nearer(nearest, left.unwrap_or(NOWHERE));
        }
        nearest
    }

    /// What all levels wait for.
    #[inline(always)]
    fn nearest(&self, lane: usize, unit: usize) -> (f64, f64) {
        let levels = 0..self.terms.levels;
        let own = levels.filter_map(|level| bounds_of_unit(self.terms, self.columns, (level, unit), lane));
        own.fold(NOWHERE, nearer)
    }
}

/// Bars of a unit that may get to a barrier.
pub(super) struct Through<'a> {
    pub walk: Walk<'a>,
    pub unit: usize,
    pub bars: &'a Bars,
    /// Places in the batch.
    pub found: &'a [u32],
    pub key: u64,
    /// Of the unit.
    pub nearest: &'a mut Nearest,
}

impl Kernel for Through<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { mut walk, unit, bars, found, key, nearest } = self;
        for i in found.iter().map(|i| *i as usize) {
            let (lane, start) = (bars.lanes[i] as usize, bars.start[i]);
            let bar = Segment {
                time: (start, start + bars.duration[i]),
                y: (bars.open[i], bars.close[i]),
                variance: bars.variance[i],
            };
            let left = walk.bar(lane, unit, (bar, Node::bar(key, lane as u32, start)));
            nearest.set(lane, left);
        }
    }
}

/// Prices right after a payment.
pub(super) struct Look<'a> {
    pub walk: Walk<'a>,
    /// Paths that may have got to a barrier.
    pub found: &'a [u32],
    /// By asset and path.
    pub log_prices: &'a [Vec<f64>],
    pub ratios: &'a [Vec<f64>],
    pub time: f64,
    /// By unit.
    pub nearest: &'a mut [Nearest],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { mut walk, found, log_prices, ratios, time, nearest } = self;
        let terms = walk.terms;
        for lane in found.iter().map(|lane| *lane as usize) {
            for level in 0..terms.levels {
                for number in 0..terms.count {
                    let asset = terms.positions[number].asset();
                    let prices = (log_prices[asset][lane], ratios[asset][lane]);
                    walk.react_one(lane, (level, number), prices, time);
                }
            }
            for (unit, nearest) in nearest.iter_mut().enumerate() {
                nearest.set(lane, walk.nearest(lane, unit));
            }
        }
    }
}
