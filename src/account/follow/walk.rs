//! One bar of one path for one level: from event to event, where one asset decides.

use super::act::Prices;
use super::line::{Reach, Segment};
use super::node::Node;
use super::slot::Place;
use super::state::General;
use crate::market::Bars;
use crate::numeric::{Kernel, exp};

/// Events in one bar; each moves the next one away.
const MOST_EVENTS: usize = 512;

impl General {
    /// The bar of a path for all levels of a unit.
    #[inline(always)]
    fn observe_line(&mut self, unit: usize, bars: &[Bars], i: usize, key: u64) {
        let bars = &bars[self.units[unit].assets[0]];
        let lane = bars.lanes[i] as usize;
        let end = bars.start[i] + bars.duration[i];
        let bar = Segment {
            time: (bars.start[i], end),
            y: (bars.open[i], bars.close[i]),
            variance: bars.variance[i],
        };
        let at = lane * self.units.len() + unit;
        let watch = self.watches[at];
        if !watch.is_open || is_quiet(&watch, &bar) {
            return;
        }
        let node = Node::bar(key, lane as u32, bar.time.0);
        for level in 0..self.levels.len() {
            let mut watch = self.watch(lane, level, unit);
            if self.is_trailing {
                let (floor, ceiling) = self.best(lane, level, unit);
                (watch.low, watch.high) = (watch.low.max(floor), watch.high.min(ceiling));
            }
            if watch.is_open && !is_quiet(&watch, &bar) {
                self.walk(lane, level, unit, bar, node);
            }
        }
        self.watches[at] = self.watch_all(lane, unit);
    }

    /// Beyond which prices a trailing stop moves: below for shorts, above for longs.
    fn best(&self, lane: usize, level: usize, unit: usize) -> (f64, f64) {
        let mut best = (f64::NEG_INFINITY, f64::INFINITY);
        for pool in &self.units[unit].pools {
            let place = Place { lane, level, pool: *pool };
            let at = self.slot(place);
            let (is_open, trails) = (self.slots[at].is_open(), self.asides[at].trails);
            let (top, bottom) = self.extremes_of(place, 0);
            if is_open && trails.0 < f64::INFINITY {
                best.1 = best.1.min(top);
            }
            if is_open && trails.1 < f64::INFINITY {
                best.0 = best.0.max(bottom);
            }
        }
        best
    }

    /// Least distances of the trailing stops of longs and shorts.
    fn trails(&self, lane: usize, level: usize, unit: usize) -> (f64, f64) {
        let pools = self.units[unit].pools.iter();
        pools.fold((f64::INFINITY, f64::INFINITY), |trails, pool| {
            let at = self.slot(Place { lane, level, pool: *pool });
            let own = self.asides[at].trails;
            match self.slots[at].is_open() {
                true => (trails.0.min(own.0), trails.1.min(own.1)),
                false => trails,
            }
        })
    }

    /// Lets the pools of a unit react to a price.
    #[inline(always)]
    fn react_all(&mut self, lane: usize, level: usize, unit: usize, y: f64, time: f64) {
        let x = exp(y);
        for number in 0..self.units[unit].pools.len() {
            let place = Place { lane, level, pool: self.units[unit].pools[number] };
            self.react(place, Prices { y: &[y], x: &[x] }, time);
        }
    }

    /// Lets what is due by a time be answered at a price.
    #[inline(always)]
    fn answer_all(&mut self, lane: usize, level: usize, unit: usize, y: f64, time: f64) {
        let x = exp(y);
        for number in 0..self.units[unit].pools.len() {
            let place = Place { lane, level, pool: self.units[unit].pools[number] };
            if self.keep_appointments(place, &[x], time) {
                self.react(place, Prices { y: &[y], x: &[x] }, time);
            }
        }
    }

