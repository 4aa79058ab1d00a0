//! The block loop: models move prices, bars go to the observers.
//!
//! Several observers may watch the same paths: whatever moves a price is drawn once, what an observer draws (the times
//! of hits, funding rates) comes from streams that start anew for each. What it sees does not depend on the others.

mod apart;
mod lead;
mod options;
mod seat;
mod together;

use std::sync::atomic::{AtomicBool, Ordering};

use self::lead::Lead;
pub(crate) use self::seat::Known;
pub(crate) use self::seat::Seat;
use super::columns::{AssetStreams, Watched, all_after, list_due};
use super::common_jumps::CommonStepper;
use super::driver::Driver;
use super::grid::GridPoint;
use super::looks::{self, Looks};
use super::path_law::PathLaw;
use crate::account::Observer;
use crate::market::{Bars, LONGEST_STRIDE, Sides};
use crate::model::Stepper;
use crate::numeric::{APART, replace, reset};

/// Paths in a block: part of the definition of the random numbers. One column of a block is 8 KiB: those in use stay in the
/// second-level cache, and what every batch and block costs is shared by many paths (measured against 256 and 512, see the benches).
pub const BLOCK_LANES: usize = 1024;

/// Room of a column.
const ROOM: usize = BLOCK_LANES + APART;

/// Everything one thread needs to make the paths of blocks, allocated once. Observers are lent for each block.
pub(crate) struct BlockLoop<'a> {
    law: &'a PathLaw,
    steppers: Vec<Box<dyn Stepper>>,
    common_jumps: Vec<CommonStepper<'a>>,
    /// What each observer draws of its own.
    seats: Vec<Seat<'a>>,
    /// Log-price by asset and path.
    prices: Vec<Vec<f64>>,
    /// Time reached by each path.
    now: Vec<f64>,
    /// The common time that all paths have reached.
    reached: f64,
    /// Every path of the block.
    everyone: Vec<u32>,
    /// Length of a bar that is the same for all paths.
    common_duration: Vec<f64>,
    active: Vec<u32>,
    due: Vec<u32>,
    /// End of the interval of each active path.
    ends: Vec<f64>,
    /// Normals of the continuous moves, by asset.
    normals: Vec<Vec<f64>>,
    /// Factor on volatility until the next grid point, by asset.
    volatility_times: Vec<f64>,
    /// The extremes that the observers watch.
    watched: Watched,
    /// Extremes that a model knows itself.
    lows: Vec<f64>,
    highs: Vec<f64>,
    /// What drives the prices of the assets whose paths are sorted by it.
    drivers: Vec<Driver>,
    strata: Vec<u32>,
    weights: Vec<f64>,
    /// Gives up the block at hand; none if its blocks are short.
    stop: Option<&'a AtomicBool>,
    bars: Vec<Bars>,
    /// Whether the bars are those of all paths in turn, over one common duration.
    in_step: bool,
    looks: Looks,
    streams: Vec<AssetStreams>,
    lead: Lead,
}

