//! Forecasts made one after the other through history, each from what was known then, beside what came.
//!
//! At every origin the model is estimated from the window before it, the scenario is simulated from there, and the recorded
//! bars of the horizon behind it decide. How the forecasts are scored: `forecasts`.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

use super::as_known::{AsKnown, Refit};
use super::forecast::ForecastError;
use super::simulation::{RunError, run_sampled as run};
use crate::engine::{Progress, RunOptions};
use crate::market::{Duration, PriceHistory};
use crate::numeric::elementary;
use crate::scenario::Scenario;

use super::forecasts::{Forecast, Forecasts, PriceEvent, score};
use super::replay::{Fates, Replay, ReplayError};

/// Quantiles of the price that events are made from, as a fan names them.
const QUANTILES: [&str; 4] = ["0.05", "0.25", "0.75", "0.95"];
/// How history is walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkForward {
    /// Length of the history that a forecast is made from.
    pub window: Duration,
    /// Distance between two forecasts; the horizon if none.
    pub every: Option<Duration>,
}

impl Replay {
    /// Walks through the histories of the assets that the scenario holds, by their names (any name where there is one); `refit` estimates a
    /// model of the same kind as the scenario's from a window. `options.threads` is the number of forecasts that are made at the same
    /// time, progress counts forecasts, and the result does not depend on it.
    ///
    /// # Errors
    /// The scenario cannot be replayed or simulated, no origin has a whole window before and a whole horizon behind it, or
    /// the model cannot be estimated anywhere.
    pub fn walk_forward(
        &self,
        histories: &[(String, &PriceHistory)],
        scenario: &Scenario,
        walk: WalkForward,
        refit: &Refit<'_>,
        options: &RunOptions<'_>,
    ) -> Result<Forecasts, WalkForwardError> {
        let plan = self.plan(scenario)?;
        let fates = self.fates(scenario, &plan)?;
        let known = AsKnown::new(scenario, histories, refit)
            .ok_or(ReplayError::SeveralAssets(scenario.assets.len()))?;
        let horizon = scenario.simulation.horizon;
        let every = walk.every.unwrap_or(horizon);
        let (ahead, step, behind) =
            (self.bars_of(horizon), self.bars_of(every).max(1), self.bars_of(walk.window));
        let starts = fates.counted.len();
        let origins: Vec<usize> = (behind.max(1)..=starts.saturating_sub(1))
            .step_by(step)
            .filter(|origin| fates.counted[*origin])
            .collect();
        if origins.is_empty() || behind <= ahead {
            return Err(WalkForwardError::Window { window: walk.window, horizon });
        }
        let shares = Shares::new(&fates);
        let done = AtomicU64::new(0);
        let forecast = |origin: &usize| -> Result<Result<Forecast, String>, WalkForwardError> {
            if options.stop.load(Ordering::Relaxed) {
                return Err(RunError::Interrupted.into());
            }
            let end = self.end(*origin);
            let scenario = match known.between(Some(end - walk.window.seconds() as i64), end) {
                Ok(scenario) => scenario,
                Err(reason) => return Ok(Err(reason)),
            };
            let result =
                run(&scenario, &RunOptions { threads: Some(1), stop: options.stop, progress: &|_| {} })?;
            let paths_done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (options.progress)(Progress { paths_done, paths_planned: origins.len() as u64 });
            let fan = result.price_fan.as_ref();
            let quantiles = QUANTILES
                .map(|key| fan.and_then(|fan| fan.quantiles.get(key)?.last().copied()).unwrap_or(f64::NAN));
            let place = scenario.account.positions.first().map_or(0, |position| position.asset);
            let moved = self.moved(&scenario, *origin, origin + ahead)?;
            let price = scenario.assets[place].price * elementary::exp(moved);
            Ok(Ok(Forecast {
                probabilities: result.levels.iter().map(|level| level.liquidation_probability).collect(),
                // Only starts whose whole horizon lies before the origin: the others were not known.
                references: shares.between(origin - behind, origin - ahead),
                outcomes: fates.liquidated.iter().map(|liquidated| liquidated[*origin]).collect(),
                events: PriceEvent::ALL.map(|event| event.happens(price, quantiles)),
            }))
        };
        let made = in_threads(origins.len(), options.threads, |number| forecast(&origins[number]))?;
        let mut forecasts = Vec::new();
        let (mut failed, mut reason) = (0, None);
        for one in made {
            match one {
                Ok(forecast) => forecasts.push(forecast),
                Err(why) => {
                    failed += 1;
                    reason.get_or_insert(why);
                }
            }
        }
        if forecasts.is_empty() {
            return Err(WalkForwardError::NeverFitted(reason.unwrap_or_default()));
        }
        let overlap = ahead.div_ceil(step);
        Ok(score(&plan, &forecasts, overlap, every, (failed, reason), scenario.simulation.seed))
    }
}

/// The results for 0, 1, 2 ..., several at the same time. Plain threads: while it waits for the pool of a run, a worker of another
/// pool would begin the next forecast on the same stack, and another on top of that.
pub(super) fn in_threads<T: Send, E: Send>(
    count: usize,
    threads: Option<usize>,
    make: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let threads = threads.unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get)).min(count);
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count);
        std::iter::from_fn(take)
            .map(|number| make(number).map(|made| (number, made)))
            .collect::<Result<Vec<_>, _>>()
    };
    let parts: Vec<_> = scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut made = Vec::with_capacity(count);
    for part in parts {
        made.extend(part?);
    }
    made.sort_by_key(|(number, _)| *number);
    Ok(made.into_iter().map(|(_, result)| result).collect())
}

/// Why history cannot be walked through.
#[derive(Debug, thiserror::Error)]
pub enum WalkForwardError {
    /// The scenario cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nothing of history is left to judge by.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    /// Too little history.
    #[error(
        "a window of {window} must be longer than the horizon of {horizon}, and the history as long as both together"
    )]
    Window {
        /// The window.
        window: Duration,
        /// The horizon.
        horizon: Duration,
    },
    /// The model could not be estimated from any window.
    #[error("the model cannot be estimated from any of the windows: {0}")]
    NeverFitted(String),
}

/// Shares of liquidated starts over any stretch of the grid, by sums from the beginning.
pub(super) struct Shares {
    starts: Vec<f64>,
    liquidated: Vec<Vec<f64>>,
}

impl Shares {
    pub fn new(fates: &Fates) -> Self {
        let count = fates.counted.len();
        let weight = |place: usize| f64::from(u8::from(fates.counted[place]));
        let sums = |values: &dyn Fn(usize) -> f64| {
            let mut sum = 0.0;
            std::iter::once(0.0)
                .chain((0..count).map(|place| {
                    sum += values(place);
                    sum
                }))
                .collect()
        };
        Self {
            starts: sums(&weight),
            liquidated: fates
                .liquidated
                .iter()
                .map(|liquidated| sums(&|place| weight(place) * liquidated[place]))
                .collect(),
        }
    }

    /// By level, over the places from `first` up to and including `last`.
    pub fn between(&self, first: usize, last: usize) -> Vec<f64> {
        let of = |sums: &[f64]| sums[last + 1] - sums[first];
        let starts = of(&self.starts).max(1.0);
        self.liquidated.iter().map(|sums| of(sums) / starts).collect()
    }
}
