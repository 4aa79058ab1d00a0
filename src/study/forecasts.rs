//! Scores of forecasts: Brier score, calibration table, coverage.
//!
//! Of the forecast probabilities p_t and the outcomes y_t (1: liquidated) come:
//!
//! - the Brier score, mean (p_t − y_t)² (Brier 1950), beside that of the reference forecast: the share of the starts within the
//!   same window that were liquidated, which needs no model. Skill is 1 − score/reference; its interval comes from
//!   the mean difference of the two (Diebold and Mariano 1995) by block bootstrap, the reference taken as known;
//! - a calibration table: where forecasts lie between two edges, how often did it happen?
//! - tests of coverage of the price at the horizon: Kupiec (1995) and Christoffersen (1998), over forecasts that do not overlap.

use crate::engine::{LevelTerms, Plan};
use crate::market::Duration;
use crate::numeric::elementary;
use crate::stats::{BlockBootstrap, Coverage, Estimate, Z_95};

use super::realised::{RESAMPLES, realised};

/// Edges of the calibration table.
const EDGES: [f64; 9] = [0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Blocks of the bootstrap hold so many overlapping forecasts at least.
const BLOCK_OVERLAPS: usize = 3;

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
    /// 1 − score/reference; none where nothing happened or the reference is never wrong.
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
    pub(super) const ALL: [Self; 3] = [Self::FarBelow, Self::FarAbove, Self::OutsideQuartiles];

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

    pub(super) fn happens(self, price: f64, quantiles: [f64; 4]) -> bool {
        let [p05, p25, p75, p95] = quantiles;
        match self {
            Self::FarBelow => price < p05,
            Self::FarAbove => price > p95,
            Self::OutsideQuartiles => price < p25 || price > p75,
        }
    }
}

/// One forecast with what came.
pub(super) struct Forecast {
    pub probabilities: Vec<Estimate>,
    pub references: Vec<f64>,
    pub outcomes: Vec<f64>,
    pub events: [bool; 3],
}

/// Scores of forecasts of which so many overlap.
pub(super) fn score(
    plan: &Plan,
    forecasts: &[Forecast],
    overlap: usize,
    every: Duration,
    (failed, reason): (usize, Option<String>),
    seed: u64,
) -> Forecasts {
    let n = forecasts.len();
    // The rate of growth n^(1/3) that is best for the variance of a mean (Künsch 1989).
    let block = (elementary::cbrt(n as f64).ceil() as usize).max(BLOCK_OVERLAPS * (overlap - 1) + 1).min(n);
    let bootstrap = BlockBootstrap::new(n, block, RESAMPLES, seed);
    let windows = (n as f64 / overlap as f64).max(1.0);
    let mean = |values: &dyn Fn(&Forecast) -> f64| forecasts.iter().map(values).sum::<f64>() / n as f64;
    let level = |(number, level): (usize, &LevelTerms)| {
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
            // Where nothing happened any forecast of almost 0 is right.
            skill: (brier_reference > 0.0 && outcomes.iter().any(|outcome| *outcome > 0.0)).then(|| {
                Estimate::new(
                    1.0 - brier / brier_reference,
                    (high - low) / brier_reference / (2.0 * Z_95),
                    [low / brier_reference, high / brier_reference],
                )
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
        levels: plan.terms.iter().enumerate().map(level).collect(),
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
    let std_error = (high - low) / (2.0 * Z_95);
    let realised = Estimate::new(value, std_error, [low, high]);
    Some(CalibrationRow { from, to, forecasts: count, predicted, realised })
}