/// Those who watch a block, one for each seat.
pub(crate) type Observers<'o> = [&'o mut (dyn Observer + 'o)];

impl<'a> BlockLoop<'a> {
    /// The loop over the blocks of a law, for a single observer to whom nothing is due.
    pub fn new(law: &'a PathLaw) -> Self {
        Self::with_seats(law, vec![Seat::free(law)])
    }

    /// The loop for observers on these seats.
    pub fn with_seats(law: &'a PathLaw, seats: Vec<Seat<'a>>) -> Self {
        let column = || Vec::with_capacity(ROOM);
        let assets = law.models.len();
        Self {
            law,
            steppers: law.models.iter().map(|model| model.stepper(ROOM)).collect(),
            common_jumps: (0..)
                .zip(&law.dependence.common_jumps)
                .map(|(index, jumps)| CommonStepper::new(jumps, index))
                .collect(),
            watched: Watched::new(assets),
            seats,
            prices: vec![column(); assets],
            now: column(),
            reached: 0.0,
            everyone: Vec::with_capacity(ROOM),
            common_duration: column(),
            active: Vec::with_capacity(ROOM),
            due: Vec::with_capacity(ROOM),
            ends: column(),
            normals: vec![column(); assets],
            volatility_times: vec![1.0; assets],
            lows: column(),
            highs: column(),
            drivers: Vec::new(),
            strata: Vec::with_capacity(ROOM),
            weights: column(),
            stop: None,
            looks: Looks::new(assets, ROOM),
            in_step: false,
            bars: (0..assets).map(|asset| Bars::with_capacity(asset, ROOM)).collect(),
            streams: (0..assets)
                .map(|asset| AssetStreams::new(law.seed, (asset, law.leader[asset]), 0))
                .collect(),
            lead: Lead::new(assets),
        }
    }

    /// Log-prices at the end of the last block, by asset and path.
    pub fn log_prices(&self) -> &[Vec<f64>] {
        &self.prices
    }

    /// Weights of the paths of the last block.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The stratum of each path of the last block, by what drove the price of an asset to a side.
    pub fn strata(&mut self, asset: usize, side: Sides) -> &[u32] {
        self.strata.clear();
        for driver in self.drivers.iter_mut().filter(|driver| driver.asset() == asset) {
            driver.strata(side, self.law.years(), &mut self.strata);
        }
        &self.strata
    }

    /// Simulates one block of `lanes` paths before the eyes of as many observers as there are seats; false if it was given up.
    pub fn run_block(&mut self, block: u64, lanes: usize, observers: &mut Observers<'_>) -> bool {
        let law = self.law;
        self.watched.watch(observers.iter().filter_map(|observer| observer.watched_side()));
        for (asset, streams) in self.streams.iter_mut().enumerate() {
            *streams = AssetStreams::new(law.seed, (asset, law.leader[asset]), block);
            self.steppers[asset].begin(lanes, &mut streams.events);
            reset(&mut self.prices[asset], lanes, 0.0);
        }
        self.lead.begin(law, (block, lanes), &mut self.steppers, &mut self.streams);
        for common in &mut self.common_jumps {
            common.begin(law.seed, block, lanes);
        }
        reset(&mut self.now, lanes, 0.0);
        self.reached = 0.0;
        self.everyone.clear();
        self.everyone.extend(0..lanes as u32);
        self.common_duration.clear();
        reset(&mut self.weights, lanes, 1.0);
        self.seats.iter_mut().for_each(|seat| seat.begin(block, lanes));
        observers.iter_mut().for_each(|observer| observer.begin(lanes));
        self.drivers.iter_mut().for_each(|driver| driver.begin(lanes));
        let mut start = 0.0;
        let mut next = 0;
        while let Some(point) = law.grid.get(next) {
            if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return false;
            }
            let stride = self.stride_of(&law.grid[next..]);
            if stride > 0 {
                self.stride(&law.grid[next..][..stride], observers);
                start = self.reached;
                next += stride;
                if law.grid[next - 1].select {
                    self.select(observers);
                }
                continue;
            }
            for (factor, stress) in self.volatility_times.iter_mut().zip(&law.stress) {
                *factor = stress.volatility_times(start);
            }
            self.move_to(point.time, observers);
            self.shock(point.time);
            start = point.time;
            if point.look && !law.continuous {
                let point = std::slice::from_ref(point);
                let prices: Vec<&[f64]> = self.prices.iter().map(Vec::as_slice).collect();
                for (seat, observer) in self.seats.iter_mut().zip(&mut *observers) {
                    self.looks.show(point, 0, &prices, &mut **observer, &mut seat.noise);
                }
            }
            for (seat, observer) in self.seats.iter_mut().zip(&mut *observers) {
                seat.settle(next, &self.prices, &mut **observer);
            }
            next += 1;
            if point.select {
                self.select(observers);
            }
        }
        self.weigh();
        true
    }

    /// Brings the weights up to the time that all paths have reached.
    fn weigh(&mut self) {
        for stepper in &mut self.steppers {
            stepper.weigh(self.reached, &mut self.weights);
        }
    }

    /// Lets an observer that is alone on the paths replace some by copies of others.
    fn select(&mut self, observers: &mut Observers<'_>) {
        self.weigh();
        let Self { seats, prices, weights, steppers, .. } = self;
        let ([seat], [observer]) = (&mut seats[..], observers) else { return };
        let replacements = observer.select(prices, weights, &mut seat.noise, &|asset, left, logarithms| {
            steppers[asset].foresee(left, logarithms)
        });
        if replacements.is_empty() {
            return;
        }
        for prices in prices {
            replace(prices, replacements);
        }
        for stepper in steppers {
            stepper.replace(replacements);
        }
        for common in &mut self.common_jumps {
            common.replace(replacements);
        }
    }

    /// How many of the next grid points can be reached in one stride: points at which the account looks and nothing else happens.
    fn stride_of(&self, points: &[GridPoint]) -> usize {
        // Strides keep the moves of the single intervals to themselves.
        let follow = self.seats.iter().any(|seat| seat.funding.follows_the_price());
        if self.law.continuous || !self.is_alone() || follow || !self.law.stress[0].is_empty() {
            return 0;
        }
        let is_look = |point: &&GridPoint| point.look && !point.due;
        let looks = points.iter().take(LONGEST_STRIDE).take_while(is_look).count();
        let looks = points[..looks].iter().position(|point| point.select).map_or(looks, |index| index + 1);
        let mut ends = [0.0; LONGEST_STRIDE];
        ends.iter_mut().zip(points).for_each(|(end, point)| *end = point.time);
        self.steppers[0].stride_over(&ends[..looks])
    }

    /// Moves every path over several intervals and shows the account their ends.
    fn stride(&mut self, points: &[GridPoint], observers: &mut Observers<'_>) {
        let (stepper, streams) = (&mut *self.steppers[0], &mut self.streams[0]);
        let guide = &mut self.lead.guides[0];
        let prices = &mut self.prices[0];
        self.looks.plan_stride(self.reached, points, prices.len(), (stepper, guide), streams);
        // Who wants bars gets those of all paths in one batch.
        let at_once = observers.iter().all(|observer| observer.looks_at_once());
        let together = if at_once { looks::TOGETHER } else { prices.len() };
        for (first, prices) in (0..).step_by(together).zip(prices.chunks_mut(together)) {
            self.looks.stride(points.len(), first, prices, stepper);
            for (seat, observer) in self.seats.iter_mut().zip(&mut *observers) {
                self.looks.show_stride(points, first, &mut **observer, &mut seat.noise);
            }
        }
        self.arrive(points[points.len() - 1].time);
    }

    /// Whether there is one asset and it moves by itself.
    fn is_alone(&self) -> bool {
        self.steppers.len() == 1 && self.common_jumps.is_empty()
    }

    /// Moves every path to a common time.
    fn move_to(&mut self, time: f64, observers: &mut Observers<'_>) {
        if !self.is_alone() {
            self.move_apart(time, observers);
        } else if self.steppers[0].events_together() {
            self.move_by_events(time, observers);
        } else if all_after(self.steppers[0].event_times(), time) {
            self.move_together(time, observers);
        } else if !self.law.continuous && self.steppers[0].events_only_add() {
            self.move_together(time, observers);
            self.happen_until(time);
        } else {
            self.move_apart(time, observers);
        }
        self.arrive(time);
    }

    /// Takes note that every path has reached a time.
    fn arrive(&mut self, time: f64) {
        self.reached = time;
        self.lead.guides.iter_mut().for_each(|guide| guide.arrive(time));
        self.steppers.iter_mut().for_each(|stepper| stepper.arrive(time));
        if self.steppers.iter().any(|stepper| !stepper.event_times().is_empty()) {
            self.now.fill(time);
        }
    }

    /// Lets all events of a single asset happen that are due up to a time.
    fn happen_until(&mut self, time: f64) {
        reset(&mut self.ends, self.everyone.len(), time);
        loop {
            list_due(self.steppers[0].event_times(), &self.ends, &self.everyone, &mut self.due);
            if self.due.is_empty() {
                break;
            }
            self.steppers[0].happen(&self.due, &mut self.prices[0], &mut self.streams[0].events);
        }
    }

    /// Shows the observers the bars.
    fn show_bars(&mut self, observers: &mut Observers<'_>) {
        for side in 0..self.watched.sides().max(1) {
            if side > 0 {
                self.watched.turn(&mut self.bars);
            }
            let Self { steppers, normals, bars, seats, watched, .. } = &mut *self;
            let driven = |asset: usize| steppers[asset].drivers(&normals[asset]);
            for (seat, observer) in seats.iter_mut().zip(&mut *observers) {
                if watched.place(observer.watched_side()) == side {
                    observer.follow(bars, &driven);
                    observer.observe(bars, &mut seat.noise);
                }
            }
        }
    }

    /// Applies the shocks that the scenario puts at a common time.
    fn shock(&mut self, time: f64) {
        for (prices, stress) in self.prices.iter_mut().zip(&self.law.stress) {
            let shock = stress.log_shock(time);
            if shock != 0.0 {
                for price in prices {
                    *price += shock;
                }
            }
        }
    }
}
