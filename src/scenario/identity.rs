//! The identity of a scenario: a hash of everything that determines its result.

use std::borrow::Cow;

use serde::Serialize;

use crate::account::Policy;
use crate::account::miner::Miner;
use crate::model::Dependence;

use super::types::{Account, Asset, Scenario, Simulation};
use crate::venue::Venue;

/// Version of the method: raised whenever the same scenario gives other numbers than before.
pub const RESULT_VERSION: u32 = 17;

#[derive(Serialize)]
struct Determinants<'a> {
    version: u32,
    simulation: &'a Simulation,
    assets: &'a [Asset],
    #[serde(skip_serializing_if = "Dependence::is_empty")]
    dependence: &'a Dependence,
    account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    miner: Option<&'a Miner>,
    #[serde(skip_serializing_if = "Policy::is_empty")]
    policy: Policy,
}

impl Scenario {
    /// A hash of everything that determines the result, 32 hexadecimal digits. Titles, the venue's name and the limits
    /// are left out; two spellings of the same number are the same.
    pub fn identity(&self) -> String {
        let nameless = |venue: &Venue| Venue { name: String::new(), ..venue.clone() };
        let mut positions = self.account.positions.clone();
        for terms in positions.iter_mut().filter_map(|position| position.terms.as_mut()) {
            terms.venue = nameless(&terms.venue);
        }
        // Errors that nothing is drawn from determine nothing.
        let mut assets = Cow::Borrowed(&self.assets);
        if !self.simulation.parameter_errors && self.assets.iter().any(|asset| asset.errors.is_some()) {
            assets.to_mut().iter_mut().for_each(|asset| asset.errors = None);
        }
        let determinants = Determinants {
            version: RESULT_VERSION,
            simulation: &self.simulation,
            assets: &assets,
            dependence: &self.dependence,
            account: Account { venue: nameless(&self.account.venue), positions, ..self.account.clone() },
            miner: self.miner.as_ref(),
            policy: self.policy,
        };
        let mut hasher = blake3::Hasher::new();
        // Plain structs of numbers and text always serialise, and a hasher accepts every write.
        let written = serde_json::to_vec(&determinants).unwrap_or_default();
        hasher.update(&written);
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
