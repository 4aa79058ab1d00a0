//! Price paths as bars, for other tools: the same paths as `liqsim simulate`.

use super::simulation::RunError;
use crate::engine::{AssetBars, Executor, NotANumber, PathBars, PlanError, Progress, RunOptions};
use crate::market::Duration;
use crate::numeric::elementary;
use crate::scenario::Scenario;

/// Paths of a block, which decides the noise of each: memory is this times the bars of a path, for each block that is simulated at the
/// same time.
const BLOCK: u64 = 32;
const DAY: u64 = 86_400;
/// Blocks simulated at the same time.
const BATCH: u64 = 16;

/// One bar of one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedBar {
    /// Number of the path, from 0.
    pub path: u64,
    /// Place of the asset in the scenario.
    pub asset: usize,
    /// Number of the bar within its path, from 0.
    pub bar: usize,
    /// First price, in quote units.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Difficulty in force and hashprice of the day, of a coin that is mined where bars end with the days.
    pub network: Option<(f64, f64)>,
}

/// Why there are no bars.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The bars would not end with the path.
    #[error("bars of {interval} do not make up the horizon of {horizon}")]
    Interval {
        /// Length of a bar.
        interval: Duration,
        /// Length of a path.
        horizon: Duration,
    },
    /// The scenario cannot be simulated, or the work was cut short.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<PlanError> for SimulateError {
    fn from(error: PlanError) -> Self {
        Self::Run(error.into())
    }
}

/// Simulates paths of all assets over the scenario's horizon, stress included, and shows their bars: path by path, asset by asset, in
/// order of time. The account plays no part. Low and high each have their exact law, and are drawn independently given the open
/// and close of each continuous stretch; those of a bootstrap are as recorded. The bars do not depend on the threads.
///
/// # Errors
/// See [`SimulateError`], and whatever `show` returns, which ends the work.
pub fn simulate<E: From<SimulateError>>(
    scenario: &Scenario,
    paths: u64,
    interval: Duration,
    options: &RunOptions<'_>,
    mut show: impl FnMut(&SimulatedBar) -> Result<(), E>,
) -> Result<(), E> {
    let horizon = scenario.simulation.horizon;
    if interval.seconds() == 0 || !horizon.seconds().is_multiple_of(interval.seconds()) {
        return Err(SimulateError::Interval { interval, horizon }.into());
    }
    scenario.check().map_err(|error| SimulateError::from(PlanError::from(error)))?;
    let bars =
        PathBars::new(scenario, interval).map_err(|error| SimulateError::from(PlanError::from(error)))?;
    let executor = Executor::new(*options).map_err(|error| SimulateError::Run(error.into()))?;
    let is_mined = |asset: usize| scenario.miner.as_ref().is_some_and(|miner| miner.asset == asset);
    let bars_per_day = (DAY / interval.seconds()).max(1) as usize;
    let blocks = paths.div_ceil(BLOCK);
    let in_block = |block: u64| (paths - block * BLOCK).min(BLOCK) as usize;
    for first in (0..blocks).step_by(BATCH as usize) {
        let batch = first..blocks.min(first + BATCH);
        let make = |(): &mut (), block: u64| {
            let assets = bars.block(block, in_block(block));
            let network = bars.network(block, &assets);
            (assets, network)
        };
        let made = executor.map(batch.clone(), || (), make);
        let made = made.ok_or(SimulateError::Run(RunError::Interrupted))?;
        for (block, (assets, network)) in batch.clone().zip(&made) {
            if let Some(found) = not_a_number(scenario, assets, block * BLOCK, interval) {
                return Err(SimulateError::Run(found.into()).into());
            }
            for lane in 0..in_block(block) {
                for (asset, columns) in assets.iter().enumerate() {
                    let start = scenario.assets[asset].price;
                    for bar in 0..bars.steps() {
                        let price = |column: &Vec<Vec<f64>>| start * elementary::exp(column[bar][lane]);
                        show(&SimulatedBar {
                            path: block * BLOCK + lane as u64,
                            asset,
                            bar,
                            open: price(&columns.open),
                            high: price(&columns.high),
                            low: price(&columns.low),
                            close: price(&columns.close),
                            network: network
                                .as_ref()
                                .filter(|_| is_mined(asset))
                                .and_then(|days| days.get(bar / bars_per_day).map(|day| day[lane])),
                        })?;
                    }
                }
            }
        }
        let paths_done = (batch.end * BLOCK).min(paths);
        executor.report(Progress { paths_done, paths_planned: paths });
    }
    Ok(())
}

/// The first close that is not a number, of paths numbered from `first` on.
fn not_a_number(
    scenario: &Scenario,
    assets: &[AssetBars],
    first: u64,
    interval: Duration,
) -> Option<NotANumber> {
    assets.iter().enumerate().find_map(|(asset, columns)| {
        let broken = |(bar, closes): (usize, &Vec<f64>)| {
            let lane = closes.iter().position(|close| close.is_nan())?;
            Some((first + lane as u64, (bar + 1) as f64 * interval.days()))
        };
        let (path, days) = columns.close.iter().enumerate().find_map(broken)?;
        Some(NotANumber::new(&scenario.assets[asset].model, asset, path, days))
    })
}
