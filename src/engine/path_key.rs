//! What determines the bars of a plan's paths: accounts on plans with the same key can share them.
//!
//! The bars are those of the models under the seed, cut at the points of the grid. An account has a hand in them only through the grid
//! (funding and interest cut bars at the times of payment) and, under discrete monitoring, through what keeps the paths from taking
//! several looks in one stride.

use serde::Serialize;

use super::plan::{Plan, PlanError};
use crate::model::{Dependence, Model, Stress};
use crate::scenario::{PathBudget, Scenario};

#[derive(Serialize)]
struct Determinants<'a> {
    budget: &'a PathBudget,
    seed: u64,
    models: &'a [Model],
    stress: &'a [Stress],
    dependence: &'a Dependence,
    continuous: bool,
    /// Bits of the times in years.
    times: Vec<u64>,
    /// By time, whether the account looks and whether it is settled; empty under continuous monitoring.
    looks: Vec<(bool, bool)>,
    funding_follows_the_price: bool,
}

/// A hash of everything that determines the paths of a scenario and how many there are, 32 hexadecimal digits: see
/// [`run_sharing`](super::run_sharing).
///
/// # Errors
/// If the scenario cannot be simulated.
pub fn path_key(scenario: &Scenario) -> Result<String, PlanError> {
    Ok(Plan::new(scenario)?.path_key(&scenario.simulation.paths))
}

impl Plan {
    /// A hash of everything that determines the bars of its paths and how many paths there are, 32 hexadecimal digits.
    pub(super) fn path_key(&self, budget: &PathBudget) -> String {
        let looks = self.grid.iter().map(|point| (point.look, point.settle.is_some()));
        let determinants = Determinants {
            budget,
            seed: self.seed,
            models: &self.models,
            stress: &self.stress,
            dependence: &self.dependence,
            continuous: self.continuous,
            times: self.grid.iter().map(|point| point.time.to_bits()).collect(),
            looks: if self.continuous { Vec::new() } else { looks.collect() },
            funding_follows_the_price: !self.continuous
                && self.funding.iter().any(|law| law.funding.follows_the_price()),
        };
        // Plain structs of numbers and text always serialise.
        let written = serde_json::to_vec(&determinants).unwrap_or_default();
        blake3::hash(&written).to_hex()[..32].to_owned()
    }
}
