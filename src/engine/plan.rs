//! From a scenario to what every block of paths does.

use std::collections::BTreeMap;

use crate::account::{Evaluation, Ledger, Level, LevelError, Nested};
use crate::market::Duration;
use crate::model::Model;
use crate::scenario::{Monitoring, Scenario};

/// A common time of all paths at which something happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridPoint {
    /// Years since the start.
    pub time: f64,
    /// Whether a discretely monitored account looks at the price here.
    pub look: bool,
}

/// What every block of paths does; a pure function of the scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Seed of all randomness.
    pub seed: u64,
    /// One model per asset.
    pub models: Vec<Model>,
    /// Times at which bars of all paths end; the last one is the horizon.
    pub grid: Vec<GridPoint>,
    /// Whether accounts watch the price at every instant.
    pub continuous: bool,
    /// The asset that the position is in.
    pub asset: usize,
    /// The levels, by rising leverage.
    pub levels: Vec<Level>,
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
        Ok(Self {
            seed: scenario.simulation.seed,
            models: scenario.assets.iter().map(|asset| asset.model.clone()).collect(),
            grid: grid(scenario),
            continuous: scenario.simulation.monitoring == Monitoring::Continuous,
            asset: position.asset,
            levels,
        })
    }

    /// Length of every path in years.
    pub fn horizon(&self) -> f64 {
        self.grid.last().map_or(0.0, |point| point.time)
    }

    /// A fresh evaluation of the levels: from the running extreme where that is enough.
    pub fn evaluation(&self) -> Box<dyn Evaluation> {
        match Nested::new(self.levels.clone(), self.asset, self.horizon()) {
            Ok(nested) => Box::new(nested),
            Err(levels) => Box::new(Ledger::new(levels, self.asset, self.horizon())),
        }
    }
}

/// The union of the times at which the account looks, the ends of the models' steps, and the horizon.
fn grid(scenario: &Scenario) -> Vec<GridPoint> {
    let whole = scenario.simulation.horizon;
    let horizon = whole.seconds();
    // By second; whether the account looks.
    let mut times = BTreeMap::from([(horizon, false)]);
    for step in scenario.assets.iter().filter_map(|asset| asset.model.step(whole)) {
        times.extend(multiples(step, horizon).map(|time| (time, false)));
    }
    if let Monitoring::Every(interval) = scenario.simulation.monitoring {
        times.extend(multiples(interval, horizon).map(|time| (time, true)));
    }
    times
        .into_iter()
        .map(|(seconds, look)| GridPoint { time: Duration::from_seconds(seconds).years(), look })
        .collect()
}

/// The multiples of an interval up to the horizon, in seconds.
fn multiples(interval: Duration, horizon: u64) -> impl Iterator<Item = u64> {
    let step = interval.seconds().max(1);
    (1..=horizon / step).map(move |k| k * step)
}
