//! From a scenario to what every block of paths does.

use std::collections::BTreeMap;

use super::bar_step;
use super::crossing::Crossing;
use super::funding::FundingLaw;
use super::result::PositionResult;
use crate::account::portfolio::{OpenError, Purse, prices};
use crate::account::{
    Book, Evaluation, Ledger, Level, LevelError, Moment, Opening, Ordered, Policy, Portfolio, schedule,
};
use crate::market::Duration;
use crate::model::{Dependence, Model, Stress};
use crate::numeric::cholesky;
use crate::scenario::{Monitoring, Sampling, Scenario};
use crate::venue::{Borrow, Compounding, Flows, Side};

/// A common time of all paths at which something happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridPoint {
    /// Years since the start.
    pub time: f64,
    /// Whether a discretely monitored account looks at the price here.
    pub look: bool,
    /// Moment of the account's schedule that falls here.
    pub settle: Option<usize>,
    /// Whether an evaluation may select paths here.
    pub select: bool,
}

/// What every block of paths does; a pure function of the scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Seed of all randomness.
    pub seed: u64,
    /// One model per asset.
    pub models: Vec<Model>,
    /// What is laid over each asset's model.
    pub stress: Vec<Stress>,
    /// What joins the assets.
    pub dependence: Dependence,
    /// Lower triangular factor that correlates the normals of the assets; empty where they are independent.
    pub mixing: Vec<Vec<f64>>,
    /// Times at which bars of all paths end; the last one is the horizon.
    pub grid: Vec<GridPoint>,
    /// Whether accounts watch the price at every instant.
    pub continuous: bool,
    /// The asset that the position is in.
    pub asset: usize,
    /// What is known of the levels before any path is drawn, by rising leverage.
    pub terms: Vec<LevelTerms>,
    /// The levels of an account of one position; empty where there are several.
    pub levels: Vec<Level>,
    /// The levels of an account of several positions; empty where there is one.
    pub portfolio: Vec<Vec<Purse>>,
    /// The levels in the units of an account that is followed step by step.
    pub openings: Vec<Opening>,
    /// What is charged over time; of the first position where there are several.
    pub flows: Flows,
    /// The laws of funding whose rates are dealt out: that of the only position, or of several those that vary.
    pub funding: Vec<FundingLaw>,
    /// What the owner does.
    pub policy: Policy,
    /// Whether the venue can act and leave the position open.
    pub in_steps: bool,
    /// Whether liquidations are counted by the strata of what drives the price.
    pub stratified: bool,
    /// Longest bar of an account of several positions; none where bars need not end.
    pub step: Option<Duration>,
    /// When the account has to be settled; empty where nothing but the price moves it.
    pub schedule: Vec<Moment>,
}

/// What is known of a level before any path is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelTerms {
    /// The leverage.
    pub leverage: f64,
    /// Mark price of the (first) position's asset at which it is liquidated, all other prices standing still; none where it
    /// cannot be reached.
    pub liquidation_price: Option<f64>,
    /// The same for an equity of 0.
    pub bankruptcy_price: Option<f64>,
    /// Whether it can be liquidated at all. With several positions nothing is known.
    pub is_liquidatable: bool,
    /// The positions of an account of several, in the order of the scenario; empty where there is one.
    pub positions: Vec<PositionResult>,
}

/// Why a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The scenario has no asset or no position.
    #[error("the scenario has no position to simulate")]
    Empty,
    /// The venue does not allow the position.
    #[error("leverage {leverage}: {source}")]
    Level {
        /// The level.
        leverage: f64,
        /// Why.
        source: LevelError,
    },
}

