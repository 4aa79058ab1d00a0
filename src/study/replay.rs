//! What would have happened: a scenario's account on recorded bars, from every bar on.
//!
//! Entry is at the close of a bar; the bars behind it, within the horizon, go to the same evaluation that simulated bars go
//! to. A missing bar leaves the price where it was, and the next one opens with a gap. The paths of a block are starts
//! that follow each other, so a bar of all paths is a stretch of the history.

use crate::account::{Evaluation, Level};
use crate::engine::{BLOCK_LANES, GridPoint, Plan, PlanError};
use crate::market::{Bars, Duration, PriceHistory, Sides};
use crate::numeric::{Purpose, Stream};
use crate::scenario::Scenario;
use crate::stats::{BlockBootstrap, Estimate, Z_95};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 2_000;
/// Blocks of the bootstrap are so many horizons long, to hold the dependence of overlapping starts ...
const BLOCK_HORIZONS: usize = 3;
/// ... but not longer than this part of the history.
const SHORTEST_PART: usize = 8;

/// What became of a level over all starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayedLevel {
    /// The level.
    pub leverage: f64,
    /// Starts with a whole horizon of history behind them.
    pub starts: usize,
    /// The fraction of them that was liquidated, with an interval that respects their overlap.
    pub realised: Estimate,
}

/// A history on its grid, ready to be replayed.
#[derive(Debug, Clone)]
pub struct Replay {
    interval: u64,
    /// Log-prices by place on the grid.
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    /// Places that hold a bar.
    recorded: Vec<bool>,
}

/// Why a scenario cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The scenario cannot be evaluated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// One file of prices is the history of one asset.
    #[error("a history of one asset cannot replay a scenario of {0} assets")]
    SeveralAssets(usize),
    /// Recorded bars carry no funding and no orders.
    #[error(
        "replay follows accounts of one position that only the price moves: leave out the policy, and set funding and borrow \
         to a rate of 0"
    )]
    MoreThanPrice,
    /// The history is too short, or its bars too long.
    #[error(
        "a horizon of {horizon} holds no bar of {interval}, or the history of {bars} bars holds no whole horizon"
    )]
    Horizon {
        /// The horizon.
        horizon: Duration,
        /// Length of a bar.
        interval: Duration,
        /// Bars of the history.
        bars: usize,
    },
}

impl Replay {
    /// Puts a history on its grid.
    pub fn new(history: &PriceHistory) -> Self {
        let interval = history.interval.seconds().max(1);
        let mut replay = Self {
            interval,
            open: Vec::new(),
            high: Vec::new(),
            low: Vec::new(),
            close: Vec::new(),
            recorded: Vec::new(),
        };
        let first = history.bars.first().map_or(0, |bar| bar.time);
        for bar in &history.bars {
            let place = ((bar.time - first).unsigned_abs() / interval) as usize;
            let still = replay.close.last().copied().unwrap_or_default();
            while replay.close.len() < place {
                replay.push([still; 4], false);
            }
            if replay.close.len() == place {
                replay.push([bar.open.ln(), bar.high.ln(), bar.low.ln(), bar.close.ln()], true);
            }
        }
        replay
    }

    fn push(&mut self, [open, high, low, close]: [f64; 4], recorded: bool) {
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.recorded.push(recorded);
    }

