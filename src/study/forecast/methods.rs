//! The methods, and what each says at one entry.

use std::fmt;

use crate::model::Har;
use crate::model::{
    DayExtremes, Days, EstimateError, Extremes, HarEstimate, HorizonEstimate, Hours, VarianceState,
    Variances, inverse_deviations, season_ahead,
};
use crate::numeric::{Purpose, Stream, exp};

use super::barrier::Barrier;

/// Hours of a day.
const DAY: usize = 24;

/// A way to forecast from all recorded hours before the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForecastMethod {
    /// Past days drawn anew under a variance that has a memory.
    Har,
    /// Whole past horizons, scaled.
    ScaledHistory,
    /// The equal mixture of both.
    Forecast,
    /// A model that is fitted to returns, by the name of its fit.
    Fitted(&'static str),
}

impl ForecastMethod {
    /// Those that rest on all recorded hours.
    pub const ALL: [Self; 3] = [Self::Har, Self::ScaledHistory, Self::Forecast];

    /// The kind of its model in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Self::Har => "har",
            Self::ScaledHistory => "scaled_history",
            Self::Forecast => "forecast",
            Self::Fitted(name) => name,
        }
    }
}

impl fmt::Display for ForecastMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why there is no forecast.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// The history does not suffice.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The horizon is not made of days.
    #[error("horizons of whole days are needed here, and {hours} hours are none")]
    Horizon {
        /// Its hours.
        hours: usize,
    },
    /// Too little history behind a whole number of horizons.
    #[error("no forecast can be judged: the history ends within {hours} hours of the first one")]
    NothingToJudge {
        /// Hours of the shortest horizon.
        hours: usize,
    },
}

/// All that is estimated at one place of a history and holds for a while.
pub(super) struct Estimated {
    estimate: HarEstimate,
    days: Days,
    variances: Variances,
    horizons: Vec<Scaled>,
}

/// The past starts of one horizon, in units of their forecast deviations.
struct Scaled {
    estimate: Option<HorizonEstimate>,
    /// How far down and up, by place from 1 on; NaN where a start does not count.
    down: Vec<f64>,
    up: Vec<f64>,
}

impl Estimated {
    /// The estimates from the hours before `end`, for entries before or at `until`.
    pub fn new(
        hours: &Hours,
        extremes: &[Extremes],
        end: usize,
        until: usize,
    ) -> Result<Self, EstimateError> {
        let (estimate, variances) = HarEstimate::at(hours, end, until)?;
        let days = Har::days_of(hours, &estimate)?;
        let horizons = extremes
            .iter()
            .map(|extremes| {
                let Some(estimate) = HorizonEstimate::at(&variances, end, extremes.hours) else {
                    return Scaled { estimate: None, down: Vec::new(), up: Vec::new() };
                };
                let inverse = inverse_deviations(hours, &variances, &estimate, until);
                let times = |reach: &[f64]| inverse.iter().zip(reach).map(|(a, b)| a * b).collect();
                Scaled { down: times(&extremes.down), up: times(&extremes.up), estimate: Some(estimate) }
            })
            .collect();
        Ok(Self { estimate, days, variances, horizons })
    }

    /// Probabilities at an entry by horizon, method and barrier; none where the state is not known. `extremes` are those that the estimates
    /// were made with, of rising horizons of whole days; `noise` must be of this entry alone.
    pub fn at(
        &self,
        hours: &Hours,
        extremes: &[Extremes],
        barriers: &[Barrier],
        entry: usize,
        paths: usize,
        seed: u64,
    ) -> Option<Vec<[Vec<f64>; 3]>> {
        let state = self.variances.state(entry)?;
        // Addressed by the time of the entry, so that what else is forecast changes nothing.
        let mut noise = Stream::new(seed, Purpose::Event(0), hours.hour(entry) as u64);
        let mut walk = DayExtremes::default();
        walk.begin(paths, &state);
        let season = season_ahead(&self.estimate.season, hours.hour(entry));
        let mut gone = 0;
        let mut all = Vec::with_capacity(extremes.len());
        for (extremes, scaled) in extremes.iter().zip(&self.horizons) {
            while gone < extremes.hours / DAY {
                walk.next(&self.estimate.coefficients, &self.days, &season, &mut noise);
                gone += 1;
            }
            let har = shares(&walk.down, &walk.up, barriers, 1.0);
            let history = self.scaled(scaled, hours, &state, entry, extremes.hours, barriers);
            let history = history.unwrap_or_else(|| har.clone());
            let both = har.iter().zip(&history).map(|(a, b)| 0.5 * (a + b)).collect();
            all.push([har, history, both]);
        }
        Some(all)
    }

    /// Shares of the past starts, scaled, and of their mirror images.
    fn scaled(
        &self,
        scaled: &Scaled,
        hours: &Hours,
        state: &VarianceState,
        entry: usize,
        horizon: usize,
        barriers: &[Barrier],
    ) -> Option<Vec<f64>> {
        let estimate = scaled.estimate.as_ref()?;
        let season = self.estimate.season.mean(hours.hour(entry), horizon);
        let deviation = exp(0.5 * estimate.log_variance(state.regressors())) * season.sqrt();
        // Only starts whose whole horizon lies before the entry.
        let count = entry.checked_sub(horizon)?.min(scaled.down.len());
        Some(shares(&scaled.down[..count], &scaled.up[..count], barriers, 1.0 / deviation))
    }
}

/// By barrier the share of paths, and of their mirror images, that pass it; `unit` is what distances are multiplied by. Paths
/// that are NaN do not count.
fn shares(down: &[f64], up: &[f64], barriers: &[Barrier], unit: f64) -> Vec<f64> {
    let known = down.iter().filter(|down| !down.is_nan()).count();
    barriers
        .iter()
        .map(|barrier| {
            let distance = barrier.distance * unit;
            let passed = |reach: &[f64]| reach.iter().map(|reach| u64::from(*reach >= distance)).sum::<u64>();
            (passed(down) + passed(up)) as f64 / (2 * known) as f64
        })
        .collect()
}