impl Plan {
    /// The plan of a scenario.
    ///
    /// # Errors
    /// If a level cannot be opened at the venue.
    pub fn new(scenario: &Scenario) -> Result<Self, PlanError> {
        let account = &scenario.account;
        let position = account.positions.first().ok_or(PlanError::Empty)?;
        let asset = scenario.assets.get(position.asset).ok_or(PlanError::Empty)?;
        let prices: Vec<f64> = scenario.assets.iter().map(|asset| asset.price).collect();
        let venue = account.venue_of(position);
        let policy = scenario.policy;
        let horizon = scenario.simulation.horizon.seconds();
        let (mut levels, mut portfolio, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        for &leverage in &account.leverage {
            let error = |source| PlanError::Level { leverage, source };
            if account.is_portfolio() {
                let purses =
                    account.open(leverage, &prices).map_err(|OpenError { source, .. }| error(source))?;
                terms.push(LevelTerms::of_several(leverage, scenario, &purses));
                portfolio.push(purses);
            } else {
                let level = Level::open(venue, position.side, asset.price, account.equity, leverage)
                    .map_err(error)?;
                terms.push(LevelTerms::of_one(&level));
                levels.push(level);
            }
        }
        let flows: Vec<Flows> = account.positions.iter().map(|position| account.flows_of(position)).collect();
        let in_steps = venue.acts_in_steps();
        let is_plain = flows[0].is_empty() && policy.is_empty() && !in_steps;
        let schedule = match (account.is_portfolio(), is_plain) {
            (true, _) => portfolio_schedule(&flows, &policy, horizon),
            (false, true) => Vec::new(),
            (false, false) => schedule(&flows, &policy, horizon),
        };
        let plan = Self {
            seed: scenario.simulation.seed,
            models: scenario.assets.iter().map(|asset| asset.model.clone()).collect(),
            stress: scenario.assets.iter().map(|asset| asset.stress.clone()).collect(),
            // The scenario room lets only valid matrices pass.
            mixing: cholesky(&scenario.dependence.correlation).unwrap_or_default(),
            dependence: scenario.dependence.clone(),
            grid: grid(scenario, &schedule, None),
            continuous: scenario.simulation.monitoring == Monitoring::Continuous,
            asset: position.asset,
            openings: levels.iter().map(|level| Opening::new(level, venue)).collect(),
            terms,
            levels,
            portfolio,
            funding: match account.is_portfolio() {
                true => account
                    .funding_laws()
                    .into_iter()
                    .map(|(asset, funding)| FundingLaw { asset, funding })
                    .collect(),
                false => flows[0]
                    .funding
                    .iter()
                    .map(|funding| FundingLaw { asset: position.asset, funding: funding.clone() })
                    .collect(),
            },
            flows: flows[0].clone(),
            policy,
            in_steps,
            stratified: false,
            step: None,
            schedule,
        };
        Ok(plan.with_bars(scenario).with_strata(scenario.simulation.sampling))
    }

    /// The plan with strata, where the scenario wants the most of its paths, normals drive the price and no net does better.
    fn with_strata(self, sampling: Sampling) -> Self {
        let is_driven = !matches!(self.models.get(self.asset), None | Some(Model::Bootstrap(_)));
        let wanted = sampling != Sampling::Pseudo && is_driven && self.continuous;
        Self { stratified: wanted && Crossing::new(&self, false).is_none(), ..self }
    }

    /// The plan with bars that are short enough for an account of several positions.
    fn with_bars(self, scenario: &Scenario) -> Self {
        if self.portfolio.is_empty() || !self.continuous {
            return self;
        }
        let mut assets: Vec<usize> =
            scenario.account.positions.iter().map(|position| position.asset).collect();
        assets.sort_unstable();
        assets.dedup();
        let step = scenario.simulation.step.unwrap_or_else(|| bar_step::automatic(&self, &assets));
        Self { grid: grid(scenario, &self.schedule, Some(step)), step: Some(step), ..self }
    }

    /// Length of every path in years.
    pub fn horizon(&self) -> f64 {
        self.grid.last().map_or(0.0, |point| point.time)
    }

    /// A fresh evaluation of the levels: from the running extreme where that is enough.
    pub fn evaluation(&self) -> Box<dyn Evaluation> {
        if !self.portfolio.is_empty() {
            return Box::new(self.several());
        }
        if self.is_managed() {
            return Box::new(self.book());
        }
        match self.ordered() {
            Some(ordered) => Box::new(ordered),
            None => Box::new(self.ledger()),
        }
    }

    /// A follower of all levels by one number a path, where nobody acts on the way and the levels are in order whatever the path.
    pub fn ordered(&self) -> Option<Ordered> {
        if self.is_managed() || !self.portfolio.is_empty() {
            return None;
        }
        let (levels, schedule) = (self.openings.clone(), self.schedule.clone());
        Ordered::new(levels, &self.flows, schedule, (self.asset, self.continuous), self.horizon())
    }

    /// Whether the owner or the venue acts on the way.
    fn is_managed(&self) -> bool {
        self.in_steps || !self.policy.is_empty()
    }

    /// An evaluation that follows every level on its own, with an owner and a venue that act.
    pub fn book(&self) -> Book {
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        Book::new(self.openings.clone(), self.policy, &self.flows, self.schedule.clone(), self.asset, horizon)
    }

    /// An evaluation of several positions.
    pub fn several(&self) -> Portfolio {
        let (levels, schedule) = (self.portfolio.clone(), self.schedule.clone());
        Portfolio::new(levels, self.policy, schedule, &self.dependence.correlation, self.horizon())
    }

    /// An evaluation that follows every level on its own.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(
            self.openings.clone(),
            self.flows.clone(),
            self.schedule.clone(),
            self.asset,
            self.horizon(),
        )
    }
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

    fn of_several(leverage: f64, scenario: &Scenario, purses: &[Purse]) -> Self {
        let positions: Vec<PositionResult> = prices(purses)
            .iter()
            .zip(&scenario.account.positions)
            .map(|(prices, position)| {
                let asset = &scenario.assets[position.asset];
                PositionResult {
                    asset: asset.name.clone(),
                    side: if position.side == Side::Long { "long" } else { "short" }.to_owned(),
                    leverage: prices.size,
                    liquidation_price: prices.liquidation.map(|ratio| ratio * asset.price),
                    bankruptcy_price: prices.bankruptcy.map(|ratio| ratio * asset.price),
                }
            })
            .collect();
        let first = positions.first();
        Self {
            leverage,
            liquidation_price: first.and_then(|first| first.liquidation_price),
            bankruptcy_price: first.and_then(|first| first.bankruptcy_price),
            is_liquidatable: true,
            positions,
        }
    }
}

