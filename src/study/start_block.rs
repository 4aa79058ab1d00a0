//! A block of starts on its way through a recorded history.
//!
//! The bars behind a start go to the follower that simulated bars go to. Where it asks for an extreme it gets the recorded one.
//! An account whose owner has orders on both sides asks for none and follows the price itself: it is given each bar as three straight
//! moves, from the open to the extreme on the losing side, to the other extreme, and to the close. What a bar does not tell is
//! decided against the account: the losing side comes first.
//!
//! Payments and scheduled orders that are due inside a bar are made at its close.

use crate::account::{Due, Follower};
use crate::engine::{BLOCK_LANES, Plan};
use crate::market::{Bars, Sides};
use crate::numeric::{Purpose, Stream};
use crate::stats::Tally;
use crate::venue::Side;

use super::recorded_network::NetworkColumns;
use super::replay::Replay;

/// One block of starts after the other.
pub(super) struct StartBlock<'a> {
    replay: &'a Replay,
    plan: &'a Plan,
    /// Rates recorded within each place of the grid; empty where the record has no part in it.
    funding: &'a [f64],
    follower: Box<dyn Follower>,
    /// The first place and the number of starts.
    starts: (usize, usize),
    bars: Bars,
    noise: Stream,
    network: NetworkColumns,
    /// What is tallied of the starts that count.
    tally: Tally,
}

impl<'a> StartBlock<'a> {
    pub fn new(replay: &'a Replay, plan: &'a Plan, funding: &'a [f64]) -> Self {
        let noise = Stream::new(plan.law.seed, Purpose::Hit, 0);
        Self {
            replay,
            plan,
            funding,
            follower: plan.follower(),
            starts: (0, 0),
            bars: Bars::default(),
            noise,
            network: NetworkColumns::default(),
            tally: Tally::new(plan.terms.len()),
        }
    }

    /// What was tallied so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Follows the starts at so many places from `first` on over so many bars; those with a weight of 0 are not tallied.
    pub fn run(&mut self, first: usize, weights: &[f64], bars: usize) {
        let lanes = weights.len();
        let plan = self.plan;
        self.starts = (first, lanes);
        self.noise = Stream::new(plan.law.seed, Purpose::Hit, (first / BLOCK_LANES) as u64);
        self.bars.lanes = (0..lanes as u32).collect();
        self.follower.begin(lanes);
        let years = self.replay.interval().years();
        let mut grid = plan.law.grid.iter().peekable();
        let mut moments = 0..plan.account.schedule.len();
        for bar in 1..=bars {
            // Rounding of times must not move a look to the next bar; at the last one all is due.
            let end = if bar == bars { f64::INFINITY } else { (bar as f64 + 1e-9) * years };
            let (mut look, mut due) = (false, Vec::new());
            while let Some(point) = grid.next_if(|point| point.time <= end) {
                look |= point.look;
                due.extend(point.due.then(|| moments.next()).flatten());
            }
            if plan.law.continuous {
                self.pass(bar);
            } else if look {
                let close = self.prices(&self.replay.close, bar);
                self.show(bar as f64 * years, 0.0, [close.clone(), close.clone(), close]);
            }
            for moment in due {
                self.settle(moment, bar);
            }
        }
        if !plan.account.schedule.is_empty() {
            // Only now do accounts whose owner acts name their hits.
            let close = [self.prices(&self.replay.close, bars)];
            self.follower.finish(&close, weights, &mut self.tally);
        }
    }

    /// Names every start within the block and every level that was liquidated.
    pub fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        self.follower.for_each_liquidated(name);
    }

    /// Log-prices over those at the entries, so many bars behind each start.
    fn prices(&self, column: &[f64], bar: usize) -> Vec<f64> {
        let (first, lanes) = self.starts;
        let entries = &self.replay.close[first..][..lanes];
        column[first + bar..][..lanes].iter().zip(entries).map(|(price, entry)| price - entry).collect()
    }

    /// Shows the bar that is so many places behind each start.
    fn pass(&mut self, bar: usize) {
        let (replay, years) = (self.replay, self.replay.interval().years());
        let start = (bar - 1) as f64 * years;
        let column = |column: &[f64]| self.prices(column, bar);
        let (open, low) = (column(&replay.open), column(&replay.low));
        let (high, close) = (column(&replay.high), column(&replay.close));
        match self.follower.watched_side() {
            Some(Sides::Low) => self.show(start, years, [open, close, low]),
            Some(Sides::High) => self.show(start, years, [open, close, high]),
            None => {
                let is_short = self.plan.account.side == Side::Short;
                let (worst, best) = if is_short { (high, low) } else { (low, high) };
                let third = years / 3.0;
                for (part, ends) in
                    [[open, worst.clone()], [worst, best.clone()], [best, close]].into_iter().enumerate()
                {
                    let [from, to] = ends;
                    // The extreme of a straight move is its end: it leaves nothing open.
                    self.show(start + part as f64 * third, third, [from, to.clone(), to]);
                }
            }
        }
    }

    /// Shows bars with an open, a close and an extreme.
    fn show(&mut self, start: f64, duration: f64, [open, close, extreme]: [Vec<f64>; 3]) {
        let lanes = self.starts.1;
        let is_straight = self.follower.watched_side().is_none();
        let batch = &mut self.bars;
        batch.start = vec![start; lanes];
        batch.duration = vec![duration; lanes];
        // Only times inside the bar depend on it: that of a walk that has just made this range.
        let range = |(open, extreme): (&f64, &f64)| if is_straight { 0.0 } else { (open - extreme).powi(2) };
        batch.variance = open.iter().zip(&extreme).map(range).collect();
        batch.open = open;
        batch.close = close;
        batch.extreme = extreme;
        self.follower.observe(std::slice::from_ref(&self.bars), &mut self.noise);
    }

    /// Makes the payments of a moment at the close of a bar.
    fn settle(&mut self, moment: usize, bar: usize) {
        let (first, lanes) = self.starts;
        let rates = match self.plan.account.flows.first().and_then(|flows| flows.funding.as_ref()) {
            Some(funding) if self.plan.account.schedule[moment].funding => match funding.constant_rate() {
                Some(rate) => vec![rate; lanes],
                None => self.funding[first + bar..][..lanes].to_vec(),
            },
            _ => Vec::new(),
        };
        let close = [self.prices(&self.replay.close, bar)];
        let network =
            self.plan.account.miner.as_ref().zip(self.replay.network.as_ref()).map(|(miner, record)| {
                let (then, now) = (&record[first..][..lanes], &record[first + bar..][..lanes]);
                self.network.set(miner, then, now, &close[0])
            });
        self.follower.settle(moment, &close, Due { funding: &rates, network });
    }
}
