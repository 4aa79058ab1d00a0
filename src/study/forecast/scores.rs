//! How forecasts have come true.
//!
//! Of the forecast probabilities p and outcomes y (1: liquidated), over all barriers of one horizon and all files:
//!
//! - Brier skill, 1 − Σ(p − y)²/Σ(r − y)², r being the share of all own past hourly starts that were liquidated (expanding);
//! - gain in log score over r, thousandths of a nat per forecast, probabilities clipped to [1e-4, 1 − 1e-4];
//! - slope and intercept of the logistic regression of y on the logit of p (1 and 0 are right);
//! - cells (file, side, leverage) whose mean forecast lies inside the 95 % interval of what happened;
//! - low ratio, what happened over what was forecast where p is below 1 %;
//! - reliability, by bins of p.
//!
//! Intervals come from a circular block bootstrap over time: forecasts of one time, of all barriers and files, stay together,
//! and blocks are at least three horizons long.

use crate::numeric::{elementary, ln};
use crate::stats::{BlockBootstrap, Estimate, Method, Z_95};

use super::logistic::{Logistic, logistic};
use super::methods::ForecastMethod;
use super::walk::{ForecastWalk, HorizonForecasts};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 2_000;
/// Horizons in a block of the bootstrap.
const BLOCK_HORIZONS: usize = 3;
/// Probabilities are clipped to this from 0 and 1 where logarithms are taken.
const CLIP: f64 = 1e-4;
/// Forecasts below count as low.
const LOW: f64 = 0.01;
/// Edges of the reliability bins.
const EDGES: [f64; 10] = [0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0];

/// The scores of one method over one horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The method.
    pub method: ForecastMethod,
    /// Hours of the horizon.
    pub hours: usize,
    /// Entries times barriers.
    pub forecasts: usize,
    /// Horizons that do not overlap, over all files.
    pub independent_horizons: f64,
    /// Brier skill; none where the reference is never wrong.
    pub brier_skill: Option<Estimate>,
    /// Gain in log score.
    pub log_gain: Estimate,
    /// Slope and intercept; none where nothing or everything happened.
    pub logistic: Option<Logistic>,
    /// Cells whose mean forecast is inside.
    pub inside: usize,
    /// Cells.
    pub cells: usize,
    /// Low ratio; none without a low forecast.
    pub low_ratio: Option<Estimate>,
    /// By bins of the forecast.
    pub reliability: Vec<ReliabilityBin>,
}

/// Forecasts between two edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Number of forecasts.
    pub forecasts: usize,
    /// Their mean.
    pub predicted: f64,
    /// Share that was liquidated.
    pub realised: Estimate,
}

/// One forecast with what came.
#[derive(Debug, Clone, Copy)]
struct Scored {
    /// Number of its time, in distances between entries.
    time: i64,
    p: f64,
    r: f64,
    y: f64,
}

/// The scores of a method over horizon number `number` of some walks, which must have the same horizons.
pub fn scores(walks: &[ForecastWalk], number: usize, method: ForecastMethod, seed: u64) -> Scores {
    let every = walks.first().map_or(1, |walk| walk.every);
    let of: Vec<(&HorizonForecasts, &Vec<Vec<f64>>)> = walks
        .iter()
        .filter_map(|walk| {
            let of = walk.horizons.get(number)?;
            let place = walk.methods.iter().position(|known| *known == method)?;
            Some((of, of.probabilities.get(place)?))
        })
        .collect();
    let hours = of.first().map_or(0, |(of, _)| of.hours);
    let overlap = hours.div_ceil(every).max(1);
    let mut rows = Vec::new();
    let (mut inside, mut cells, mut independent) = (0, 0, 0.0);
    for (of, probabilities) in &of {
        // Entries where the model had something to say.
        let entries: Vec<usize> =
            (0..of.entries.len()).filter(|entry| probabilities[*entry].iter().all(|p| !p.is_nan())).collect();
        let n = entries.len();
        independent += n as f64 / overlap as f64;
        if n == 0 {
            continue;
        }
        let bootstrap = bootstrap(n, overlap, seed);
        for barrier in 0..of.outcomes.first().map_or(0, Vec::len) {
            let outcomes: Vec<f64> =
                entries.iter().map(|entry| f64::from(u8::from(of.outcomes[*entry][barrier]))).collect();
            let predicted =
                entries.iter().map(|entry| probabilities[*entry][barrier]).sum::<f64>() / n as f64;
            let realised = realised(&outcomes, &bootstrap, n as f64 / overlap as f64);
            inside += usize::from((realised.low..=realised.high).contains(&predicted));
            cells += 1;
            for (entry, y) in entries.iter().zip(&outcomes) {
                rows.push(Scored {
                    time: of.entries[*entry].div_euclid(every as i64),
                    p: probabilities[*entry][barrier],
                    r: of.references[*entry][barrier],
                    y: *y,
                });
            }
        }
    }
    rows.sort_by_key(|row| row.time);
    let groups = Groups::new(&rows, overlap, seed);
    let n = rows.len() as f64;
    let log_score = |p: f64, y: f64| {
        let p = p.clamp(CLIP, 1.0 - CLIP);
        if y > 0.5 { ln(p) } else { ln(1.0 - p) }
    };
    let square = |p: f64, y: f64| (p - y) * (p - y);
    let reference: f64 = rows.iter().map(|row| square(row.r, row.y)).sum();
    let low = |row: &Scored| row.p < LOW;
    let low_forecast: f64 = rows.iter().filter(|row| low(row)).map(|row| row.p).sum();
    let clipped: Vec<(f64, f64, usize)> =
        rows.iter().map(|row| (row.p.clamp(CLIP, 1.0 - CLIP), row.y, groups.block_of(row.time))).collect();
    Scores {
        method,
        hours,
        forecasts: rows.len(),
        independent_horizons: independent,
        brier_skill: (reference > 0.0)
            .then(|| groups.sum(&rows, |row| (square(row.r, row.y) - square(row.p, row.y)) / reference)),
        log_gain: groups.sum(&rows, |row| 1e3 / n * (log_score(row.p, row.y) - log_score(row.r, row.y))),
        logistic: logistic(&clipped),
        inside,
        cells,
        low_ratio: (low_forecast > 0.0)
            .then(|| groups.sum(&rows, |row| if low(row) { row.y / low_forecast } else { 0.0 }))
            .map(|ratio| Estimate { low: ratio.low.max(0.0), ..ratio }),
        reliability: EDGES.windows(2).filter_map(|edges| groups.bin(&rows, edges[0], edges[1])).collect(),
    }
}