/// The moments of an account of several positions; interest that grows at every instant is added every hour.
fn portfolio_schedule(flows: &[Flows], policy: &Policy, horizon: u64) -> Vec<Moment> {
    let hourly = flows.iter().filter_map(|flows| flows.borrow).map(|borrow| Flows {
        funding: None,
        borrow: Some(Borrow { compounding: Compounding::Hourly, ..borrow }),
    });
    let flows: Vec<Flows> = flows.iter().cloned().chain(hourly).collect();
    schedule(&flows, policy, horizon)
}

/// The union of the times at which the account looks or is settled, the ends of the models' steps and of the longest bars that
/// are wanted, the edges of stress, and the horizon.
fn grid(scenario: &Scenario, schedule: &[Moment], longest: Option<Duration>) -> Vec<GridPoint> {
    let whole = scenario.simulation.horizon;
    let mut points: BTreeMap<u64, GridPoint> = BTreeMap::new();
    let mut at = |seconds: u64, set: &dyn Fn(&mut GridPoint)| {
        let time = Duration::from_seconds(seconds).years();
        set(points.entry(seconds).or_insert(GridPoint { time, look: false, settle: None, select: false }));
    };
    for step in scenario.assets.iter().filter_map(|asset| asset.model.step(whole)).chain(longest) {
        multiples(step, whole.seconds()).for_each(|seconds| at(seconds, &|_| {}));
    }
    for edge in scenario.assets.iter().flat_map(|asset| asset.stress.edges()) {
        if (1..whole.seconds()).contains(&edge.seconds()) {
            at(edge.seconds(), &|_| {});
        }
    }
    if let Monitoring::Every(interval) = scenario.simulation.monitoring {
        multiples(interval, whole.seconds()).for_each(|seconds| at(seconds, &|point| point.look = true));
    }
    for (moment, due) in schedule.iter().enumerate() {
        at(due.seconds, &|point| point.settle = Some(moment));
    }
    at(whole.seconds(), &|_| {});
    points.into_values().collect()
}

/// The multiples of an interval up to the horizon, in seconds.
fn multiples(interval: Duration, horizon: u64) -> impl Iterator<Item = u64> {
    let step = interval.seconds().max(1);
    (1..=horizon / step).map(move |k| k * step)
}
