//! From a scenario to what every block of paths does: the law of the paths, and the account at every level.

use std::sync::{Arc, OnceLock};

use super::funding::FundingLaw;
use super::held::held;
use super::network::NetworkLaw;
use super::path_law::{PathLaw, PathLawError};
use crate::account::miner::{Miner, MinerError, OpenMiner};
use crate::account::{
    Follower, Level, LevelError, OpenAccount, OpenError, Opening, Policy, Pool, PositionPrices,
    daily_schedule, prices, schedule,
};
use crate::market::{Duration, Hedging, Sides};
use crate::scenario::{Account, Monitoring, PathBudget, Scenario, ScenarioError};
use crate::stats::Intervals;
use crate::venue::{Flows, Side};

/// Accounts of more levels make no use of what is known of the closing price: it takes 40 KB a level.
const MOST_LEVELS: usize = 16;

/// What every block of paths does; a pure function of the scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What moves prices.
    pub law: PathLaw,
    /// What the prices move.
    pub account: OpenAccount,
    /// What is known of the levels before any path is drawn, by rising leverage.
    pub terms: Vec<LevelTerms>,
    /// The laws of funding whose rates are dealt out: that of what is one position, or of several those that vary.
    pub funding: Vec<FundingLaw>,
    /// The network that a miner works in.
    pub network: Option<NetworkLaw>,
    /// Longest bar, where the scenario or its models want one.
    pub step: Option<Duration>,
    /// Worked out when somebody asks.
    hedges: OnceLock<Option<Hedging>>,
    intervals: OnceLock<Option<Arc<Intervals>>>,
}

/// What is known of a level before any path is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelTerms {
    /// The leverage.
    pub leverage: f64,
    /// Mark price at which it is liquidated, all other prices standing still; of several positions the nearest that any asset has.
    /// None where it cannot be reached.
    pub liquidation_price: Option<f64>,
    /// The same for an equity of 0.
    pub bankruptcy_price: Option<f64>,
    /// Whether it can be liquidated at all. With several positions nothing is known.
    pub is_liquidatable: bool,
    /// The positions of an account of several, in the order of the scenario; empty where there is one.
    pub positions: Vec<PositionAtStart>,
}

/// One of several positions at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionAtStart {
    /// Name of the asset.
    pub asset: String,
    /// Direction.
    pub side: Side,
    /// Notional at entry over the equity of the account.
    pub leverage: f64,
    /// Prices of the asset at which its pool is liquidated while all other prices stand still: below the price at the start, and
    /// above; none where there is no such price.
    pub liquidation_prices: [Option<f64>; 2],
    /// The nearer of them.
    pub liquidation_price: Option<f64>,
    /// The nearest price of the asset at which the equity is 0.
    pub bankruptcy_price: Option<f64>,
}

