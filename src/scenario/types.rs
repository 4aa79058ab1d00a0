//! A complete scenario: every value present and valid.

use serde::Serialize;

use super::precise::PreciseMetric;
use super::written::Written;
use crate::account::miner::Miner;
use crate::account::{Level, LevelError, Policy};
use crate::market::Duration;
use crate::model::{Dependence, Model, Network, ParameterErrors, Stress};
use crate::venue::{Contract, Flows, MaintenanceBasis, MarginTier, Side, Venue};

/// Everything that determines a result, checked and complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    /// Title shown with results.
    pub name: String,
    /// How to simulate.
    pub simulation: Simulation,
    /// The assets, in order of their names in the file.
    pub assets: Vec<Asset>,
    /// What joins the assets.
    #[serde(skip_serializing_if = "Dependence::is_empty")]
    pub dependence: Dependence,
    /// The account whose leverage levels are compared.
    pub account: Account,
    /// A miner in place of positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miner: Option<Miner>,
    /// What the owner does on the way.
    #[serde(skip_serializing_if = "Policy::is_empty")]
    pub policy: Policy,
    /// What `liqsim check` asserts.
    pub limits: Vec<Limit>,
    /// What it was read from.
    #[serde(skip)]
    pub written: Written,
}

impl Scenario {
    /// The same with another number of paths, which takes the place of a precision too, and another seed, where these are given.
    #[must_use]
    pub fn with(mut self, paths: Option<u64>, seed: Option<u64>) -> Self {
        if let Some(paths) = paths {
            self.simulation.paths = PathBudget::Fixed(paths);
        }
        self.simulation.seed = seed.unwrap_or(self.simulation.seed);
        self
    }
}

/// How to simulate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// Length of every path.
    pub horizon: Duration,
    /// How many paths.
    pub paths: PathBudget,
    /// Seed of all randomness.
    pub seed: u64,
    /// When the price is compared with the liquidation price.
    pub monitoring: Monitoring,
    /// How liquidation probabilities are estimated.
    pub sampling: Sampling,
    /// Longest bar of an account of several positions; chosen by the engine if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Duration>,
    /// Whether results get a second interval that counts the errors of the models' parameters in; without effect where no
    /// asset has any.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parameter_errors: bool,
}

/// How liquidation probabilities are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Independent paths, hits counted.
    Pseudo,
    /// Crossing probabilities on scrambled Sobol points; an error where the model or the account does not allow it.
    Sobol,
    /// The best that applies: Sobol points with importance sampling, particles for rare liquidations, hits counted by strata of what
    /// drives the price where that is known, otherwise as `Pseudo`.
    Auto,
}

/// How many paths to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PathBudget {
    /// Exactly this many.
    Fixed(u64),
    /// Until the relative standard error of the liquidation probability, or of another number, is at most `relative` at every level.
    Precision {
        /// Target relative standard error, as a fraction.
        relative: f64,
        /// The number.
        #[serde(skip_serializing_if = "PreciseMetric::is_usual")]
        metric: PreciseMetric,
        /// Stop here all the same.
        max_paths: u64,
    },
}

impl PathBudget {
    /// The paths that it ends at.
    pub fn most(self) -> u64 {
        match self {
            Self::Fixed(paths) | Self::Precision { max_paths: paths, .. } => paths,
        }
    }
}

/// When the price is compared with the liquidation price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitoring {
    /// At every instant.
    Continuous,
    /// At multiples of an interval.
    Every(Duration),
}

/// One asset and the law of its price.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asset {
    /// Name in the file, such as `BTC`.
    pub name: String,
    /// Price at the start, in quote units.
    pub price: f64,
    /// The law of the price.
    pub model: Model,
    /// Errors of the model's parameters, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<ParameterErrors>,
    /// What is laid over the model.
    #[serde(skip_serializing_if = "Stress::is_empty")]
    pub stress: Stress,
    /// The network of the coin, where a miner works in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
}

/// How collateral is shared between positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginMode {
    /// A position can lose its own collateral only.
    Isolated,
    /// All positions share the account's equity.
    Cross,
}

/// Coins that are the collateral of linear contracts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CoinEquity {
    /// Index into [`Scenario::assets`].
    pub asset: usize,
    /// How many.
    pub quantity: f64,
    /// What the venue takes off their price.
    pub haircut: f64,
}

