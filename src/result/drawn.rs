//! How estimates on recorded horizons came about: what is drawn from history is no count of independent paths.

use super::run_result::LevelResult;
use crate::model::Model;
use crate::scenario::Scenario;
use crate::stats::{Estimate, Method};

/// The method of what is estimated on the paths of a scenario's models, where it is not counting.
pub(super) fn method(scenario: &Scenario) -> Option<Method> {
    scenario.assets.iter().find_map(|asset| match asset.model {
        Model::ScaledHistory(_) => Some(Method::History),
        Model::Forecast(_) => Some(Method::Mixture),
        _ => None,
    })
}

/// Names the method in every estimate of a level that was counted.
pub(super) fn name(level: &mut LevelResult, method: Method) {
    let own = [
        &mut level.liquidation_probability,
        &mut level.loss_probability,
        &mut level.mean_return,
        &mut level.bad_debt,
    ];
    let tails = level.value_at_risk.values_mut().chain(level.expected_shortfall.values_mut());
    let all: Vec<&mut Estimate> = own.into_iter().chain(tails).chain(level.exits.values_mut()).collect();
    for estimate in all.into_iter().filter(|estimate| estimate.method == Method::Counted) {
        estimate.method = method;
    }
}
