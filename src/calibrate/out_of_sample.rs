//! Choice among models by how their forecasts came true: the log score out of sample over the horizon that is asked for.
//!
//! From at most 24 origins, evenly spaced from the 401st day to a horizon before the end, every candidate forecasts which barriers the price passes: the
//! liquidation of longs and shorts at 2, 3, 5, 10, 20 and 50 times, 0.5 % maintenance. Parameters are estimated anew once a year from the
//! bars before the origin (the last 20,000 at most); in between the variance of today moves on with the bars. `har` rests on all bars
//! before each origin. The score is the mean of ln p of what came (Good 1952), in thousandths of a nat per barrier and origin; p is half a hit
//! more than were seen over one path more than there were, so that what no path did is not held to be impossible. What a model is worth beyond
//! another has the error of the mean difference over origins. A fitted likelihood is of the next bar; this is of the horizon.

use rayon::prelude::*;

use super::annual::AnnualFits;
use super::calibration::Target;
use super::passages::Passages;
use crate::market::{Duration, PriceHistory};
use crate::model::{Har, Model};
use crate::numeric::ln;
use crate::stats::Estimate;
use crate::study::Barrier;
use crate::venue::Side;

/// Origins at most, and at least.
const MOST_ORIGINS: i64 = 24;
const FEWEST_ORIGINS: i64 = 12;
/// Seconds before the first origin: a year, and what gaps take of it.
const BEFORE: i64 = 400 * 86_400;
/// Paths of a forecast, of which there are fewer where they have more bars than this.
const PATHS: usize = 4_096;
const FEWEST_PATHS: usize = 256;
const MANY_BARS: usize = 720;
const LEVERAGES: [f64; 6] = [2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
const MAINTENANCE: f64 = 0.005;
/// Name of the candidate that is no fit to returns.
pub(super) const HAR: &str = "har";

/// How candidates did out of sample.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfSample {
    /// The horizon of the forecasts.
    pub horizon: Duration,
    /// Number of origins.
    pub origins: usize,
    /// First and last origin, seconds since 1970.
    pub range: (i64, i64),
    /// The candidates that forecast from every origin, the best first.
    pub scores: Vec<LogScore>,
    /// The others, and why.
    pub left_out: Vec<(&'static str, String)>,
}

/// The log score of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct LogScore {
    /// Name of the fit; `har` too.
    pub name: &'static str,
    /// Mean log score, thousandths of a nat per barrier and origin; 0 is a forecast that is always sure and right.
    pub score: f64,
    /// How much less that is than the best has; exactly 0 of the best.
    pub behind: Estimate,
}

/// Why there is no log score out of sample.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OutOfSampleError {
    /// Too little history.
    #[error(
        "the file has room for {origins} forecasts over {horizon} behind 400 days to estimate from; {FEWEST_ORIGINS} are needed to compare models \
         out of sample"
    )]
    Short {
        /// Forecasts that do not overlap.
        origins: i64,
        /// The horizon.
        horizon: Duration,
    },
    /// No candidate forecast everywhere.
    #[error("no model could be estimated from every part of the file")]
    Nothing,
}

/// One origin and what came behind it.
struct Origin {
    time: i64,
    outcomes: Vec<bool>,
}