fn bootstrap(count: usize, overlap: usize, seed: u64) -> BlockBootstrap {
    // The rate of growth n^(1/3) that is best for the variance of a mean (Künsch 1989).
    let block =
        (elementary::cbrt(count as f64).ceil() as usize).max(BLOCK_HORIZONS * (overlap - 1) + 1).min(count);
    BlockBootstrap::new(count, block, RESAMPLES, seed)
}

/// The share with its interval; where nothing or everything happened, the exact bound of so many horizons apart.
fn realised(outcomes: &[f64], bootstrap: &BlockBootstrap, apart: f64) -> Estimate {
    let value = outcomes.iter().sum::<f64>() / outcomes.len() as f64;
    let (low, high) = bootstrap.interval(outcomes);
    let apart = apart.max(1.0);
    let bound = Estimate::probability(value * apart, value * apart, apart);
    let low = if value >= 1.0 { bound.low } else { low };
    let high = if value <= 0.0 { bound.high } else { high };
    Estimate::new(value, (high - low) / (2.0 * Z_95), [low, high]).by(Method::History)
}

/// Times of forecasts, and resamples of them.
struct Groups {
    first: i64,
    count: usize,
    block: usize,
    overlap: usize,
    bootstrap: BlockBootstrap,
}

impl Groups {
    fn new(rows: &[Scored], overlap: usize, seed: u64) -> Self {
        let first = rows.first().map_or(0, |row| row.time);
        let count = rows.last().map_or(1, |row| (row.time - first) as usize + 1);
        let block = (elementary::cbrt(count as f64).ceil() as usize).max(BLOCK_HORIZONS * (overlap - 1) + 1);
        Self { first, count, block, overlap, bootstrap: bootstrap(count, overlap, seed) }
    }

    fn block_of(&self, time: i64) -> usize {
        (time - self.first) as usize / self.block
    }

    /// Σ of a term over all forecasts, with the interval of resampled times.
    fn sum(&self, rows: &[Scored], term: impl Fn(&Scored) -> f64) -> Estimate {
        let mut series = vec![0.0; self.count];
        for row in rows {
            series[(row.time - self.first) as usize] += term(row);
        }
        let value: f64 = series.iter().sum();
        let (low, high) = self.bootstrap.interval(&series);
        let (low, high) = (low * self.count as f64, high * self.count as f64);
        Estimate::new(value, (high - low) / (2.0 * Z_95), [low, high]).by(Method::History)
    }

    /// The forecasts between two edges; none if there are none. The interval is that of what happened less what was forecast.
    fn bin(&self, rows: &[Scored], from: f64, to: f64) -> Option<ReliabilityBin> {
        let inside = |row: &Scored| from <= row.p && (row.p < to || to == 1.0);
        let (mut count, mut predicted, mut happened) = (0_usize, 0.0, 0.0);
        let mut times = 0.0;
        let mut last = None;
        for row in rows.iter().filter(|row| inside(row)) {
            count += 1;
            predicted += row.p;
            happened += row.y;
            if last.replace(row.time) != Some(row.time) {
                times += 1.0;
            }
        }
        if count == 0 {
            return None;
        }
        let n = count as f64;
        let (predicted, value) = (predicted / n, happened / n);
        let excess = self.sum(rows, |row| if inside(row) { (row.y - row.p) / n } else { 0.0 });
        let apart = (times / self.overlap as f64).max(1.0);
        let bound = Estimate::probability(value * apart, value * apart, apart);
        let low = if value >= 1.0 { bound.low } else { (predicted + excess.low).max(0.0) };
        let high = if value <= 0.0 { bound.high } else { (predicted + excess.high).min(1.0) };
        let realised = Estimate::new(value, (high - low) / (2.0 * Z_95), [low, high]).by(Method::History);
        Some(ReliabilityBin { from, to, forecasts: count, predicted, realised })
    }
}
