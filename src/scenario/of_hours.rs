//! What goes together with paths that are made of recorded hours.

use super::file::ScenarioFile;
use super::problem::{Code, Problem, Problems};
use super::types::{Asset, Monitoring, Simulation};

/// Seconds of an hour.
const HOUR: u64 = 3600;

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
