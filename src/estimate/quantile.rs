//! Quantiles of the largest adverse move, by the estimators of a probability.

use super::estimators::{LEAST_PATHS, ROUGH, effort};
use super::qmc::Crossing;
use super::splitting::{RARE, RareEvents};
use crate::engine::{Executor, Plan};
use crate::scenario::{Sampling, Scenario};
use crate::stats::Estimate;

/// The adverse move, a distance of log-prices, that the paths of a scenario reach with a probability: from scrambled Sobol points
/// where they apply, from particles where the probability is rare; none where the scenario wants neither, a run of so many paths is short,
/// they do not get there, the work is stopped, or a portion of it is done.
pub fn largest_move(
    scenario: &Scenario,
    plan: &Plan,
    probability: f64,
    paths: u64,
    executor: &Executor<'_>,
) -> Option<Estimate> {
    let sampling = scenario.simulation.sampling;
    if sampling == Sampling::Pseudo || paths < LEAST_PATHS {
        return None;
    }
    let is_auto = sampling == Sampling::Auto;
    let effort = effort(paths);
    let crossing =
        Crossing::new(plan, is_auto).filter(|crossing| probability > RARE || crossing.reaches_rare_levels());
    let found = crossing.and_then(|crossing| crossing.depth(probability, &effort, executor));
    let particles = || {
        let rare = RareEvents::new(plan).filter(|_| is_auto && probability <= RARE)?;
        rare.depth(probability, &effort, executor)
    };
    found.or_else(particles).filter(|found| found.std_error < ROUGH * found.value)
}
