//! The equal mixture of past days drawn anew (`har`) and whole past horizons (`scaled_history`): the default forecast.
//!
//! Every other path of a block is of the one kind, the rest of the other, so that both have the same share. The mean of the two came
//! true better than each (docs/replay.md).
//!
//! | key | meaning |
//! |---|---|
//! | prices | recorded bars |

use serde::Serialize;

use super::har::HarStepper;
use super::scaled_history::ScaledStepper;
use super::{EstimateError, Har, Moves, ScaledHistory, Stepper};
use crate::market::{Duration, PriceHistory};
use crate::numeric::{Replacement, Stream, replace};

/// Factor from the squared range to the variance of a Brownian motion (Parkinson 1980): 1/(4 ln 2).
const RANGE_TO_VARIANCE: f64 = 0.360_673_760_222_240_85;

/// Both kinds in equal shares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mixture {
    har: Har,
    scaled_history: ScaledHistory,
}

impl Mixture {
    /// The mixture of a history, whose content has the given hash, for paths of some length.
    ///
    /// # Errors
    /// See [`EstimateError`].
    pub fn of_history(
        history: &PriceHistory,
        hash: String,
        horizon: Duration,
    ) -> Result<Self, EstimateError> {
        let scaled_history = ScaledHistory::of_history(history, hash.clone(), horizon)?;
        Ok(Self { har: Har::of_history(history, hash, 0.0)?, scaled_history })
    }

    /// Past days drawn anew.
    pub fn har(&self) -> &Har {
        &self.har
    }

    pub(super) fn har_mut(&mut self) -> &mut Har {
        &mut self.har
    }

    /// Whole past horizons.
    pub fn scaled_history(&self) -> &ScaledHistory {
        &self.scaled_history
    }

    /// The mixture of two of the same history.
    pub(super) fn new(har: Har, scaled_history: ScaledHistory) -> Self {
        Self { har, scaled_history }
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        MixtureStepper {
            har: HarStepper::new(self.har.clone(), lanes),
            scaled: ScaledStepper::new(self.scaled_history.clone(), lanes),
            is_scaled: Vec::with_capacity(lanes),
            day_end: Vec::with_capacity(lanes),
        }
    }
}

/// Steps through the days of every other path.
#[derive(Debug)]
struct MixtureStepper {
    har: HarStepper,
    scaled: ScaledStepper,
    is_scaled: Vec<bool>,
    day_end: Vec<f64>,
}

impl MixtureStepper {
    /// Copies the ends of days of the paths that have any.
    fn note_ends(&mut self) {
        let ends = self.day_end.iter_mut().zip(self.har.event_times()).zip(&self.is_scaled);
        for ((own, end), is_scaled) in ends {
            *own = if *is_scaled { f64::INFINITY } else { *end };
        }
    }
}

impl Stepper for MixtureStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.har.begin(lanes, noise);
        self.scaled.begin(lanes, noise);
        self.is_scaled.clear();
        self.is_scaled.extend((0..lanes).map(|lane| lane % 2 == 1));
        self.day_end.resize(lanes, 0.0);
        self.note_ends();
    }

    fn event_times(&self) -> &[f64] {
        &self.day_end
    }

    fn knows_extremes(&self) -> bool {
        true
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let Moves { lanes, duration, open, close, variance, low, high, volatility_times, .. } = moves;
        for (i, lane) in lanes.iter().enumerate() {
            let lane = *lane as usize;
            let moved = if self.is_scaled[lane] {
                self.scaled.step(lane, duration[i])
            } else {
                self.har.step(lane, duration[i])
            };
            let [end, least, most] = moved.map(|x| volatility_times * x);
            close[i] = open[i] + end;
            low[i] = (open[i] + least).min(close[i]);
            high[i] = (open[i] + most).max(close[i]);
            // Only for the time of a hit inside the bar.
            variance[i] = RANGE_TO_VARIANCE * (high[i] - low[i]) * (high[i] - low[i]);
        }
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.har.happen(lanes, log_price, noise);
        self.note_ends();
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        self.har.replace(replacements);
        self.scaled.replace(replacements);
        replace(&mut self.is_scaled, replacements);
        replace(&mut self.day_end, replacements);
    }
}
