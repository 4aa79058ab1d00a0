//! Levels other than those that a scenario lists.

use crate::numeric::elementary;
use crate::scenario::{Sampling, Scenario};

/// A scenario at other levels than its own, where Sobol points need not be had: a stop may come before liquidation there.
pub(super) fn at_levels(scenario: &Scenario, leverages: Vec<f64>) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.account.leverage = leverages;
    scenario.simulation.parameter_errors = false;
    if scenario.simulation.sampling == Sampling::Sobol {
        scenario.simulation.sampling = Sampling::Auto;
    }
    scenario
}

/// Numbers in equal ratios, both ends included.
pub(super) fn spaced(from: f64, to: f64, count: usize) -> Vec<f64> {
    let mut numbers: Vec<f64> = (0..count)
        .map(|index| from * elementary::powf(to / from, index as f64 / (count - 1) as f64))
        .map(|number| number.min(to))
        .collect();
    numbers.dedup();
    numbers
}
