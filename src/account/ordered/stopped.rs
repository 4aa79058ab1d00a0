//! What a martingale of the price has come to where each level was liquidated, or at the horizon: a control variate of its return.
//!
//! A level that meets its barrier inside a bar stops it there, at the price of the barrier, or, where the martingale is known at the ends of
//! bars only, at the start of the next bar: at its end a jump may be due, which stopping would know of. A recorded day, once drawn, is known to
//! its end: there it is the start of the next one.

use std::ops::Range;

use crate::market::{Bars, Duration, Martingale, Stops};
use crate::numeric::{Kernel, dispatch};
use crate::stats::Tally;

/// The levels from `first` up to `end` stopped the martingale of a path.
#[derive(Debug, Clone, Copy)]
struct Stop {
    lane: u32,
    first: u32,
    end: u32,
    /// What it had come to.
    value: f64,
}

/// The martingale of the paths of a block.
#[derive(Debug)]
pub(super) struct Stopped {
    martingale: Martingale,
    horizon: f64,
    stops: Vec<Stop>,
    /// Those of which the next price is awaited.
    waiting: Vec<Stop>,
    /// Those at barriers that never move.
    touches: Vec<Stop>,
    /// What it comes to at these, by level; empty where they move, or time counts.
    at_barriers: Vec<f64>,
    /// What it comes to at the horizon, by path.
    last: Vec<f64>,
}

impl Stopped {
    /// Over a horizon in years; `barriers` are the log-prices of barriers that never move, by level, if they are such.
    pub fn new(martingale: Martingale, horizon: f64, barriers: Option<Vec<f64>>) -> Self {
        let barriers = barriers.filter(|_| martingale.stops == Stops::Anywhere && martingale.drift == 0.0);
        let at = |barrier: f64| martingale.at(barrier, 0.0);
        Self {
            martingale,
            horizon,
            stops: Vec::new(),
            waiting: Vec::new(),
            touches: Vec::new(),
            at_barriers: barriers.into_iter().flatten().map(at).collect(),
            last: Vec::new(),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self) {
        self.stops.clear();
        self.waiting.clear();
        self.touches.clear();
    }

    /// Some levels of a path were lost at this log-price and time.
    #[inline(always)]
    pub fn at(&mut self, lane: usize, levels: Range<usize>, log_price: f64, time: f64) {
        match self.martingale.stops {
            Stops::Days => self.waiting.push(stop(lane, levels, 0.0)),
            _ => self.stops.push(stop(lane, levels, self.martingale.at(log_price, time))),
        }
    }

    /// Some levels of a path were lost inside a bar, each at its own log-price and time.
    #[inline(always)]
    pub fn inside(
        &mut self,
        lane: usize,
        levels: Range<usize>,
        log_price: impl Fn(usize) -> f64,
        time: impl Fn(usize) -> f64,
    ) {
        if self.martingale.stops != Stops::Anywhere {
            return self.waiting.push(stop(lane, levels, 0.0));
        }
        if !self.at_barriers.is_empty() {
            return self.touches.push(stop(lane, levels, 0.0));
        }
        for level in levels {
            // Without drift any time is as good.
            let time = if self.martingale.drift == 0.0 { 0.0 } else { time(level) };
            self.at(lane, level..level + 1, log_price(level), time);
        }
    }

    /// Bars begin, all at a common time if there is one: what waited for their prices has them.
    pub fn arrive(&mut self, bars: &Bars, common: Option<f64>) {
        let Self { martingale, stops, waiting, .. } = self;
        if waiting.is_empty()
            || martingale.stops == Stops::Days && !begins_a_day(common.or(bars.start.first().copied()))
        {
            return;
        }
        waiting.retain(|one| {
            let Ok(i) = bars.lanes.binary_search(&one.lane) else { return true };
            let time = common.unwrap_or(bars.start[i]);
            stops.push(Stop { value: martingale.at(bars.open[i], time), ..*one });
            false
        });
    }

    /// The horizon: adds the sums over the paths to a tally.
    pub fn finish(&mut self, log_prices: &[f64], levels: usize, tally: &mut Tally) {
        let Self { martingale, horizon, stops, waiting, touches, at_barriers, last } = self;
        let with_price =
            |one: Stop| Stop { value: martingale.at(log_prices[one.lane as usize], *horizon), ..one };
        stops.extend(waiting.drain(..).map(with_price));
        last.resize(log_prices.len(), 0.0);
        dispatch(Last { martingale: *martingale, log_prices, horizon: *horizon, last });
        let all: f64 = last.iter().sum();
        // By level the change from that of the level before: of the sum, and of the number of paths at the barrier.
        let mut changes = vec![(0.0, 0.0); levels + 1];
        let values = stops.iter().map(|stop| (stop, stop.value, 0.0));
        for (Stop { lane, first, end, .. }, value, touches) in
            values.chain(touches.iter().map(|stop| (stop, 0.0, 1.0)))
        {
            let change = value - last[*lane as usize];
            changes[*first as usize].0 += change;
            changes[*end as usize].0 -= change;
            changes[*first as usize].1 += touches;
            changes[*end as usize].1 -= touches;
        }
        let (mut sum, mut touches) = (all, 0.0);
        for (level, (change, more)) in changes[..levels].iter().enumerate() {
            sum += change;
            touches += more;
            let at_barrier = if touches > 0.0 { touches * at_barriers[level] } else { 0.0 };
            tally.replicates.add_control(level, sum + at_barrier);
        }
    }

    /// Fills with what it came to for a level, by path of the block just finished.
    pub fn of_level(&self, level: usize, values: &mut [f64]) {
        values.copy_from_slice(&self.last);
        for Stop { lane, value, .. } in self.stops.iter().filter(|stop| stop.is_of(level)) {
            values[*lane as usize] = *value;
        }
        for Stop { lane, .. } in self.touches.iter().filter(|stop| stop.is_of(level)) {
            values[*lane as usize] = self.at_barriers[level];
        }
    }
}

impl Stop {
    fn is_of(&self, level: usize) -> bool {
        (self.first as usize..self.end as usize).contains(&level)
    }
}

/// Whether a time in years, at which all bars begin, begins a day.
fn begins_a_day(start: Option<f64>) -> bool {
    let days = start.map_or(0.5, |start| start / Duration::from_seconds(86_400).years());
    (days - days.round()).abs() < 1e-9
}

#[inline(always)]
fn stop(lane: usize, levels: Range<usize>, value: f64) -> Stop {
    Stop { lane: lane as u32, first: levels.start as u32, end: levels.end as u32, value }
}

/// The martingale at the horizon.
struct Last<'a> {
    martingale: Martingale,
    log_prices: &'a [f64],
    horizon: f64,
    last: &'a mut [f64],
}

impl Kernel for Last<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { martingale, log_prices, horizon, last } = self;
        for (last, log_price) in last.iter_mut().zip(log_prices) {
            *last = martingale.at(*log_price, horizon);
        }
    }
}
