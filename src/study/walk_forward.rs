//! Forecasts made one after the other through history, each from what was known then, beside what came.
//!
//! At every origin the model is estimated from the window before it, the scenario is simulated from there, and the recorded
//! bars of the horizon behind it decide. Of the forecast probabilities p_t and the outcomes y_t (1: liquidated) this makes:
//!
//! - the Brier score, mean (p_t − y_t)² (Brier 1950), beside that of the reference forecast: the share of the starts within the
//!   same window that were liquidated, which needs no model. Skill is 1 − score/reference; its interval comes from
//!   the mean difference of the two (Diebold and Mariano 1995) by block bootstrap, the reference taken as known;
//! - a calibration table: where forecasts lie between two edges, how often did it happen?
//! - tests of coverage of the price at the horizon: Kupiec (1995) and Christoffersen (1998), over forecasts that do not overlap.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::engine::{Plan, Progress, RunError, RunOptions, run};
use crate::market::{Duration, PriceHistory};
use crate::model::Model;
use crate::scenario::Scenario;
use crate::stats::{BlockBootstrap, Coverage, Estimate};

use super::replay::{RESAMPLES, Replay, ReplayError, realised};

/// Edges of the calibration table.
const EDGES: [f64; 9] = [0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Quantiles of the price that events are made from, as a fan names them.
const QUANTILES: [&str; 4] = ["0.05", "0.25", "0.75", "0.95"];
/// Blocks of the bootstrap hold so many overlapping forecasts at least.
const BLOCK_OVERLAPS: usize = 3;

/// How history is walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkForward {
    /// Length of the history that a forecast is made from.
    pub window: Duration,
    /// Distance between two forecasts; the horizon if none.
    pub every: Option<Duration>,
}

/// Forecasts and outcomes of one horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecasts {
    /// Distance between two forecasts.
    pub every: Duration,
    /// One entry per level.
    pub levels: Vec<ForecastLevel>,
    /// The calibration table over all levels, without empty rows.
    pub calibration: Vec<CalibrationRow>,
    /// Tests of the price at the horizon.
    pub coverage: Vec<(PriceEvent, Coverage)>,
    /// Origins where the model could not be estimated.
    pub failed: usize,
    /// Why, at the first of them.
    pub reason: Option<String>,
}

/// Forecasts of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastLevel {
    /// The level.
    pub leverage: f64,
    /// Number of forecasts.
    pub forecasts: usize,
    /// Mean of the forecast probabilities; the error is that of the simulation.
    pub predicted: Estimate,
    /// Share of them that was liquidated.
    pub realised: Estimate,
    /// Brier score.
    pub brier: f64,
    /// Brier score of the shares in the windows.
    pub brier_reference: f64,
    /// 1 − score/reference; none where the reference is never wrong.
    pub skill: Option<Estimate>,
}

/// Forecasts between two edges, of all levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationRow {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Number of forecasts.
    pub forecasts: usize,
    /// Their mean.
    pub predicted: f64,
    /// Share of them that was liquidated.
    pub realised: Estimate,
}

/// An event of the price at the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceEvent {
    /// Below the 5 % quantile.
    FarBelow,
    /// Above the 95 % quantile.
    FarAbove,
    /// Outside the quartiles.
    OutsideQuartiles,
}

impl PriceEvent {
    /// All of them.
    const ALL: [Self; 3] = [Self::FarBelow, Self::FarAbove, Self::OutsideQuartiles];

    /// Its probability if the forecast is right.
    fn expected(self) -> f64 {
        if self == Self::OutsideQuartiles { 0.5 } else { 0.05 }
    }

    /// The name in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::FarBelow => "below the 5 % quantile",
            Self::FarAbove => "above the 95 % quantile",
            Self::OutsideQuartiles => "outside the quartiles",
        }
    }

    fn happens(self, price: f64, quantiles: [f64; 4]) -> bool {
        let [p05, p25, p75, p95] = quantiles;
        match self {
            Self::FarBelow => price < p05,
            Self::FarAbove => price > p95,
            Self::OutsideQuartiles => price < p25 || price > p75,
        }
    }
}

/// One forecast with what came.
struct Forecast {
    probabilities: Vec<Estimate>,
    references: Vec<f64>,
    outcomes: Vec<f64>,
    events: [bool; 3],
}

