//! The models that are made of recorded hours, with the price file that they name.

use crate::market::Duration;
use crate::model::{EstimateError, Mixture, ScaledHistory};

use super::bootstrap::bars;
use super::problem::{Code, Problem, Problems};
use super::recorded::{Recorded, RecordedFile};
use super::shape::Placed;
use super::table::table;

table! {
    /// Whole past horizons, scaled to the variance of today, each as it was and mirrored.
    struct ScaledHistoryFile {
        /// Price history: a file of hourly bars with open, high, low and close, at least 365 days.
        required prices: RecordedFile,
    }
}

table! {
    /// The default forecast from recorded prices: the equal mixture of `har` and `scaled_history`.
    struct ForecastFile {
        /// Price history: a file of hourly bars with open, high, low and close, at least 365 days.
        required prices: RecordedFile,
    }
}

/// The problem of a price file that does not suffice.
pub(super) fn insufficient(prices: &Placed<RecordedFile>, error: &EstimateError) -> Problem {
    let message = format!("price file `{}`: {error}", prices.value.name);
    let help = "give at least a year of hourly bars with open, high, low and close";
    Problem::new(Code::Unreadable, &prices.place, message).help(help)
}

impl ScaledHistoryFile {
    /// The model, if the price file is sound.
    pub fn resolve(&self, horizon: Option<Duration>, problems: &mut Problems) -> Option<ScaledHistory> {
        let prices = self.prices.as_ref()?;
        let Recorded { content: history, hash } = bars(prices, problems)?;
        ScaledHistory::of_history(&history, hash, horizon?)
            .map_err(|error| problems.push(insufficient(prices, &error)))
            .ok()
    }
}

impl ForecastFile {
    /// The model, if the price file is sound.
    pub fn resolve(&self, horizon: Option<Duration>, problems: &mut Problems) -> Option<Mixture> {
        let prices = self.prices.as_ref()?;
        let Recorded { content: history, hash } = bars(prices, problems)?;
        Mixture::of_history(&history, hash, horizon?)
            .map_err(|error| problems.push(insufficient(prices, &error)))
            .ok()
    }
}
