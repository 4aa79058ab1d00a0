//! The models that are made of recorded hours, with the price file that they name, and what goes together with them.

use crate::market::Duration;
use crate::model::{EstimateError, Mixture, ScaledHistory};

use super::bootstrap::bars;
use super::file::ScenarioFile;
use super::problem::{Code, Problem, Problems};
use super::recorded::{Recorded, RecordedFile};
use super::shape::Placed;
use super::table::table;
use super::types::{Asset, Monitoring, Simulation};

/// Seconds of an hour.
const HOUR: u64 = 3600;

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

/// Reports what does not go together with paths that are made of recorded hours.
pub(super) fn check(
    file: &ScenarioFile,
    assets: Option<&[Asset]>,
    simulation: Option<&Simulation>,
    problems: &mut Problems,
) {
    let Some(assets) = assets else { return };
    let of_hours = assets.iter().filter(|asset| asset.model.is_of_hours()).count();
    if of_hours == 0 {
        return;
    }
    if let (Some(simulation), Some(placed)) = (simulation, &file.simulation)
        && let Monitoring::Every(interval) = simulation.monitoring
        && !interval.seconds().is_multiple_of(HOUR)
    {
        let place = placed.value.monitoring.as_ref().map_or(&placed.place, |monitoring| &monitoring.place);
        let message = format!("paths of recorded hours cannot be looked at every {interval}");
        let help = "use \"continuous\" (recorded lows and highs count) or whole hours, such as \"1h\"";
        problems.push(Problem::new(Code::Conflict, place, message).help(help));
    }
    if let Some(correlation) = &file.correlation {
        let message = "recorded hours have no driver that another asset could be correlated with";
        let help = "leave `correlation` out, or use models that are driven by normals, such as garch";
        problems.push(Problem::new(Code::Conflict, &correlation.place, message).help(help));
    }
    if let Some(placed) = file.assets.as_ref().filter(|_| of_hours > 1) {
        let message = format!("{of_hours} assets of recorded hours do not draw the same past days yet");
        let help = "use one of the kinds har, scaled_history and forecast for one asset only, or garch with a correlation";
        problems.push(Problem::new(Code::Conflict, &placed.place, message).help(help));
    }
}