/// The account whose leverage levels are compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// Collateral put up, in what the venue settles in: quote units, or coins for an inverse contract.
    pub equity: f64,
    /// The coins that it consists of, where those stand behind linear contracts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coins: Option<CoinEquity>,
    /// How collateral is shared.
    pub margin: MarginMode,
    /// Leverage levels: notional over equity at entry; ascending, without duplicates.
    pub leverage: Vec<f64>,
    /// The venue's terms.
    pub venue: Venue,
    /// What is charged over time.
    #[serde(skip_serializing_if = "Flows::is_empty")]
    pub flows: Flows,
    /// The positions.
    pub positions: Vec<Position>,
}

impl Account {
    /// The account of a miner, which has no venue and no positions.
    pub fn of_miner(equity: f64, leverage: Vec<f64>) -> Self {
        let tier =
            MarginTier { up_to: f64::INFINITY, rate: 0.0, deduction: 0.0, max_leverage: f64::INFINITY };
        Self {
            equity,
            coins: None,
            margin: MarginMode::Isolated,
            leverage,
            venue: Venue { name: String::new(), ..Venue::new(Contract::Spot, vec![tier]) },
            flows: Flows::default(),
            positions: Vec::new(),
        }
    }

    /// Whether positions share collateral or stand beside each other, or coins stand behind them, so that no single price decides.
    pub fn is_portfolio(&self) -> bool {
        let is_alone = |position: &Position| {
            let is_on_entry = self.venue_of(position).maintenance_basis == MaintenanceBasis::Entry;
            position.share == 1.0 && !(is_on_entry && position.opened.is_some())
        };
        self.positions.len() > 1 || self.coins.is_some() || !self.positions.iter().all(is_alone)
    }

    /// The level of an account of one position at a leverage, `price` being that of its asset at the start.
    ///
    /// # Errors
    /// See [`Level::open`].
    pub fn level(&self, position: &Position, price: f64, leverage: f64) -> Result<Level, LevelError> {
        let venue = self.venue_of(position);
        match position.opened {
            Some(_) => Level::held(venue, position.side, price, self.equity, leverage),
            None => Level::open(venue, position.side, price, self.equity, leverage),
        }
    }

    /// The terms that a position is held under.
    pub fn venue_of<'a>(&'a self, position: &'a Position) -> &'a Venue {
        position.terms.as_ref().map_or(&self.venue, |terms| &terms.venue)
    }

    /// What a position is charged over time.
    pub fn flows_of(&self, position: &Position) -> Flows {
        position.terms.as_ref().map_or(&self.flows, |terms| &terms.flows).clone()
    }
}

/// One position of the account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Position {
    /// Index into [`Scenario::assets`].
    pub asset: usize,
    /// Direction.
    pub side: Side,
    /// Notional at entry over leverage times equity.
    #[serde(skip_serializing_if = "is_one")]
    pub share: f64,
    /// Fraction of the equity that stands behind this position alone; none where it is the only one or shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collateral: Option<f64>,
    /// Its own terms in place of the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Box<Terms>>,
    /// How it was opened, where that was before the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
}

/// A position that is open at the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Opened {
    /// Price at which it was opened.
    pub entry: f64,
    /// Coins, or quote units of an inverse contract.
    pub quantity: f64,
}

impl Position {
    /// A position of the size that the leverage says, under the terms of the account.
    pub fn whole(asset: usize, side: Side) -> Self {
        Self { asset, side, share: 1.0, collateral: None, terms: None, opened: None }
    }
}

/// The terms of one position.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Terms {
    /// The venue's.
    pub venue: Venue,
    /// What is charged over time.
    #[serde(skip_serializing_if = "Flows::is_empty")]
    pub flows: Flows,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

/// One assertion of `liqsim check`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// The leverage it applies to; all levels if none.
    pub leverage: Option<f64>,
    /// Path of a key in a level of the result, such as `liquidation_probability` or `return.quantiles.0.05`.
    pub metric: String,
    /// Smallest allowed value.
    pub min: Option<f64>,
    /// Largest allowed value.
    pub max: Option<f64>,
}