    /// What became of every level of a scenario.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn levels(&self, scenario: &Scenario) -> Result<Vec<ReplayedLevel>, ReplayError> {
        if scenario.assets.len() != 1 {
            return Err(ReplayError::SeveralAssets(scenario.assets.len()));
        }
        let plan = Plan::new(scenario)?;
        if !plan.schedule.is_empty() || !scenario.policy.is_empty() {
            return Err(ReplayError::MoreThanPrice);
        }
        let liquidated = self.liquidated(scenario, &plan)?;
        let starts = liquidated.first().map_or(0, Vec::len);
        let horizon = self.bars_of(scenario.simulation.horizon);
        let block = (BLOCK_HORIZONS * horizon).min(starts / SHORTEST_PART).max(1);
        let bootstrap = BlockBootstrap::new(starts, block, RESAMPLES, scenario.simulation.seed);
        let windows = (starts as f64 / horizon as f64).max(1.0);
        let level = |(level, liquidated): (&Level, &Vec<f64>)| ReplayedLevel {
            leverage: level.leverage,
            starts,
            realised: match level.liquidation.price {
                Some(_) => realised(liquidated, &bootstrap, windows),
                None => Estimate::exact(0.0),
            },
        };
        Ok(plan.levels.iter().zip(&liquidated).map(level).collect())
    }

    fn bars_of(&self, horizon: Duration) -> usize {
        (horizon.seconds() / self.interval) as usize
    }

    /// 1 where a start was liquidated, by level.
    pub(super) fn liquidated(&self, scenario: &Scenario, plan: &Plan) -> Result<Vec<Vec<f64>>, ReplayError> {
        let horizon = scenario.simulation.horizon;
        let bars = self.bars_of(horizon);
        let starts: Vec<usize> = (0..self.close.len().saturating_sub(bars)).collect();
        if bars == 0 || starts.is_empty() {
            let interval = Duration::from_seconds(self.interval);
            return Err(ReplayError::Horizon { horizon, interval, bars: self.close.len() });
        }
        let mut fates = vec![vec![0.0; starts.len()]; plan.levels.len()];
        let mut walk = Walk { replay: self, plan, evaluation: plan.evaluation(), bars: Bars::default() };
        for (block, starts) in starts.chunks(BLOCK_LANES).enumerate() {
            walk.run(starts[0], starts.len(), bars, Stream::new(plan.seed, Purpose::Hit, block as u64));
            walk.evaluation.for_each_liquidated(&mut |lane, level| {
                fates[level][starts[lane as usize]] = 1.0;
            });
        }
        for fates in &mut fates {
            let mut recorded = self.recorded.iter();
            fates.retain(|_| *recorded.next().unwrap_or(&false));
        }
        Ok(fates)
    }
}

/// One block of starts on its way through the history.
struct Walk<'a> {
    replay: &'a Replay,
    plan: &'a Plan,
    evaluation: Box<dyn Evaluation>,
    bars: Bars,
}

impl Walk<'_> {
    fn run(&mut self, first: usize, lanes: usize, bars: usize, mut noise: Stream) {
        self.evaluation.begin(lanes);
        self.bars.lanes = (0..lanes as u32).collect();
        let years = Duration::from_seconds(self.replay.interval).years();
        let mut grid = self.plan.grid.iter().peekable();
        for bar in 1..=bars {
            let end = bar as f64 * years;
            let mut look = false;
            // Rounding of times must not move a look to the next bar.
            while let Some(GridPoint { look: due, .. }) =
                grid.next_if(|point| point.time <= end + 1e-9 * years)
            {
                look |= due;
            }
            if self.plan.continuous || look {
                self.show(first, lanes, bar, years);
                self.evaluation.observe(std::slice::from_ref(&self.bars), &mut noise);
            }
        }
    }

    /// Fills the batch with the bar that is so many places behind each start.
    fn show(&mut self, first: usize, lanes: usize, bar: usize, years: f64) {
        let entries = &self.replay.close[first..first + lanes];
        let at = |column: &'_ [f64]| -> Vec<f64> {
            column[first + bar..first + bar + lanes]
                .iter()
                .zip(entries)
                .map(|(price, entry)| price - entry)
                .collect()
        };
        let close = at(&self.replay.close);
        let (open, extreme) = if self.plan.continuous {
            let extreme = match self.evaluation.watched_side() {
                Some(Sides::High) => at(&self.replay.high),
                _ => at(&self.replay.low),
            };
            (at(&self.replay.open), extreme)
        } else {
            (close.clone(), close.clone())
        };
        let batch = &mut self.bars;
        batch.start = vec![(bar - 1) as f64 * years; lanes];
        batch.duration = vec![if self.plan.continuous { years } else { 0.0 }; lanes];
        // Only times inside the bar depend on it: that of a walk that has just made this range.
        batch.variance = open.iter().zip(&extreme).map(|(open, extreme)| (open - extreme).powi(2)).collect();
        batch.open = open;
        batch.extreme = extreme;
        batch.close = close;
    }
}

/// The fraction with its interval; where nothing or everything happened, the exact bound of so many windows apart.
fn realised(liquidated: &[f64], bootstrap: &BlockBootstrap, windows: f64) -> Estimate {
    let n = liquidated.len() as f64;
    let value = liquidated.iter().sum::<f64>() / n;
    let (low, high) = bootstrap.interval(liquidated);
    let bound = Estimate::probability(value * windows, value * windows, windows);
    let (low, high) =
        (if value >= 1.0 { bound.low } else { low }, if value <= 0.0 { bound.high } else { high });
    Estimate { value, std_error: (high - low) / (2.0 * Z_95), low, high }
}
