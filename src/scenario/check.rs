//! Whether a scenario that was put together or changed in code can be right: what every run asks before it starts.

use super::types::{Monitoring, PathBudget, Scenario};
use crate::model::ModelError;
use crate::numeric::Range;
use crate::stats::MOST_PATHS;

/// Prices and amounts of money: any sensible unit fits, and products of a few of them stay finite.
pub(super) const AMOUNT: Range = Range::above(0.0).at_most(1e15);
/// What is taken off the price of coins as collateral.
pub(super) const HAIRCUT: Range = Range::at_least(0.0).at_most(0.99);

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
        for (number, position) in self.account.positions.iter().enumerate() {
            let (asset, assets) = (position.asset, self.assets.len());
            if asset >= assets {
                return Err(ScenarioError::NoAsset { position: number, asset, assets });
            }
            within("the share of a position", positive, position.share)?;
        }
        Ok(())
    }
}
