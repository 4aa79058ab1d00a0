//! Choice among models by how their forecasts came true: the log score out of sample over the horizon that is asked for.
//!
//! From at most 24 origins, evenly spaced from the 366th day to a horizon before the end, every candidate forecasts which barriers the price passes: the
//! liquidation of longs and shorts at 2, 3, 5, 10, 20 and 50 times, 0.5 % maintenance. Parameters are estimated anew once a year from the
//! bars before the origin (the last 20,000 at most); in between the variance of today moves on with the bars. `har` rests on all bars
//! before each origin. The score is the mean of ln p of what came (Good 1952), in thousandths of a nat per barrier and origin, of p = (hits
//! + ½)/(paths + 1), so that what no path did is not held to be impossible. What a model is worth beyond another
//! has the error of the mean difference over origins. A fitted likelihood is of the next bar; this is of the horizon.

use rayon::prelude::*;

use super::calibration::{Calibration, Target};
use super::choice::calibrate;
use super::sample::Sample;
use super::scenario::model_of;
use super::state::restated;
use crate::engine::PathBars;
use crate::market::{Duration, PriceHistory};
use crate::model::{Har, Model};
use crate::numeric::ln;
use crate::scenario::{Scenario, Source, parse};
use crate::stats::Estimate;
use crate::study::Barrier;
use crate::venue::Side;

