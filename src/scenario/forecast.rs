//! The models that are made of recorded hours, with the price file that they name.

use crate::market::Duration;
use crate::model::check::DRIFT;
use crate::model::{EstimateError, Har, Mixture, ScaledHistory};

use super::bootstrap::read;
use super::numbers::Ratio;
use super::problem::{Code, Problem, Problems};
use super::shape::Placed;
use super::table::table;

table! {
    /// Past days drawn anew under a variance that follows from the last hours, days and months: estimated from hourly prices
    /// when the scenario is read, and started from what is known at the end of the file.
    struct HarFile {
        /// Price history: a CSV file of hourly bars with open, high, low and close, plain or gzip, at least 365 days.
        required prices: String,
        /// Mean log return per year, as a fraction; 0 if absent. Nothing is learnt from the past about where the price goes.
        optional log_drift: Ratio where DRIFT,
    }
}

table! {
    /// Whole past horizons, scaled to the variance of today, each as it was and mirrored.
    struct ScaledHistoryFile {
        /// Price history: a CSV file of hourly bars with open, high, low and close, plain or gzip, at least 365 days.
        required prices: String,
    }
}

table! {
    /// The default forecast from recorded prices: the equal mixture of `har` and `scaled_history`.
    struct ForecastFile {
        /// Price history: a CSV file of hourly bars with open, high, low and close, plain or gzip, at least 365 days.
        required prices: String,
    }
}

/// The problem of a price file that does not suffice.
fn insufficient(prices: &Placed<String>, error: &EstimateError) -> Problem {
    let message = format!("price file `{}`: {error}", prices.value);
    let help = "give at least a year of hourly bars with open, high, low and close";
    Problem::new(Code::Unreadable, &prices.place, message).help(help)
}

impl HarFile {
    /// The model, if the price file is sound.
    pub fn resolve(&self, problems: &mut Problems) -> Option<Har> {
        let prices = self.prices.as_ref()?;
        let (history, hash, _) = read(prices, problems)?;
        let log_drift = self.log_drift.as_ref().map_or(0.0, |drift| drift.value.0);
        Har::of_history(&history, hash, log_drift)
            .map_err(|error| problems.push(insufficient(prices, &error)))
            .ok()
    }
}

impl ScaledHistoryFile {
    /// The model, if the price file is sound.
    pub fn resolve(&self, horizon: Option<Duration>, problems: &mut Problems) -> Option<ScaledHistory> {
        let prices = self.prices.as_ref()?;
        let (history, hash, _) = read(prices, problems)?;
        ScaledHistory::of_history(&history, hash, horizon?)
            .map_err(|error| problems.push(insufficient(prices, &error)))
            .ok()
    }
}

impl ForecastFile {
    /// The model, if the price file is sound.
    pub fn resolve(&self, horizon: Option<Duration>, problems: &mut Problems) -> Option<Mixture> {
        let prices = self.prices.as_ref()?;
        let (history, hash, _) = read(prices, problems)?;
        Mixture::of_history(&history, hash, horizon?)
            .map_err(|error| problems.push(insufficient(prices, &error)))
            .ok()
    }
}
