//! How many steps and events cut a path, counted before anything is made of them.

use super::types::Scenario;
use crate::account::policy::{AddMargin, Deleverage, Occasion};
use crate::market::Duration;
use crate::model::Model;

/// Most bars, payments, orders or jumps of a path: the times of as many bars take about half a gigabyte.
pub(super) const MOST_STEPS: u64 = 10_000_000;

/// What cuts the paths of a scenario into more steps than there may be, and into how many.
pub(super) fn too_many(scenario: &Scenario) -> Option<(String, f64)> {
    let horizon = scenario.simulation.horizon;
    let of = |every: Duration| (horizon.seconds() / every.seconds().max(1)) as f64;
    let mut counted: Vec<(String, f64)> = Vec::new();
    for asset in &scenario.assets {
        let mut add =
            |what: &str, steps: f64| counted.push((format!("{what} of asset \"{}\"", asset.name), steps));
        let mut events = |what: &str, rate: f64| add(what, rate * horizon.years());
        match &asset.model {
            Model::Merton(model) => events("`jumps.rate`", model.jumps.rate),
            Model::Kou(model) => events("`jumps.rate`", model.jumps.rate),
            Model::Bates(model) => events("`jumps.rate`", model.jumps.rate),
            Model::Hawkes(model) => events("`jumps.rate`", model.jumps.base.rate),
            Model::Regime(model) => {
                let fastest = model.switching_rates.iter().flatten().copied().fold(0.0, f64::max);
                events("a rate of `switching_rates`", fastest);
            }
            Model::Garch(model) => add("`step`", of(model.step)),
            _ => {}
        }
    }
    for position in &scenario.account.positions {
        let funding = scenario.account.flows_of(position).funding;
        counted.extend(funding.map(|funding| ("`funding.every`".to_owned(), of(funding.every))));
    }
    if let Some(AddMargin { every, .. }) = &scenario.policy.add_margin {
        counted.push(("`add_margin.every`".to_owned(), of(*every)));
    }
    if let Some(Deleverage { on: Occasion::Every(every), .. }) = &scenario.policy.deleverage {
        counted.push(("`deleverage.every`".to_owned(), of(*every)));
    }
    counted.into_iter().find(|(_, steps)| *steps > MOST_STEPS as f64)
}