/// Origins at most, and at least.
const MOST_ORIGINS: i64 = 24;
const FEWEST_ORIGINS: i64 = 12;
/// Seconds before the first origin, and between two estimates.
const YEAR: i64 = 365 * 86_400;
/// Bars that an estimate rests on at most, and that the variance of today is taken from.
const MOST_BARS: i64 = 20_000;
const RECENT_BARS: i64 = 5_000;
/// Paths of a forecast, of which there are fewer where they have more bars than this.
const PATHS: usize = 4_096;
const FEWEST_PATHS: usize = 256;
const MANY_BARS: usize = 720;
const LEVERAGES: [f64; 6] = [2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
const MAINTENANCE: f64 = 0.005;
const HAR: &str = "har";

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
        "the file has room for {origins} forecasts over {horizon} behind a year to estimate from; {FEWEST_ORIGINS} are needed to compare models \
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
        let fits = estimates(history, targets, &origins);
        let paths = (PATHS * MANY_BARS / bars_of(history, horizon).max(MANY_BARS)).max(FEWEST_PATHS);
        let judge = Judge { horizon, barriers: &barriers, paths, base: base(horizon) };
        let work: Vec<(usize, Candidate<'_>)> = (0..origins.len())
            .flat_map(|origin| {
                let fitted = targets.iter().map(move |target| (origin, Candidate::Target(target.name())));
                fitted.chain(std::iter::once((origin, Candidate::Har)))
            })
            .collect();
        let scores: Vec<Result<f64, String>> = work
            .par_iter()
            .map(|(origin, candidate)| {
                let (origin, fit) = (&origins[*origin], &fits[*origin]);
                judge.score(&candidate.model(history, origin.time, fit.as_ref())?, origin)
            })
            .collect();
        let mut rows: Vec<(&'static str, Vec<f64>)> = Vec::new();
        let mut left_out: Vec<(&'static str, String)> = Vec::new();
        let names = targets.iter().map(|target| target.name()).chain([HAR]);
        for name in names {
            let own = work.iter().zip(&scores).filter(|((_, candidate), _)| candidate.name() == name);
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

/// A candidate at an origin.
#[derive(Debug, Clone, Copy)]
enum Candidate<'a> {
    Target(&'a str),
    Har,
}

impl Candidate<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Target(name) => name,
            Self::Har => HAR,
        }
    }

    /// Its model from what was known at an origin.
    fn model(
        &self,
        history: &PriceHistory,
        time: i64,
        fit: Result<&Calibration, &String>,
    ) -> Result<Model, String> {
        match self {
            Self::Har => Har::of_history(&history.between(None, Some(time)), String::new(), 0.0)
                .map(Model::Har)
                .map_err(|error| error.to_string()),
            Self::Target(name) => {
                let calibration = fit.map_err(Clone::clone)?;
                let found = calibration.candidates.iter().find(|candidate| candidate.fit.name == *name);
                let Some(candidate) = found else {
                    let why = calibration.failures.iter().find(|(failed, _)| failed == name);
                    return Err(why.map_or_else(|| "not fitted".to_owned(), |(_, error)| error.to_string()));
                };
                let model = model_of(calibration, &candidate.fit)?;
                let since = time - RECENT_BARS * history.interval.seconds() as i64;
                let recent = Sample::of(&history.between(Some(since), Some(time)));
                Ok(recent.map_or(model.clone(), |recent| restated(&model, &recent)))
            }
        }
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
        (Some(first), Some(last)) => (first.time + YEAR, last.time + step - length),
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

/// By origin the fits that were made last: at the first, and whenever a year has gone by.
fn estimates(
    history: &PriceHistory,
    targets: &[Target],
    origins: &[Origin],
) -> Vec<Result<Calibration, String>> {
    let mut times: Vec<i64> = Vec::new();
    let made: Vec<usize> = origins
        .iter()
        .map(|origin| {
            if times.last().is_none_or(|last| origin.time - last >= YEAR) {
                times.push(origin.time);
            }
            times.len() - 1
        })
        .collect();
    let fit = |time: &i64| -> Result<Calibration, String> {
        let since = time - MOST_BARS * history.interval.seconds() as i64;
        let known = history.between(Some(since), Some(*time));
        let sample = Sample::of(&known).map_err(|error| error.to_string())?;
        calibrate(sample, targets).map_err(|failures| {
            failures.first().map_or_else(String::new, |(name, error)| format!("{name}: {error}"))
        })
    };
    let fits: Vec<Result<Calibration, String>> = times.par_iter().map(fit).collect();
    made.into_iter().map(|number| fits[number].clone()).collect()
}

/// A scenario around a model to come.
fn base(horizon: Duration) -> Result<Scenario, String> {
    let text = format!(
        "[simulation]\nhorizon = \"{}s\"\npaths = 1\nseed = 1\n[assets.A]\nprice = 1.0\n[assets.A.model]\nkind = \"gbm\"\ndrift = 0.0\n\
         volatility = 0.5\n[account]\nequity = 1.0\nleverage = [1]\nvenue = \"flat-0.5pct\"\n[[account.positions]]\nasset = \"A\"\n\
         side = \"long\"\n",
        horizon.seconds()
    );
    parse(Source::new("base", text), &[]).map_err(|problems| problems.to_string())
}

/// What forecasts are judged by.
struct Judge<'a> {
    horizon: Duration,
    barriers: &'a [Barrier],
    paths: usize,
    base: Result<Scenario, String>,
}

impl Judge<'_> {
    /// The mean log score of a model's forecast from an origin, thousandths of a nat.
    fn score(&self, model: &Model, origin: &Origin) -> Result<f64, String> {
        let mut scenario = self.base.clone()?;
        scenario.assets[0].model = model.clone();
        let law = PathBars::new(&scenario, self.horizon).map_err(|error| error.to_string())?;
        let mut hits = vec![0.0; self.barriers.len()];
        let mut paths = 0;
        for block in 0.. {
            let lanes = (self.paths - paths).min(crate::engine::BLOCK_LANES);
            if lanes == 0 {
                break;
            }
            let bars = law.block(block, lanes);
            for (low, high) in bars[0].low[0].iter().zip(&bars[0].high[0]) {
                if !low.is_finite() || !high.is_finite() {
                    return Err("its prices are no numbers".to_owned());
                }
                for (hits, barrier) in hits.iter_mut().zip(self.barriers) {
                    *hits += f64::from(u8::from(barrier.is_passed(-low, *high)));
                }
            }
            paths += lanes;
        }
        let log = |(hits, came): (&f64, &bool)| {
            let p = (hits + 0.5) / (paths as f64 + 1.0);
            ln(if *came { p } else { 1.0 - p })
        };
        Ok(1e3 * hits.iter().zip(&origin.outcomes).map(log).sum::<f64>() / self.barriers.len() as f64)
    }
}
