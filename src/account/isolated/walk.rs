//! Paths near a barrier, level by level and event by event, as the general follower has it.

use std::ops::Range;

use super::columns::Columns;
use super::nearest::{Nearest, Waits, bounds, bounds_of_unit};
use super::terms::Terms;
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
    /// Lets the positions of a level in a unit, which wait for these log-prices, react to one; what they wait for then.
    #[inline(always)]
    fn react(
        &mut self,
        lane: usize,
        (level, unit): (usize, usize),
        (y, time): (f64, f64),
        waited: (f64, f64),
    ) -> Option<(f64, f64)> {
        if is_inside(y, waited) {
            return Some(waited);
        }
        let terms = self.terms;
        for number in &terms.units[unit].pools {
            let own = bounds(terms, self.columns, terms.place(level, *number), lane);
            if let Some(own) = own
                && !is_inside(y, own)
            {
                self.columns.liquidate(terms, (level, *number), lane, (exp(y), time));
            }
        }
        bounds_of_unit(terms, self.columns, (level, unit), lane)
    }

    /// Follows the positions of a level in a unit, which wait for these log-prices, through a bar; what they wait for then.
    #[inline(always)]
    fn follow(
        &mut self,
        lane: usize,
        (level, unit): (usize, usize),
        (bar, node): (Segment, Node),
        bounds: (f64, f64),
    ) -> Option<(f64, f64)> {
        let (asset, longest) = (self.terms.units[unit].assets[0], self.terms.units[unit].longest);
        let mut bounds = self.react(lane, (level, unit), (bar.y.0, bar.time.0), bounds);
        self.stack.clear();
        self.stack.push((bar, node));
        while let Some((segment, node)) = self.stack.pop() {
            let (low, high) = bounds?;
            let reach = segment.reach(low, high);
            if reach == Reach::Both || reach != Reach::Nothing && segment.variance > longest {
                let (first, rest) = segment.split(0.5, node.joined(&self.terms.factor, asset));
                self.stack.push((rest, node.part(1)));
                self.stack.push((first, node.part(0)));
                continue;
            }
            let touched = match reach {
                Reach::Low if segment.lowest(node) <= low => Some(low),
                Reach::High if segment.highest(node) >= high => Some(high),
                _ => None,
            };
            let place = (level, unit);
            match touched {
                Some(touched) => {
                    let rest = segment.after_touching(touched, node);
                    bounds = self.react(lane, place, (touched, rest.time.0), (low, high));
                    self.stack.push((rest, node.part(2)));
                }
                None => bounds = self.react(lane, place, (segment.y.1, segment.time.1), (low, high)),
            }
        }
        bounds
    }

    /// Follows all levels through a bar; what they wait for then.
    #[inline(always)]
    fn bar(&mut self, lane: usize, unit: usize, bar: (Segment, Node), levels: Range<usize>) -> Waits {
        let mut waits = Waits::NOTHING;
        for level in levels {
            let Some(bounds) = bounds_of_unit(self.terms, self.columns, (level, unit), lane) else {
                continue;
            };
            let is_quiet = is_inside(bar.0.y.0, bounds) && bar.0.reach(bounds.0, bounds.1) == Reach::Nothing;
            let left = if is_quiet { Some(bounds) } else { self.follow(lane, (level, unit), bar, bounds) };
            waits.add(level, left);
        }
        waits
    }

    /// Lets some levels look at a log-price; what they wait for then.
    #[inline(always)]
    fn look(&mut self, lane: usize, unit: usize, price: (f64, f64), levels: Range<usize>) -> Waits {
        let mut waits = Waits::NOTHING;
        for level in levels {
            if let Some(bounds) = bounds_of_unit(self.terms, self.columns, (level, unit), lane) {
                waits.add(level, self.react(lane, (level, unit), price, bounds));
            }
        }
        waits
    }
}

#[inline(always)]
fn is_inside(y: f64, (low, high): (f64, f64)) -> bool {
    y > low && y < high
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
            let bar = (bar, Node::bar(key, lane as u32, start));
            nearest.set(lane, walk.bar(lane, unit, bar, nearest.open(lane)));
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
    pub time: f64,
    /// By unit.
    pub nearest: &'a mut [Nearest],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { mut walk, found, log_prices, time, nearest } = self;
        for lane in found.iter().map(|lane| *lane as usize) {
            for (unit, nearest) in nearest.iter_mut().enumerate() {
                let price = log_prices[walk.terms.units[unit].assets[0]][lane];
                nearest.set(lane, walk.look(lane, unit, (price, time), nearest.open(lane)));
            }
        }
    }
}