impl OutOfSample {
    /// Compares the targets, and `har` where the bars are hours of a year and more.
    ///
    /// # Errors
    /// See [`OutOfSampleError`].
    pub fn of(
        history: &PriceHistory,
        targets: &[Target],
        horizon: Duration,
    ) -> Result<Self, OutOfSampleError> {
        let barriers: Vec<Barrier> = [Side::Long, Side::Short]
            .into_iter()
            .flat_map(|side| LEVERAGES.map(|leverage| Barrier::linear(side, leverage, MAINTENANCE)))
            .collect();
        let origins = origins(history, horizon, &barriers)?;
        let fits = AnnualFits::of(history, targets, origins.iter().map(|origin| origin.time));
        let paths = (PATHS * MANY_BARS / bars_of(history, horizon).max(MANY_BARS)).max(FEWEST_PATHS);
        let passages =
            Passages::new(horizon, &[1], &barriers, paths).map_err(|_| OutOfSampleError::Nothing)?;
        let names: Vec<&'static str> = targets.iter().map(|target| target.name()).chain([HAR]).collect();
        let work: Vec<(&Origin, &'static str)> =
            origins.iter().flat_map(|origin| names.iter().map(move |name| (origin, *name))).collect();
        let scores: Vec<Result<f64, String>> = work
            .par_iter()
            .map(|(origin, name)| {
                let model = match *name {
                    HAR => Har::of_history(&history.between(None, Some(origin.time)), String::new(), 0.0)
                        .map(Model::Har)
                        .map_err(|error| error.to_string()),
                    name => fits.model(name, origin.time),
                };
                score(&passages, &model?, origin)
            })
            .collect();
        let mut rows: Vec<(&'static str, Vec<f64>)> = Vec::new();
        let mut left_out: Vec<(&'static str, String)> = Vec::new();
        for name in names {
            let own = work.iter().zip(&scores).filter(|((_, candidate), _)| *candidate == name);
            match own.map(|(_, score)| score.clone()).collect::<Result<Vec<f64>, String>>() {
                Ok(scores) => rows.push((name, scores)),
                Err(reason) => left_out.push((name, reason)),
            }
        }
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        rows.sort_by(|a, b| mean(&b.1).total_cmp(&mean(&a.1)));
        let Some((_, best)) = rows.first().cloned() else { return Err(OutOfSampleError::Nothing) };
        let scores = rows
            .into_iter()
            .map(|(name, scores)| {
                let behind: Vec<f64> = best.iter().zip(&scores).map(|(best, own)| best - own).collect();
                let squares = behind.iter().map(|difference| difference * difference).sum();
                let behind = Estimate::mean(behind.iter().sum(), squares, behind.len() as f64);
                LogScore { name, score: mean(&scores), behind }
            })
            .collect();
        let range = (origins[0].time, origins[origins.len() - 1].time);
        Ok(Self { horizon, origins: origins.len(), range, scores, left_out })
    }
}

/// Bars of a horizon.
fn bars_of(history: &PriceHistory, horizon: Duration) -> usize {
    (horizon.seconds() / history.interval.seconds().max(1)) as usize
}

/// Origins with what came behind each; those whose horizon is half missing are none.
fn origins(
    history: &PriceHistory,
    horizon: Duration,
    barriers: &[Barrier],
) -> Result<Vec<Origin>, OutOfSampleError> {
    let length = horizon.seconds() as i64;
    let step = history.interval.seconds().max(1) as i64;
    let (first, last) = match (history.bars.first(), history.bars.last()) {
        (Some(first), Some(last)) => (first.time + BEFORE, last.time + step - length),
        _ => (0, -1),
    };
    let room = if last >= first { (last - first) / length.max(1) + 1 } else { 0 };
    if room < FEWEST_ORIGINS {
        return Err(OutOfSampleError::Short { origins: room, horizon });
    }
    let count = room.min(MOST_ORIGINS);
    let expected = bars_of(history, horizon);
    let times = (0..count).map(|number| first + (last - first) * number / (count - 1));
    let found: Vec<Origin> = times
        .filter_map(|time| {
            let before = history.between(None, Some(time)).bars.last()?.close;
            let coming = history.between(Some(time), Some(time + length)).bars;
            if 2 * coming.len() < expected {
                return None;
            }
            let low = coming.iter().map(|bar| bar.low).fold(before, f64::min);
            let high = coming.iter().map(|bar| bar.high).fold(before, f64::max);
            let (down, up) = (ln(before / low), ln(high / before));
            let outcomes = barriers.iter().map(|barrier| barrier.is_passed(down, up)).collect();
            Some(Origin { time, outcomes })
        })
        .collect();
    match (found.len() as i64) < FEWEST_ORIGINS {
        true => Err(OutOfSampleError::Short { origins: found.len() as i64, horizon }),
        false => Ok(found),
    }
}

/// The mean log score of a model's forecast from an origin, thousandths of a nat.
fn score(passages: &Passages<'_>, model: &Model, origin: &Origin) -> Result<f64, String> {
    let hits = passages.of(model)?;
    let paths = passages.paths as f64;
    let log = |(hits, came): (&f64, &bool)| {
        let p = (hits + 0.5) / (paths + 1.0);
        ln(if *came { p } else { 1.0 - p })
    };
    let sum: f64 = hits[0].iter().zip(&origin.outcomes).map(log).sum();
    Ok(1e3 * sum / origin.outcomes.len() as f64)
}