/// Why a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The scenario has no asset or no position.
    #[error("the scenario has no position to simulate")]
    Empty,
    /// A value that no scenario can hold.
    #[error(transparent)]
    Wrong(#[from] ScenarioError),
    /// The prices cannot be simulated.
    #[error(transparent)]
    Law(#[from] PathLawError),
    /// The venue does not allow the position.
    #[error("leverage {leverage}: {source}")]
    Level {
        /// The level.
        leverage: f64,
        /// Why.
        source: LevelError,
    },
    /// The miner cannot start.
    #[error("leverage {leverage}: {source}")]
    Miner {
        /// The level.
        leverage: f64,
        /// Why.
        source: MinerError,
    },
    /// A miner needs the network of its coin.
    #[error("the coin that is mined has no network")]
    NoNetwork,
}

impl Plan {
    /// The plan of a scenario.
    ///
    /// # Errors
    /// If a level cannot be opened at the venue, or the prices cannot be simulated.
    pub fn new(scenario: &Scenario) -> Result<Self, PlanError> {
        scenario.check()?;
        let scenario = &*held(scenario);
        if let Some(miner) = &scenario.miner {
            return Self::of_miner(scenario, miner);
        }
        let account = &scenario.account;
        let position = account.positions.first().ok_or(PlanError::Empty)?;
        let asset = scenario.assets.get(position.asset).ok_or(PlanError::Empty)?;
        let prices: Vec<f64> = scenario.assets.iter().map(|asset| asset.price).collect();
        let venue = account.venue_of(position);
        let policy = scenario.policy;
        let horizon = scenario.simulation.horizon;
        let (mut levels, mut all_pools, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        for &leverage in &account.leverage {
            let error = |source| PlanError::Level { leverage, source };
            let pools = account.open(leverage, &prices).map_err(|OpenError { source, .. }| error(source))?;
            if account.is_portfolio() {
                terms.push(LevelTerms::of_several(leverage, scenario, &pools));
            } else {
                let level = account.level(position, asset.price, leverage).map_err(error)?;
                terms.push(LevelTerms::of_one(&level));
                levels.push(level);
            }
            all_pools.push(pools);
        }
        let flows: Vec<Flows> = account.positions.iter().map(|position| account.flows_of(position)).collect();
        let in_steps = account.positions.iter().any(|position| account.venue_of(position).acts_in_steps());
        let are_still = flows.iter().all(Flows::is_empty);
        let openings = match account.is_portfolio() {
            false => levels.iter().map(|level| Opening::new(level, venue)).collect(),
            true => as_one(&all_pools, &flows, are_still),
        };
        let mut account = OpenAccount {
            asset: position.asset,
            side: openings.first().map_or(position.side, |opening| opening.side),
            positions: account.positions.iter().map(|one| (one.asset, one.side)).collect(),
            levels,
            openings,
            pools: all_pools,
            flows,
            policy,
            in_steps,
            schedule: Vec::new(),
            horizon,
            continuous: scenario.simulation.monitoring == Monitoring::Continuous,
            miner: None,
        };
        let is_one = !account.openings.is_empty();
        let is_plain = is_one && account.openings.iter().all(Opening::is_alone) && are_still;
        if !is_plain || account.is_managed() {
            account.schedule = schedule(&account.flows, &policy, horizon.seconds());
        }
        let step = scenario.simulation.step.filter(|_| account.takes_step());
        let step = [step, hours(scenario, &account)].into_iter().flatten().min();
        Ok(Self {
            law: PathLaw::new(scenario, &due(&account), step)?,
            funding: funding_laws(&scenario.account, is_one),
            network: None,
            account,
            terms,
            step,
            hedges: OnceLock::new(),
            intervals: OnceLock::new(),
        })
    }

    fn of_miner(scenario: &Scenario, miner: &Miner) -> Result<Self, PlanError> {
        let asset = scenario.assets.get(miner.asset).ok_or(PlanError::Empty)?;
        let network = asset.network.as_ref().ok_or(PlanError::NoNetwork)?;
        let start = (network.hashprice_at_start(asset.price), network.difficulty);
        let Account { equity, leverage, .. } = &scenario.account;
        let opened = OpenMiner::new(miner, (*equity, leverage), asset.price, start)
            .map_err(|(leverage, source)| PlanError::Miner { leverage, source })?;
        let terms = opened.levels.iter().map(|level| LevelTerms {
            leverage: level.leverage,
            liquidation_price: opened.liquidation_price(level),
            bankruptcy_price: None,
            is_liquidatable: true,
            positions: Vec::new(),
        });
        let terms = terms.collect();
        let horizon = scenario.simulation.horizon;
        let account = OpenAccount {
            asset: miner.asset,
            side: Side::Long,
            positions: Vec::new(),
            levels: Vec::new(),
            pools: Vec::new(),
            openings: Vec::new(),
            flows: Vec::new(),
            policy: Policy::default(),
            in_steps: false,
            schedule: daily_schedule(horizon.seconds()),
            horizon,
            continuous: scenario.simulation.monitoring == Monitoring::Continuous,
            miner: Some(opened),
        };
        Ok(Self {
            law: PathLaw::new(scenario, &due(&account), None)?,
            funding: Vec::new(),
            network: NetworkLaw::of(scenario),
            account,
            terms,
            step: None,
            hedges: OnceLock::new(),
            intervals: OnceLock::new(),
        })
    }

    /// Length of every path in years.
    pub fn horizon(&self) -> f64 {
        self.law.years()
    }

    /// A fresh follower of the levels.
    pub fn follower(&self) -> Box<dyn Follower> {
        self.account.follower(self.law.correlation())
    }

    /// What hedges the liquidations of its levels on paths that nets lead; none where nothing of the kind is known.
    pub(crate) fn hedges(&self) -> Option<Hedging> {
        let (asset, side) = self.account.losing_side();
        let law = &self.law;
        let model = law.models.get(asset).filter(|_| {
            law.is_led && law.continuous && law.is_undisturbed(asset) && self.account.miner.is_none()
        })?;
        let sign = if side == Sides::Low { 1.0 } else { -1.0 };
        // What a position is charged moves its barriers about as far as the price moves.
        let growth = self
            .account
            .flows
            .first()
            .and_then(|flows| flows.funding.as_ref())
            .map_or(0.0, |funding| funding.constant_rate().unwrap_or(0.0) / funding.every.years());
        let (alone, levels) = (law.models.len() == 1, self.terms.len());
        self.hedges.get_or_init(|| model.hedges(law.horizon, (sign, growth), alone, levels)).clone()
    }

    /// Intervals of the closing log-price of its asset whose chances are known, or told by what `hedges` paths,
    /// where nets lead these and a `follower` tells what closing prices bring: one that brings nothing is a
    /// mark. None for more levels than are worth it.
    pub(crate) fn intervals(
        &self,
        follower: &dyn Follower,
        hedges: Option<&Hedging>,
    ) -> Option<Arc<Intervals>> {
        if self.terms.len() > MOST_LEVELS {
            return None;
        }
        let found = || {
            let returned = |log_price: f64| Some(follower.returns_at(0, &[log_price])?[0]);
            let rises = returned(1.0)? > returned(-1.0)?;
            let (mut low, mut high) = (-1.0, 1.0);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if (returned(middle)? < 0.0) == rises { low = middle } else { high = middle }
            }
            let known = self.law.closing_intervals(self.account.asset, Some(low));
            known.or_else(|| hedges?.marks()?.intervals(Some(low))).map(Arc::new)
        };
        self.intervals.get_or_init(found).clone()
    }

    /// A hash of everything that determines the bars of its paths and how many paths there are, 32 hexadecimal digits.
    pub(crate) fn path_key(&self, budget: &PathBudget) -> String {
        self.law.key(budget, self.funding.iter().any(|law| law.funding.follows_the_price()))
    }
}

/// A hash of everything that determines the paths of a scenario and how many there are, 32 hexadecimal digits: see
/// `study::run_sharing`.
///
/// # Errors
/// If the scenario cannot be simulated.
pub fn path_key(scenario: &Scenario) -> Result<String, PlanError> {
    Ok(Plan::new(scenario)?.path_key(&scenario.simulation.paths))
}

/// The longest bar where an account has more to follow than one extreme of the price and the model's paths are made of recorded hours.
fn hours(scenario: &Scenario, account: &OpenAccount) -> Option<Duration> {
    let is_managed = account.is_managed() && !account.policy.is_empty() || account.openings.is_empty();
    let of_hours = scenario.assets.iter().any(|asset| asset.model.is_of_hours());
    (is_managed && of_hours).then(|| Duration::from_seconds(3600))
}

/// The times in seconds at which something is due to an account.
fn due(account: &OpenAccount) -> Vec<u64> {
    account.schedule.iter().map(|moment| moment.seconds).collect()
}

/// The levels of an account of several positions as one position each; none if some are not, or are charged each in their own way.
fn as_one(levels: &[Vec<Pool>], flows: &[Flows], are_still: bool) -> Vec<Opening> {
    let is_charged_alike = flows.windows(2).all(|pair| pair[0] == pair[1]);
    let levels = levels.iter().map(|pools| Opening::of_pools(pools, are_still).filter(|_| is_charged_alike));
    levels.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The laws of funding whose rates are dealt out: of every account that comes down to one position the rates of that.
fn funding_laws(account: &Account, is_one: bool) -> Vec<FundingLaw> {
    if !is_one {
        let laws = account.funding_laws().into_iter();
        return laws.map(|(asset, funding)| FundingLaw { asset, funding }).collect();
    }
    let of = |position| account.flows_of(position).funding.map(|funding| (position.asset, funding));
    let law = |(asset, funding)| FundingLaw { asset, funding };
    account.positions.first().and_then(of).map(law).into_iter().collect()
}

impl LevelTerms {
    fn of_one(level: &Level) -> Self {
        Self {
            leverage: level.leverage,
            liquidation_price: level.liquidation.price,
            bankruptcy_price: level.bankruptcy_price,
            is_liquidatable: level.liquidation.price.is_some(),
            positions: Vec::new(),
        }
    }

    fn of_several(leverage: f64, scenario: &Scenario, pools: &[Pool]) -> Self {
        let found = prices(pools);
        let positions: Vec<PositionAtStart> = found
            .iter()
            .zip(&scenario.account.positions)
            .map(|(prices, position)| {
                let asset = &scenario.assets[position.asset];
                PositionAtStart {
                    asset: asset.name.clone(),
                    side: position.side,
                    leverage: prices.size,
                    liquidation_prices: prices
                        .liquidation
                        .map(|ratio| ratio.map(|ratio| ratio * asset.price)),
                    liquidation_price: PositionPrices::nearest(prices.liquidation)
                        .map(|ratio| ratio * asset.price),
                    bankruptcy_price: PositionPrices::nearest(prices.bankruptcy)
                        .map(|ratio| ratio * asset.price),
                }
            })
            .collect();
        let distance = |ratio: &f64| if *ratio < 1.0 { 1.0 / ratio } else { *ratio };
        let nearest = |of: &dyn Fn(&PositionPrices) -> [Option<f64>; 2]| {
            let ratios = found.iter().zip(&scenario.account.positions).filter_map(|(prices, position)| {
                Some((PositionPrices::nearest(of(prices))?, scenario.assets[position.asset].price))
            });
            let nearest = ratios.min_by(|a, b| distance(&a.0).total_cmp(&distance(&b.0)));
            nearest.map(|(ratio, price)| ratio * price)
        };
        Self {
            leverage,
            liquidation_price: nearest(&|prices| prices.liquidation),
            bankruptcy_price: nearest(&|prices| prices.bankruptcy),
            is_liquidatable: true,
            positions,
        }
    }
}
