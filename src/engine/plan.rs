//! From a scenario to what every block of paths does.

use std::collections::BTreeMap;

use crate::account::{
    Book, Evaluation, Ledger, Level, LevelError, Moment, Nested, Opening, Policy, schedule,
};
use crate::market::Duration;
use crate::model::{Dependence, Model, Stress};
use crate::numeric::cholesky;
use crate::scenario::{Monitoring, Scenario};
use crate::venue::Flows;

/// A common time of all paths at which something happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridPoint {
    /// Years since the start.
    pub time: f64,
    /// Whether a discretely monitored account looks at the price here.
    pub look: bool,
    /// Moment of the account's schedule that falls here.
    pub settle: Option<usize>,
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
    /// The levels, by rising leverage.
    pub levels: Vec<Level>,
    /// The levels in the units of an account that is followed step by step.
    pub openings: Vec<Opening>,
    /// What is charged over time.
    pub flows: Flows,
    /// What the owner does.
    pub policy: Policy,
    /// Whether the venue can act and leave the position open.
    pub in_steps: bool,
    /// When the account has to be settled; empty where nothing but the price moves it.
    pub schedule: Vec<Moment>,
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
        let levels = account
            .leverage
            .iter()
            .map(|leverage| {
                Level::open(&account.venue, position.side, asset.price, account.equity, *leverage)
                    .map_err(|source| PlanError::Level { leverage: *leverage, source })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let policy = scenario.policy;
        let is_plain = account.flows.is_empty() && policy.is_empty() && !account.venue.acts_in_steps();
        let schedule = match is_plain {
            true => Vec::new(),
            false => schedule(&account.flows, &policy, scenario.simulation.horizon.seconds()),
        };
        Ok(Self {
            seed: scenario.simulation.seed,
            models: scenario.assets.iter().map(|asset| asset.model.clone()).collect(),
            stress: scenario.assets.iter().map(|asset| asset.stress.clone()).collect(),
            // The scenario room lets only valid matrices pass.
            mixing: cholesky(&scenario.dependence.correlation).unwrap_or_default(),
            dependence: scenario.dependence.clone(),
            grid: grid(scenario, &schedule),
            continuous: scenario.simulation.monitoring == Monitoring::Continuous,
            asset: position.asset,
            openings: levels.iter().map(|level| Opening::new(level, &account.venue)).collect(),
            levels,
            flows: account.flows.clone(),
            policy,
            in_steps: account.venue.acts_in_steps(),
            schedule,
        })
    }

    /// Length of every path in years.
    pub fn horizon(&self) -> f64 {
        self.grid.last().map_or(0.0, |point| point.time)
    }

    /// A fresh evaluation of the levels: from the running extreme where that is enough.
    pub fn evaluation(&self) -> Box<dyn Evaluation> {
        if self.in_steps || !self.policy.is_empty() {
            return Box::new(self.book());
        }
        if self.schedule.is_empty()
            && let Ok(nested) = Nested::new(self.levels.clone(), self.asset, self.horizon())
        {
            return Box::new(nested);
        }
        Box::new(self.ledger())
    }

    /// An evaluation that follows every level on its own, with an owner and a venue that act.
    pub fn book(&self) -> Book {
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        Book::new(self.openings.clone(), self.policy, &self.flows, self.schedule.clone(), self.asset, horizon)
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

/// The union of the times at which the account looks or is settled, the ends of the models' steps, the edges of stress,
/// and the horizon.
fn grid(scenario: &Scenario, schedule: &[Moment]) -> Vec<GridPoint> {
    let whole = scenario.simulation.horizon;
    let mut points: BTreeMap<u64, GridPoint> = BTreeMap::new();
    let mut at = |seconds: u64, set: &dyn Fn(&mut GridPoint)| {
        let time = Duration::from_seconds(seconds).years();
        set(points.entry(seconds).or_insert(GridPoint { time, look: false, settle: None }));
    };
    for step in scenario.assets.iter().filter_map(|asset| asset.model.step(whole)) {
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
