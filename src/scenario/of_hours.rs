//! What goes together with paths that are made of recorded hours.

use crate::model::{Model, share_past};

use super::file::ScenarioFile;
use super::problem::{Code, Problem, Problems};
use super::tree::ticked;
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
    if let Some(other) = assets.iter().find(|asset| !asset.model.is_of_hours())
        && let Some(placed) = &file.assets
    {
        let kind = other.model.kind();
        let message = format!(
            "nothing says how the price of {} (`{kind}`) moves with recorded hours of another asset",
            ticked(&other.name)
        );
        let help = "give all assets the same one of the kinds har, scaled_history and forecast (they draw the same past days), or models \
                    driven by normals, such as garch, with a `correlation`";
        problems.push(Problem::new(Code::Conflict, &placed.place, message).help(help));
    }
}

/// Lets several assets of recorded hours draw the same past days; reports where they cannot.
pub(super) fn share(file: &ScenarioFile, assets: Option<&mut Vec<Asset>>, problems: &mut Problems) {
    let (Some(assets), Some(placed)) = (assets, &file.assets) else { return };
    if assets.len() < 2 || !assets.iter().all(|asset| asset.model.is_of_hours()) {
        return;
    }
    let models: Vec<Model> = assets.iter().map(|asset| asset.model.clone()).collect();
    match share_past(&models) {
        Ok(shared) => assets.iter_mut().zip(shared).for_each(|(asset, model)| asset.model = model),
        Err(error) => {
            let message = format!("the assets cannot draw the same past days: {error}");
            let help = "give all assets the same kind and price files that cover the same time";
            problems.push(Problem::new(Code::Conflict, &placed.place, message).help(help));
        }
    }
}
