//! The block loop: models move prices, bars go to the accounts.

use super::plan::{GridPoint, Plan};
use crate::account::Evaluation;
use crate::market::{Bars, Sides};
use crate::model::{Moves, Stepper};
use crate::numeric::{Kernel, Purpose, Stream, dispatch, extreme_below};
use crate::stats::Tally;

/// Paths in a block: part of the definition of the random numbers. One column of a block is 4 KiB, so the columns in
/// use stay in the first two levels of cache.
pub const BLOCK_LANES: usize = 512;

/// Everything one thread needs to run blocks, allocated once.
pub struct Worker<'a> {
    plan: &'a Plan,
    steppers: Vec<Box<dyn Stepper>>,
    evaluation: Box<dyn Evaluation>,
    tally: Tally,
    /// Log-price by asset and path.
    prices: Vec<Vec<f64>>,
    /// Time reached by each path.
    now: Vec<f64>,
    active: Vec<u32>,
    due: Vec<u32>,
    /// End of the interval of each active path.
    ends: Vec<f64>,
    normals: Vec<f64>,
    uniforms: Vec<f64>,
    weights: Vec<f64>,
    bars: Vec<Bars>,
    streams: Vec<AssetStreams>,
    hit_noise: Stream,
}

struct AssetStreams {
    moves: Stream,
    events: Stream,
    extremes: Stream,
}

impl AssetStreams {
    fn new(seed: u64, asset: usize, block: u64) -> Self {
        let asset = asset as u16;
        Self {
            moves: Stream::new(seed, Purpose::Move(asset), block),
            events: Stream::new(seed, Purpose::Event(asset), block),
            extremes: Stream::new(seed, Purpose::Extreme(asset), block),
        }
    }
}

impl<'a> Worker<'a> {
    /// A worker for a plan, with an empty tally.
    pub fn new(plan: &'a Plan) -> Self {
        Self::with_evaluation(plan, plan.evaluation())
    }

    /// A worker that uses the given evaluation of the plan's levels.
    pub fn with_evaluation(plan: &'a Plan, evaluation: Box<dyn Evaluation>) -> Self {
        let column = || Vec::with_capacity(BLOCK_LANES);
        let assets = plan.models.len();
        Self {
            plan,
            steppers: plan.models.iter().map(|model| model.stepper(BLOCK_LANES)).collect(),
            evaluation,
            tally: Tally::new(plan.levels.len()),
            prices: vec![column(); assets],
            now: column(),
            active: Vec::with_capacity(BLOCK_LANES),
            due: Vec::with_capacity(BLOCK_LANES),
            ends: column(),
            normals: column(),
            uniforms: column(),
            weights: column(),
            bars: (0..assets).map(|asset| Bars::with_capacity(asset, BLOCK_LANES)).collect(),
            streams: (0..assets).map(|asset| AssetStreams::new(plan.seed, asset, 0)).collect(),
            hit_noise: Stream::new(plan.seed, Purpose::Hit, 0),
        }
    }

    /// What the blocks run so far have tallied.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Gives up the worker for its tally.
    pub fn into_tally(self) -> Tally {
        self.tally
    }

    /// The evaluation, as the last block left it.
    pub fn evaluation(&self) -> &dyn Evaluation {
        &*self.evaluation
    }

    /// Log-prices of an asset at the horizon, by path of the last block.
    pub fn closing_log_prices(&self, asset: usize) -> &[f64] {
        &self.prices[asset]
    }

    /// Simulates one block of `lanes` paths and adds it to the tally.
    pub fn run_block(&mut self, block: u64, lanes: usize) {
        let plan = self.plan;
        for (asset, streams) in self.streams.iter_mut().enumerate() {
            *streams = AssetStreams::new(plan.seed, asset, block);
            self.steppers[asset].begin(lanes, &mut streams.events);
            reset(&mut self.prices[asset], lanes, 0.0);
        }
        self.hit_noise = Stream::new(plan.seed, Purpose::Hit, block);
        reset(&mut self.now, lanes, 0.0);
        reset(&mut self.weights, lanes, 1.0);
        self.evaluation.begin(lanes);
        for point in &plan.grid {
            self.move_to(point.time);
            if point.look && !plan.continuous {
                self.look(point);
            }
        }
        self.evaluation.finish(&self.prices, &self.weights, &mut self.tally);
    }

