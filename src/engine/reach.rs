//! How far simulated prices go down and up, without an account.

use super::block::{BlockLoop, Seat};
use super::path_law::{PathLaw, PathLawError};
use super::paths::{FIRST_BLOCK, law};
use crate::account::Observer;
use crate::market::{Bars, Duration, Sides};
use crate::numeric::Stream;
use crate::scenario::Scenario;

/// The reach of the price of a scenario's only asset.
#[derive(Debug, Clone)]
pub struct Reach {
    law: PathLaw,
    /// Times, rising.
    ends: Vec<f64>,
}

/// Lowest and highest log-prices by some time, over the price at the start; by path.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// Not positive.
    pub low: Vec<f64>,
    /// Not negative.
    pub high: Vec<f64>,
}

impl Reach {
    /// By the ends of these numbers of steps, rising.
    ///
    /// # Errors
    /// If the scenario cannot be simulated.
    pub fn new(scenario: &Scenario, step: Duration, ends: &[usize]) -> Result<Self, PathLawError> {
        let steps = ends.last().copied().unwrap_or(1);
        let law = PathLaw { continuous: true, ..law(scenario, step, steps)? };
        let end = |steps: &usize| Duration::from_seconds(step.seconds() * *steps as u64).years();
        Ok(Self { law, ends: ends.iter().map(end).collect() })
    }

    /// The reach of the paths of a block by each end; none if a price is not a number.
    pub fn block(&self, number: u64, paths: usize) -> Option<Vec<Reached>> {
        let mut sides = [Sides::Low, Sides::High].map(|side| Extreme::new(side, &self.ends));
        let [low, high] = &mut sides;
        let mut paths_of =
            BlockLoop::with_seats(&self.law, vec![Seat::free(&self.law), Seat::free(&self.law)]);
        paths_of.run_block(FIRST_BLOCK + number, paths, &mut [low, high]);
        let is_sound = paths_of.log_prices().iter().flatten().all(|price| price.is_finite());
        let [low, high] = sides.map(Extreme::by_end);
        let reached = |(low, high)| Reached { low, high };
        is_sound.then(|| low.into_iter().zip(high).map(reached).collect())
    }
}

/// The extreme of one side, as it was at some times.
struct Extreme<'a> {
    side: Sides,
    ends: &'a [f64],
    now: Vec<f64>,
    passed: Vec<Vec<f64>>,
}

impl<'a> Extreme<'a> {
    fn new(side: Sides, ends: &'a [f64]) -> Self {
        Self { side, ends, now: Vec::new(), passed: Vec::new() }
    }

    fn by_end(mut self) -> Vec<Vec<f64>> {
        self.passed.resize(self.ends.len(), self.now);
        self.passed
    }
}

impl Observer for Extreme<'_> {
    fn begin(&mut self, lanes: usize) {
        self.now.clear();
        self.now.resize(lanes, 0.0);
        self.passed.clear();
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], _noise: &mut Stream) {
        let bars = &bars[0];
        // Bars of one batch lie between the same two ends.
        let middle =
            bars.start.first().zip(bars.duration.first()).map_or(0.0, |(start, long)| start + 0.5 * long);
        while self.ends.get(self.passed.len()).is_some_and(|end| middle > *end) {
            self.passed.push(self.now.clone());
        }
        let is_low = self.side == Sides::Low;
        let further = |price: f64, now: f64| if (price < now) == is_low { price } else { now };
        if bars.len() == self.now.len() {
            for (now, price) in self.now.iter_mut().zip(&bars.extreme) {
                *now = further(*price, *now);
            }
        } else {
            for (lane, price) in bars.lanes.iter().zip(&bars.extreme) {
                let now = &mut self.now[*lane as usize];
                *now = further(*price, *now);
            }
        }
    }
}