    /// Lets the trailing stops of a unit see an extreme between the ends.
    fn see_all(&mut self, lane: usize, level: usize, unit: usize, y: f64) {
        for number in 0..self.units[unit].pools.len() {
            let place = Place { lane, level, pool: self.units[unit].pools[number] };
            self.see(place, &[y]);
        }
    }

    /// Follows the pools of a unit at one level through a bar.
    #[inline(always)]
    fn walk(&mut self, lane: usize, level: usize, unit: usize, bar: Segment, node: Node) {
        self.react_all(lane, level, unit, bar.y.0, bar.time.0);
        let (asset, longest) = (self.units[unit].assets[0], self.units[unit].longest);
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        stack.push((bar, node));
        let mut events = 0;
        while let Some((segment, node)) = stack.pop() {
            let watch = self.watch(lane, level, unit);
            if !watch.is_open || events > MOST_EVENTS {
                break;
            }
            let (start, end) = segment.time;
            if watch.due > start && watch.due < end {
                let share = (watch.due - start) / (end - start);
                let (first, rest) = segment.split(share, node.normal(3));
                stack.push((rest, node.part(1)));
                // Its end is the time of the answer itself, whatever the rounding.
                stack.push((Segment { time: (start, watch.due), ..first }, node.part(0)));
                continue;
            }
            let (floor, ceiling) = match self.is_trailing {
                true => self.best(lane, level, unit),
                false => (f64::NEG_INFINITY, f64::INFINITY),
            };
            let trails = if self.is_trailing {
                self.trails(lane, level, unit)
            } else {
                (f64::INFINITY, f64::INFINITY)
            };
            let reach = segment.reach(watch.low.max(floor), watch.high.min(ceiling));
            let turns = match reach {
                Reach::Low => trails.1 < f64::INFINITY && segment.can_turn(trails.1),
                Reach::High => trails.0 < f64::INFINITY && segment.can_turn(trails.0),
                Reach::Both | Reach::Nothing => false,
            };
            if reach == Reach::Both || turns || reach != Reach::Nothing && segment.variance > longest {
                let (first, rest) = segment.split(0.5, node.joined(&self.factor, asset));
                stack.push((rest, node.part(1)));
                stack.push((first, node.part(0)));
                continue;
            }
            let touched = match reach {
                Reach::Low => {
                    let lowest = segment.lowest(node);
                    if lowest > watch.low && lowest < floor {
                        self.see_all(lane, level, unit, lowest);
                    }
                    (lowest <= watch.low).then_some(watch.low)
                }
                Reach::High => {
                    let highest = segment.highest(node);
                    if highest < watch.high && highest > ceiling {
                        self.see_all(lane, level, unit, highest);
                    }
                    (highest >= watch.high).then_some(watch.high)
                }
                Reach::Both | Reach::Nothing => None,
            };
            if let Some(touched) = touched {
                let rest = segment.after_touching(touched, node);
                self.react_all(lane, level, unit, touched, rest.time.0);
                stack.push((rest, node.part(2)));
                events += 1;
                continue;
            }
            self.react_all(lane, level, unit, segment.y.1, end);
            self.answer_all(lane, level, unit, segment.y.1, end);
        }
        self.stack = stack;
    }
}

/// Whether nothing that is waited for can happen in a bar.
#[inline]
fn is_quiet(watch: &super::slot::Watch, bar: &Segment) -> bool {
    bar.y.0 > watch.low
        && bar.y.0 < watch.high
        && watch.due > bar.time.1
        && bar.reach(watch.low, watch.high) == Reach::Nothing
}

/// A batch of bars for the levels of a unit: a kernel for the sake of its exponentials, logarithms and multiply-adds.
pub(super) struct ObserveLine<'a> {
    pub follower: &'a mut General,
    pub unit: usize,
    pub bars: &'a [Bars],
    pub key: u64,
}

impl Kernel for ObserveLine<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { follower, unit, bars, key } = self;
        for i in 0..bars.first().map_or(0, Bars::len) {
            follower.observe_line(unit, bars, i, key);
        }
    }
}