    /// Moves every path to a common time, event by event.
    fn move_to(&mut self, time: f64) {
        self.active.clear();
        self.active.extend(0..self.now.len() as u32);
        while !self.active.is_empty() {
            self.ends.clear();
            self.ends.resize(self.active.len(), time);
            for stepper in &self.steppers {
                let events = stepper.event_times();
                if !events.is_empty() {
                    for (end, lane) in self.ends.iter_mut().zip(&self.active) {
                        *end = end.min(events[*lane as usize]);
                    }
                }
            }
            for asset in 0..self.steppers.len() {
                self.advance(asset);
            }
            if self.plan.continuous {
                self.evaluation.observe(&self.bars, &mut self.hit_noise);
            }
            for (end, lane) in self.ends.iter().zip(&self.active) {
                self.now[*lane as usize] = *end;
            }
            for asset in 0..self.steppers.len() {
                self.happen(asset);
            }
            let ends = &self.ends;
            let mut kept = 0;
            self.active.retain(|_| {
                kept += 1;
                ends[kept - 1] < time
            });
        }
    }

    /// Moves one asset on the active paths to the ends of their intervals and fills its bars.
    fn advance(&mut self, asset: usize) {
        let n = self.active.len();
        let prices = &mut self.prices[asset];
        let bars = &mut self.bars[asset];
        let streams = &mut self.streams[asset];
        bars.lanes.clone_from(&self.active);
        bars.start.clear();
        bars.start.extend(self.active.iter().map(|lane| self.now[*lane as usize]));
        bars.duration.clear();
        bars.duration.extend(self.ends.iter().zip(&bars.start).map(|(end, start)| end - start));
        bars.open.clear();
        bars.open.extend(self.active.iter().map(|lane| prices[*lane as usize]));
        for column in [&mut bars.close, &mut bars.variance, &mut bars.extreme] {
            column.resize(n, 0.0);
        }
        self.normals.resize(n, 0.0);
        streams.moves.normals(&mut self.normals);
        self.steppers[asset].advance(
            Moves {
                lanes: &bars.lanes,
                duration: &bars.duration,
                normals: &self.normals,
                open: &bars.open,
                close: &mut bars.close,
                variance: &mut bars.variance,
                volatility_times: 1.0,
            },
            &mut streams.events,
        );
        if let (true, Some(side)) = (self.plan.continuous, self.evaluation.watched_side()) {
            self.uniforms.resize(n, 0.0);
            streams.extremes.uniforms(&mut self.uniforms);
            let sign = if side == Sides::Low { 1.0 } else { -1.0 };
            dispatch(Extremes { bars, uniforms: &self.uniforms, sign });
        }
        for (lane, close) in self.active.iter().zip(&bars.close) {
            prices[*lane as usize] = *close;
        }
    }

    /// Lets the events of one asset happen that are due now.
    fn happen(&mut self, asset: usize) {
        let events = self.steppers[asset].event_times();
        if events.is_empty() {
            return;
        }
        self.due.clear();
        for (end, lane) in self.ends.iter().zip(&self.active) {
            if events[*lane as usize] <= *end {
                self.due.push(*lane);
            }
        }
        if !self.due.is_empty() {
            self.steppers[asset].happen(&self.due, &mut self.prices[asset], &mut self.streams[asset].events);
        }
    }

    /// Shows the account the price as it is now, and nothing of the way to it.
    fn look(&mut self, point: &GridPoint) {
        for (bars, prices) in self.bars.iter_mut().zip(&self.prices) {
            let lanes = prices.len();
            bars.lanes.clear();
            bars.lanes.extend(0..lanes as u32);
            reset(&mut bars.start, lanes, point.time);
            reset(&mut bars.duration, lanes, 0.0);
            reset(&mut bars.variance, lanes, 0.0);
            for column in [&mut bars.open, &mut bars.close, &mut bars.extreme] {
                column.clone_from(prices);
            }
        }
        self.evaluation.observe(&self.bars, &mut self.hit_noise);
    }
}

fn reset(column: &mut Vec<f64>, lanes: usize, value: f64) {
    column.clear();
    column.resize(lanes, value);
}

struct Extremes<'a> {
    bars: &'a mut Bars,
    uniforms: &'a [f64],
    sign: f64,
}

impl Kernel for Extremes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bars, uniforms, sign } = self;
        let n = bars.extreme.len();
        let (open, close) = (&bars.open[..n], &bars.close[..n]);
        let (variance, uniforms) = (&bars.variance[..n], &uniforms[..n]);
        for (i, extreme) in bars.extreme.iter_mut().enumerate() {
            *extreme = sign * extreme_below(sign * open[i], sign * close[i], variance[i], uniforms[i]);
        }
    }
}
