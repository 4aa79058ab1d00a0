//! The block loop: models move prices, bars go to the accounts.

use super::columns::{AssetStreams, all_after, draw_extremes, list_due, reset, shock};
use super::common_jumps::CommonStepper;
use super::funding::FundingPath;
use super::plan::{GridPoint, Plan};
use crate::account::Evaluation;
use crate::market::Bars;
use crate::model::{Moves, Stepper};
use crate::numeric::{Purpose, Stream};
use crate::stats::Tally;

/// Paths in a block: part of the definition of the random numbers. One column of a block is 4 KiB, so the columns in
/// use stay in the first two levels of cache.
pub const BLOCK_LANES: usize = 512;

/// Everything one thread needs to run blocks, allocated once.
pub struct Worker<'a> {
    plan: &'a Plan,
    steppers: Vec<Box<dyn Stepper>>,
    common_jumps: Vec<CommonStepper<'a>>,
    evaluation: Box<dyn Evaluation>,
    funding: FundingPath<'a>,
    tally: Tally,
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
    uniforms: Vec<f64>,
    /// Extremes that a model knows itself.
    lows: Vec<f64>,
    highs: Vec<f64>,
    weights: Vec<f64>,
    bars: Vec<Bars>,
    looks: Vec<Bars>,
    streams: Vec<AssetStreams>,
    hit_noise: Stream,
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
            common_jumps: (0..)
                .zip(&plan.dependence.common_jumps)
                .map(|(index, law)| CommonStepper::new(law, index))
                .collect(),
            evaluation,
            funding: FundingPath::new(plan.flows.funding.as_ref(), plan.asset),
            tally: Tally::new(plan.levels.len()),
            prices: vec![column(); assets],
            now: column(),
            reached: 0.0,
            everyone: Vec::with_capacity(BLOCK_LANES),
            common_duration: column(),
            active: Vec::with_capacity(BLOCK_LANES),
            due: Vec::with_capacity(BLOCK_LANES),
            ends: column(),
            normals: vec![column(); assets],
            volatility_times: vec![1.0; assets],
            uniforms: column(),
            lows: column(),
            highs: column(),
            weights: column(),
            looks: (0..assets).map(|asset| Bars::with_capacity(asset, BLOCK_LANES)).collect(),
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
        for common in &mut self.common_jumps {
            common.begin(plan.seed, block, lanes);
        }
        self.hit_noise = Stream::new(plan.seed, Purpose::Hit, block);
        reset(&mut self.now, lanes, 0.0);
        self.reached = 0.0;
        self.everyone.clear();
        self.everyone.extend(0..lanes as u32);
        self.common_duration.clear();
        reset(&mut self.weights, lanes, 1.0);
        self.evaluation.begin(lanes);
        self.funding.begin(plan.seed, block, lanes);
        let mut start = 0.0;
        for point in &plan.grid {
            for (factor, stress) in self.volatility_times.iter_mut().zip(&plan.stress) {
                *factor = stress.volatility_times(start);
            }
            self.move_to(point.time);
            shock(&mut self.prices, &plan.stress, point.time);
            start = point.time;
            if point.look && !plan.continuous {
                self.look(point);
            }
            if let Some(moment) = point.settle {
                let rates = self.funding.next(plan.schedule[moment].funding);
                self.evaluation.settle(moment, &self.prices, rates);
            }
        }
        self.evaluation.finish(&self.prices, &self.weights, &mut self.tally);
    }

    /// Moves every path to a common time.
    fn move_to(&mut self, time: f64) {
        let is_alone = self.steppers.len() == 1 && self.common_jumps.is_empty();
        if is_alone && all_after(self.steppers[0].event_times(), time) {
            self.move_together(time);
        } else {
            self.move_apart(time);
        }
        self.reached = time;
    }

    /// Moves every path of a single asset to a common time at once: nothing happens on the way.
    fn move_together(&mut self, time: f64) {
        let n = self.everyone.len();
        let duration = time - self.reached;
        if self.common_duration.first() != Some(&duration) {
            reset(&mut self.common_duration, n, duration);
        }
        for (asset, stepper) in self.steppers.iter_mut().enumerate() {
            let normals = &mut self.normals[asset];
            normals.resize(n, 0.0);
            let (bars, streams) = (&mut self.bars[asset], &mut self.streams[asset]);
            bars.close.resize(n, 0.0);
            bars.variance.resize(n, 0.0);
            streams.moves.normals(normals);
            self.lows.resize(n, 0.0);
            self.highs.resize(n, 0.0);
            let moves = Moves {
                lanes: &self.everyone,
                duration: &self.common_duration,
                normals,
                open: &self.prices[asset],
                close: &mut bars.close,
                variance: &mut bars.variance,
                low: &mut self.lows,
                high: &mut self.highs,
                volatility_times: self.volatility_times[asset],
            };
            stepper.advance(moves, &mut streams.events);
            self.funding.drive(asset, &self.everyone, &self.common_duration, normals);
            if self.plan.continuous {
                bars.lanes.clone_from(&self.everyone);
                reset(&mut bars.start, n, self.reached);
                bars.duration.clone_from(&self.common_duration);
                bars.open.clone_from(&self.prices[asset]);
                let known = stepper.knows_extremes().then_some((&self.lows, &self.highs));
                let side = self.evaluation.watched_side();
                draw_extremes(bars, side, known, &mut streams.extremes, &mut self.uniforms);
                self.prices[asset].copy_from_slice(&bars.close);
            } else {
                // Nobody looks at the bar: its close becomes the price without a copy.
                std::mem::swap(&mut self.prices[asset], &mut bars.close);
            }
        }
        if self.plan.continuous {
            self.evaluation.observe(&self.bars, &mut self.hit_noise);
        }
        if self.steppers.iter().any(|stepper| !stepper.event_times().is_empty()) {
            self.now.fill(time);
        }
    }

    /// Moves every path to a common time, event by event.
    fn move_apart(&mut self, time: f64) {
        self.active.clone_from(&self.everyone);
        while !self.active.is_empty() {
            // As long as every path has a bar, columns run in step with the paths and nothing is gathered.
            let all = self.active.len() == self.now.len();
            reset(&mut self.ends, self.active.len(), time);
            let common = self.common_jumps.iter().map(CommonStepper::times);
            for events in self.steppers.iter().map(|stepper| stepper.event_times()).chain(common) {
                if !events.is_empty() && all {
                    for (end, event) in self.ends.iter_mut().zip(events) {
                        *end = if *event < *end { *event } else { *end };
                    }
                } else if !events.is_empty() {
                    for (end, lane) in self.ends.iter_mut().zip(&self.active) {
                        *end = end.min(events[*lane as usize]);
                    }
                }
            }
            self.draw_normals();
            for asset in 0..self.steppers.len() {
                self.advance(asset);
            }
            if self.plan.continuous {
                self.evaluation.observe(&self.bars, &mut self.hit_noise);
            }
            if all {
                self.now.copy_from_slice(&self.ends);
            } else {
                for (end, lane) in self.ends.iter().zip(&self.active) {
                    self.now[*lane as usize] = *end;
                }
            }
            for asset in 0..self.steppers.len() {
                self.happen(asset);
            }
            self.happen_together();
            let ends = &self.ends;
            if ends.iter().fold(true, |arrived, end| arrived & (*end >= time)) {
                self.active.clear();
            }
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
        let all = n == prices.len();
        if all {
            bars.start.clone_from(&self.now);
            bars.open.clone_from(prices);
        } else {
            bars.start.clear();
            bars.start.extend(self.active.iter().map(|lane| self.now[*lane as usize]));
            bars.open.clear();
            bars.open.extend(self.active.iter().map(|lane| prices[*lane as usize]));
        }
        bars.duration.clear();
        bars.duration.extend(self.ends.iter().zip(&bars.start).map(|(end, start)| end - start));
        for column in [&mut bars.close, &mut bars.variance, &mut bars.extreme] {
            column.resize(n, 0.0);
        }
        self.lows.resize(n, 0.0);
        self.highs.resize(n, 0.0);
        self.steppers[asset].advance(
            Moves {
                lanes: &bars.lanes,
                duration: &bars.duration,
                normals: &self.normals[asset],
                open: &bars.open,
                close: &mut bars.close,
                variance: &mut bars.variance,
                low: &mut self.lows,
                high: &mut self.highs,
                volatility_times: self.volatility_times[asset],
            },
            &mut streams.events,
        );
        self.funding.drive(asset, &bars.lanes, &bars.duration, &self.normals[asset]);
        let growth = self.plan.dependence.growth(asset);
        if growth != 0.0 {
            for (close, duration) in bars.close.iter_mut().zip(&bars.duration) {
                *close -= growth * duration;
            }
        }
        if self.plan.continuous {
            let known = self.steppers[asset].knows_extremes().then_some((&self.lows, &self.highs));
            let side = self.evaluation.watched_side();
            draw_extremes(bars, side, known, &mut streams.extremes, &mut self.uniforms);
        }
        if all {
            prices.copy_from_slice(&bars.close);
        } else {
            for (lane, close) in self.active.iter().zip(&bars.close) {
                prices[*lane as usize] = *close;
            }
        }
    }

    /// Draws the normals of the continuous moves of all assets on the active paths, correlated as the scenario asks.
    fn draw_normals(&mut self) {
        for (normals, streams) in self.normals.iter_mut().zip(&mut self.streams) {
            normals.resize(self.active.len(), 0.0);
            streams.moves.normals(normals);
        }
        // From the last asset up, so that each is made from normals that are still independent.
        for (asset, weights) in self.plan.mixing.iter().enumerate().rev() {
            let (others, rest) = self.normals.split_at_mut(asset);
            let Some(own) = rest.first_mut() else { continue };
            for (i, normal) in own.iter_mut().enumerate() {
                let mut sum = weights[asset] * *normal;
                for (weight, other) in weights.iter().zip(others.iter()) {
                    sum = weight.mul_add(other[i], sum);
                }
                *normal = sum;
            }
        }
    }

    /// Lets the jumps happen that hit several assets and are due now.
    fn happen_together(&mut self) {
        for common in &mut self.common_jumps {
            let times = common.times();
            self.due.clear();
            let due =
                self.ends.iter().zip(&self.active).filter(|(end, lane)| times[**lane as usize] <= **end);
            self.due.extend(due.map(|(_, lane)| *lane));
            if !self.due.is_empty() {
                common.happen(&self.due, &mut self.prices);
            }
        }
    }

    /// Lets the events of one asset happen that are due now.
    fn happen(&mut self, asset: usize) {
        let events = self.steppers[asset].event_times();
        if events.is_empty() {
            return;
        }
        list_due(events, &self.ends, &self.active, &mut self.due);
        if !self.due.is_empty() {
            self.steppers[asset].happen(&self.due, &mut self.prices[asset], &mut self.streams[asset].events);
        }
    }

    /// Shows the account the price as it is now, and nothing of the way to it.
    fn look(&mut self, point: &GridPoint) {
        self.due.clear();
        self.evaluation.concerned(&self.prices, &mut self.due);
        if self.due.is_empty() {
            return;
        }
        let n = self.due.len();
        for (bars, prices) in self.looks.iter_mut().zip(&self.prices) {
            bars.lanes.clone_from(&self.due);
            reset(&mut bars.start, n, point.time);
            reset(&mut bars.duration, n, 0.0);
            reset(&mut bars.variance, n, 0.0);
            for column in [&mut bars.open, &mut bars.close, &mut bars.extreme] {
                column.clear();
                column.extend(self.due.iter().map(|lane| prices[*lane as usize]));
            }
        }
        self.evaluation.observe(&self.looks, &mut self.hit_noise);
    }
}
