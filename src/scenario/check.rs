//! Whether a scenario that was put together or changed in code can be right: what every run asks before it starts.

use super::steps::{MOST_STEPS, too_many};
use super::types::{Account, Monitoring, Opened, PathBudget, Scenario};
use crate::account::policy::PolicyError;
use crate::model::ModelError;
use crate::numeric::Range;
use crate::stats::MOST_PATHS;
use crate::venue::check::HAIRCUT;
use crate::venue::{Venue, VenueError};

/// Prices and amounts of money: any sensible unit fits, and products of a few of them stay finite.
pub(super) const AMOUNT: Range = Range::above(0.0).at_most(1e15);

/// Something that no scenario can hold; scenarios that were read hold nothing of the kind.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A price model.
    #[error("the model of asset \"{asset}\": {source}")]
    Model {
        /// Name of the asset.
        asset: String,
        /// What is wrong with it.
        source: ModelError,
    },
    /// The terms of a venue, or what it charges.
    #[error("the venue \"{venue}\": {source}")]
    Venue {
        /// Its name.
        venue: String,
        /// What is wrong with it.
        source: VenueError,
    },
    /// What the owner does on the way.
    #[error("the policy: {0}")]
    Policy(#[from] PolicyError),
    /// A number outside its range.
    #[error("{what} must be {range}, but is {value}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it may be.
        range: Range,
        /// What it is.
        value: f64,
    },
    /// A path or the time between two looks has no length.
    #[error("{0} must be longer than 0")]
    NoLength(&'static str),
    /// A path would have too many steps.
    #[error(
        "{what} cuts a path into {steps:.0} steps, and at most {MOST_STEPS} are possible: give a longer interval, a lower rate or a shorter \
         horizon"
    )]
    TooManySteps {
        /// What cuts it.
        what: String,
        /// Into how many.
        steps: f64,
    },
    /// No paths are asked for.
    #[error("the number of paths must be at least 1")]
    NoPaths,
    /// The collateral is coins that are not there.
    #[error("the collateral is of asset {asset}, and there are {assets}")]
    NoCoin {
        /// Place of the asset, from 0.
        asset: usize,
        /// Number of assets.
        assets: usize,
    },
    /// A position holds an asset that is not there.
    #[error("position {position} holds asset {asset}, and there are {assets}")]
    NoAsset {
        /// Place of the position, from 0.
        position: usize,
        /// Place of the asset, from 0.
        asset: usize,
        /// Number of assets.
        assets: usize,
    },
}

fn within(what: &'static str, range: Range, value: f64) -> Result<(), ScenarioError> {
    if range.contains(value) { Ok(()) } else { Err(ScenarioError::OutOfRange { what, range, value }) }
}

impl Scenario {
    /// Whether its values can be right.
    ///
    /// # Errors
    /// The first that cannot, with its limit.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let positive = Range::above(0.0).at_most(f64::MAX);
        for asset in &self.assets {
            within("the price of an asset", AMOUNT, asset.price)?;
            let wrong = |source| ScenarioError::Model { asset: asset.name.clone(), source };
            asset.model.check().map_err(wrong)?;
        }
        if self.simulation.horizon.seconds() == 0 {
            return Err(ScenarioError::NoLength("the horizon"));
        }
        if matches!(self.simulation.monitoring, Monitoring::Every(interval) if interval.seconds() == 0) {
            return Err(ScenarioError::NoLength("the monitoring interval"));
        }
        let most = self.simulation.paths.most();
        within("the number of paths", Range::at_least(0.0).at_most(MOST_PATHS as f64), most as f64)?;
        match self.simulation.paths {
            PathBudget::Fixed(0) | PathBudget::Precision { max_paths: 0, .. } => {
                return Err(ScenarioError::NoPaths);
            }
            PathBudget::Fixed(_) => {}
            PathBudget::Precision { relative, .. } => {
                within("the precision", Range::above(0.0).at_most(1.0), relative)?;
            }
        }
        within("the equity of the account", AMOUNT, self.account.equity)?;
        if let Some(coins) = &self.account.coins {
            let assets = self.assets.len();
            if coins.asset >= assets {
                return Err(ScenarioError::NoCoin { asset: coins.asset, assets });
            }
            within("the number of coins behind the account", AMOUNT, coins.quantity)?;
            within("the haircut on them", HAIRCUT, coins.haircut)?;
        }
        for leverage in &self.account.leverage {
            within("a leverage", positive, *leverage)?;
        }
        self.policy.check()?;
        let wrong = |venue: &Venue, source| ScenarioError::Venue { venue: venue.name.clone(), source };
        // A miner has no venue.
        if !self.account.positions.is_empty() {
            let Account { venue, flows, .. } = &self.account;
            venue.check().and_then(|()| flows.check()).map_err(|source| wrong(venue, source))?;
        }
        for (number, position) in self.account.positions.iter().enumerate() {
            let (asset, assets) = (position.asset, self.assets.len());
            if asset >= assets {
                return Err(ScenarioError::NoAsset { position: number, asset, assets });
            }
            within("the share of a position", positive, position.share)?;
            if let Some(collateral) = position.collateral {
                within("the collateral of a position", Range::above(0.0).at_most(1.0), collateral)?;
            }
            if let Some(Opened { entry, quantity }) = position.opened {
                within("the entry price of a position", AMOUNT, entry)?;
                within("the quantity of a position", positive, quantity)?;
            }
            if let Some(terms) = &position.terms {
                let checked = terms.venue.check().and_then(|()| terms.flows.check());
                checked.map_err(|source| wrong(&terms.venue, source))?;
            }
        }
        match too_many(self) {
            Some((what, steps)) => Err(ScenarioError::TooManySteps { what, steps }),
            None => Ok(()),
        }
    }
}
