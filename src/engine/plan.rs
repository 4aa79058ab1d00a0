//! From a scenario to what every block of paths does.

use crate::account::{Evaluation, Ledger, Level, LevelError, Nested};
use crate::market::SECONDS_PER_YEAR;
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

fn grid(scenario: &Scenario) -> Vec<GridPoint> {
    let horizon = scenario.simulation.horizon.seconds();
    let years = |seconds: u64| seconds as f64 / SECONDS_PER_YEAR;
    let mut points = Vec::new();
    if let Monitoring::Every(interval) = scenario.simulation.monitoring {
        let step = interval.seconds().max(1);
        points.extend((1..=horizon / step).map(|k| GridPoint { time: years(k * step), look: true }));
    }
    if points.last().is_none_or(|last| last.time < years(horizon)) {
        points.push(GridPoint { time: years(horizon), look: false });
    }
    points
}