impl Replay {
    /// Walks through history; `refit` estimates a model of the same kind as the scenario's from a window. `options.threads` is the
    /// number of forecasts that are made at the same time, progress counts forecasts, and the result does not depend on it.
    ///
    /// # Errors
    /// The scenario cannot be replayed or simulated, no origin has a whole window before and a whole horizon behind it, or
    /// the model cannot be estimated anywhere.
    pub fn walk_forward(
        &self,
        history: &PriceHistory,
        scenario: &Scenario,
        walk: WalkForward,
        refit: &(dyn Fn(&PriceHistory, &Model) -> Result<Model, String> + Sync),
        options: &RunOptions<'_>,
    ) -> Result<Forecasts, WalkForwardError> {
        let plan = self.plan(scenario)?;
        let fates = self.fates(scenario, &plan)?;
        let horizon = scenario.simulation.horizon;
        let every = walk.every.unwrap_or(horizon);
        let (ahead, step, behind) =
            (self.bars_of(horizon), self.bars_of(every).max(1), self.bars_of(walk.window));
        let starts = fates.first().map_or(0, Vec::len);
        let origins: Vec<usize> = (behind.max(1)..=starts.saturating_sub(1))
            .step_by(step)
            .filter(|origin| self.is_recorded(*origin))
            .collect();
        if origins.is_empty() || behind <= ahead {
            return Err(WalkForwardError::Window { window: walk.window, horizon });
        }
        let shares = Shares::new(self, &fates);
        let done = AtomicU64::new(0);
        let forecast = |origin: &usize| -> Result<Result<Forecast, String>, RunError> {
            if options.stop.load(Ordering::Relaxed) {
                return Err(RunError::Interrupted);
            }
            let end = self.time(history, *origin) + history.interval.seconds() as i64;
            let known = history.between(Some(end - walk.window.seconds() as i64), Some(end));
            let model = match refit(&known, &scenario.assets[0].model) {
                Ok(model) => model,
                Err(reason) => return Ok(Err(reason)),
            };
            let mut scenario = scenario.clone();
            scenario.assets[0].model = model;
            let result =
                run(&scenario, &RunOptions { threads: Some(1), stop: options.stop, progress: &|_| {} })?;
            let paths_done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (options.progress)(Progress { paths_done, paths_planned: origins.len() as u64 });
            let fan = result.price_fan.as_ref();
            let quantiles = QUANTILES
                .map(|key| fan.and_then(|fan| fan.quantiles.get(key)?.last().copied()).unwrap_or(f64::NAN));
            let price = scenario.assets[0].price * (self.close(origin + ahead) - self.close(*origin)).exp();
            Ok(Ok(Forecast {
                probabilities: result.levels.iter().map(|level| level.liquidation_probability).collect(),
                // Only starts whose whole horizon lies before the origin: the others were not known.
                references: shares.between(origin - behind, origin - ahead),
                outcomes: fates.iter().map(|fates| fates[*origin]).collect(),
                events: PriceEvent::ALL.map(|event| event.happens(price, quantiles)),
            }))
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build();
        let made: Vec<_> = pool
            .map_err(RunError::from)?
            .install(|| origins.par_iter().map(forecast).collect::<Result<Vec<_>, RunError>>())?;
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

    fn time(&self, history: &PriceHistory, place: usize) -> i64 {
        history.bars[0].time + (place as u64 * history.interval.seconds()) as i64
    }
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
struct Shares {
    starts: Vec<f64>,
    liquidated: Vec<Vec<f64>>,
}

impl Shares {
    fn new(replay: &Replay, fates: &[Vec<f64>]) -> Self {
        let count = fates.first().map_or(0, Vec::len);
        let weight = |place| f64::from(u8::from(replay.is_recorded(place)));
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
            liquidated: fates.iter().map(|fates| sums(&|place| weight(place) * fates[place])).collect(),
        }
    }

    /// By level, over the places from `first` up to and including `last`.
    fn between(&self, first: usize, last: usize) -> Vec<f64> {
        let of = |sums: &[f64]| sums[last + 1] - sums[first];
        let starts = of(&self.starts).max(1.0);
        self.liquidated.iter().map(|sums| of(sums) / starts).collect()
    }
}

/// Scores of forecasts of which so many overlap.
fn score(
    plan: &Plan,
    forecasts: &[Forecast],
    overlap: usize,
    every: Duration,
    (failed, reason): (usize, Option<String>),
    seed: u64,
) -> Forecasts {
    let n = forecasts.len();
    // The rate of growth n^(1/3) that is best for the variance of a mean (Künsch 1989).
    let block = ((n as f64).cbrt().ceil() as usize).max(BLOCK_OVERLAPS * (overlap - 1) + 1).min(n);
    let bootstrap = BlockBootstrap::new(n, block, RESAMPLES, seed);
    let windows = (n as f64 / overlap as f64).max(1.0);
    let mean = |values: &dyn Fn(&Forecast) -> f64| forecasts.iter().map(values).sum::<f64>() / n as f64;
    let level = |(number, level): (usize, &crate::account::Level)| {
        let square = |p: f64, forecast: &Forecast| (p - forecast.outcomes[number]).powi(2);
        let brier = mean(&|forecast| square(forecast.probabilities[number].value, forecast));
        let brier_reference = mean(&|forecast| square(forecast.references[number], forecast));
        let gains: Vec<f64> = forecasts
            .iter()
            .map(|forecast| {
                square(forecast.references[number], forecast)
                    - square(forecast.probabilities[number].value, forecast)
            })
            .collect();
        let (low, high) = bootstrap.interval(&gains);
        let error = mean(&|forecast| forecast.probabilities[number].std_error.powi(2));
        let outcomes: Vec<f64> = forecasts.iter().map(|forecast| forecast.outcomes[number]).collect();
        ForecastLevel {
            leverage: level.leverage,
            forecasts: n,
            predicted: Estimate::normal(
                mean(&|forecast| forecast.probabilities[number].value),
                (error / n as f64).sqrt(),
            ),
            realised: realised(&outcomes, &bootstrap, windows),
            brier,
            brier_reference,
            skill: (brier_reference > 0.0).then(|| Estimate {
                value: 1.0 - brier / brier_reference,
                std_error: (high - low) / brier_reference / (2.0 * crate::stats::Z_95),
                low: low / brier_reference,
                high: high / brier_reference,
            }),
        }
    };
    let apart: Vec<&Forecast> = forecasts.iter().step_by(overlap).collect();
    let coverage = PriceEvent::ALL.iter().enumerate().map(|(number, event)| {
        let outcomes: Vec<bool> = apart.iter().map(|forecast| forecast.events[number]).collect();
        (*event, Coverage::of(&outcomes, event.expected()))
    });
    Forecasts {
        every,
        levels: plan.levels.iter().enumerate().map(level).collect(),
        calibration: EDGES
            .windows(2)
            .filter_map(|edges| row(forecasts, edges[0], edges[1], &bootstrap))
            .collect(),
        coverage: coverage.collect(),
        failed,
        reason,
    }
}

/// The row of the calibration table between two edges. Levels of one forecast hang together, so the interval is that of the mean excess
/// of outcomes over forecasts per origin, in blocks of origins.
fn row(forecasts: &[Forecast], from: f64, to: f64, bootstrap: &BlockBootstrap) -> Option<CalibrationRow> {
    let inside = |p: f64| from <= p && (p < to || to == 1.0);
    let (mut count, mut origins, mut predicted, mut happened) = (0, 0.0, 0.0, 0.0);
    let mut excesses = Vec::with_capacity(forecasts.len());
    for forecast in forecasts {
        let (before, mut excess) = (count, 0.0);
        for (estimate, outcome) in forecast.probabilities.iter().zip(&forecast.outcomes) {
            if inside(estimate.value) {
                count += 1;
                predicted += estimate.value;
                happened += outcome;
                excess += outcome - estimate.value;
            }
        }
        origins += f64::from(u8::from(count > before));
        excesses.push(excess);
    }
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let (value, predicted) = (happened / n, predicted / n);
    let scale = forecasts.len() as f64 / n;
    let (low, high) = bootstrap.interval(&excesses);
    // Where nothing or everything happened the exact bound of so many origins.
    let bound = Estimate::probability(value * origins, value * origins, origins);
    let low = if value >= 1.0 { bound.low } else { (predicted + scale * low).max(0.0) };
    let high = if value <= 0.0 { bound.high } else { (predicted + scale * high).min(1.0) };
    let std_error = (high - low) / (2.0 * crate::stats::Z_95);
    let realised = Estimate { value, std_error, low, high };
    Some(CalibrationRow { from, to, forecasts: count, predicted, realised })
}
