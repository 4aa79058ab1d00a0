//! Moves the price of each path along the recorded hours behind its start.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Moves, Stepper};
use super::ScaledHistory;
use crate::market::SECONDS_PER_YEAR;
use crate::numeric::{Replacement, Stream, replace};

/// Hours of a year of 365 days.
const HOURS_PER_YEAR: f64 = SECONDS_PER_YEAR / 3600.0;
/// Factor from the squared range to the variance of a Brownian motion (Parkinson 1980): 1/(4 ln 2).
const RANGE_TO_VARIANCE: f64 = 0.360_673_760_222_240_85;

/// The starts that the paths of the next block begin with, which whoever made the steppers of several assets sets for all of them.
#[derive(Debug, Clone, Default)]
pub struct Listed(Arc<[AtomicUsize; 3]>);

impl Listed {
    /// From now on every so many starts of a range.
    pub fn set(&self, starts: Range<usize>, stride: usize) {
        for (cell, value) in self.0.iter().zip([starts.start, starts.end, stride.max(1)]) {
            cell.store(value, Ordering::Relaxed);
        }
    }

    fn numbers(&self) -> impl Iterator<Item = usize> + use<> {
        let [start, end, stride] = std::array::from_fn(|place| self.0[place].load(Ordering::Relaxed));
        (start..end).step_by(stride.max(1))
    }
}

/// Walks along starts that are drawn evenly, each as it was or mirrored. Nothing happens on the way.
#[derive(Debug)]
pub struct ScaledStepper {
    model: ScaledHistory,
    /// The starts that paths are to begin with, one after the other as it was and mirrored; drawn if none.
    listed: Option<Listed>,
    /// Place of the start, by path.
    start: Vec<u32>,
    /// Factor on the recorded moves, negative where they are mirrored.
    scale: Vec<f64>,
    /// Hours that have passed, by path.
    elapsed: Vec<f64>,
    words: Vec<u64>,
}

impl ScaledStepper {
    pub fn new(model: ScaledHistory, lanes: usize) -> Self {
        Self {
            model,
            listed: None,
            start: Vec::with_capacity(lanes),
            scale: Vec::with_capacity(lanes),
            elapsed: Vec::with_capacity(lanes),
            words: Vec::with_capacity(lanes),
        }
    }

    /// Walks along the listed starts, each as it was and then mirrored, in place of drawn ones.
    pub fn along(model: ScaledHistory, listed: Listed) -> Self {
        Self { listed: Some(listed), ..Self::new(model, 0) }
    }

    /// Moves a path on for some years: the change of its log-price, and the lowest and highest on the way over the price before.
    pub fn step(&mut self, lane: usize, years: f64) -> [f64; 3] {
        let (start, scale, from) = (self.start[lane] as usize, self.scale[lane], self.elapsed[lane]);
        let to = from + years * HOURS_PER_YEAR;
        self.elapsed[lane] = to;
        let record = self.model.record();
        let before = if from > 0.0 { record.price_at(start, from) } else { 0.0 };
        let [end, low, high] = record.piece(start, from, to).map(|price| scale * (price - before));
        [end, low.min(high).min(0.0), low.max(high).max(0.0)]
    }
}

impl Stepper for ScaledStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.words.resize(lanes, 0);
        noise.words(&mut self.words);
        let starts = self.model.starts();
        self.start.clear();
        self.scale.clear();
        if let Some(listed) = &self.listed {
            for (start, ratio) in listed.numbers().map(|number| starts[number]) {
                self.start.extend([start, start]);
                self.scale.extend([ratio, -ratio]);
            }
        }
        for word in self.words.iter().filter(|_| self.listed.is_none()) {
            // The lowest bit is the sign, the upper 52 are a uniform.
            let place = (word >> 12) as f64 * (1.0 / (1_u64 << 52) as f64) * starts.len() as f64;
            let (start, ratio) = starts[(place as usize).min(starts.len() - 1)];
            self.start.push(start);
            self.scale.push(if word & 1 == 0 { ratio } else { -ratio });
        }
        self.elapsed.clear();
        self.elapsed.resize(lanes, 0.0);
    }

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn knows_extremes(&self) -> bool {
        true
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let Moves { lanes, duration, open, close, variance, low, high, volatility_times, .. } = moves;
        for (i, lane) in lanes.iter().enumerate() {
            let [end, least, most] = self.step(*lane as usize, duration[i]).map(|x| volatility_times * x);
            close[i] = open[i] + end;
            low[i] = (open[i] + least).min(close[i]);
            high[i] = (open[i] + most).max(close[i]);
            // Only for the time of a hit inside the bar.
            variance[i] = RANGE_TO_VARIANCE * (high[i] - low[i]) * (high[i] - low[i]);
        }
    }

    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.start, replacements);
        replace(&mut self.scale, replacements);
        replace(&mut self.elapsed, replacements);
    }
}
