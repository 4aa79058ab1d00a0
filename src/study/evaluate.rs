//! Accounts on paths that a caller brings: from another model, another library, another world.

use std::sync::Arc;

use super::evaluate_error::EvaluateError;
use super::given::{GivenPaths, Playback};
use super::simulation::{RunError, result_of};
use crate::engine::{BLOCK_LANES, Executor, Plan, PlanError, Progress, RunOptions, Worker};
use crate::market::Duration;
use crate::model::{Dependence, Model, Stress};
use crate::result::RunResult;
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::Tally;

/// Blocks that are followed between two looks at the stop flag.
const BATCH: usize = 16;

/// Follows the scenario's account, with its policies, payments and venue, along given paths, one array per asset in the order of the
/// scenario. Models, correlations, horizon and number of paths of the scenario play no part: these are those of the arrays. Noise is
/// drawn only for what the arrays leave open (bridges, times of hits inside bars). The result has no fan of prices, and does not depend
/// on the threads.
///
/// # Errors
/// See [`EvaluateError`].
pub fn evaluate(
    scenario: &Scenario,
    paths: Vec<GivenPaths>,
    options: &RunOptions<'_>,
) -> Result<RunResult, EvaluateError> {
    let paths: Vec<Arc<GivenPaths>> = paths.into_iter().map(Arc::new).collect();
    let scenario = on_given_paths(scenario, &paths)?;
    let count = paths.first().map_or(0, |paths| paths.paths());
    let mut tally = Tally::new(scenario.account.leverage.len());
    let executor = Executor::new(*options).map_err(RunError::from)?;
    let blocks = count.div_ceil(BLOCK_LANES) as u64;
    for first in (0..blocks).step_by(BATCH) {
        let batch = first..blocks.min(first + BATCH as u64);
        let follow = |(): &mut (), block: u64| -> Result<Tally, PlanError> {
            let first = block as usize * BLOCK_LANES;
            let plan = Plan::new(&played(&scenario, &paths, first))?;
            let mut worker = Worker::new(&plan);
            worker.run_block(block, BLOCK_LANES.min(count - first));
            Ok(worker.tally().clone())
        };
        let done = (batch.end as usize * BLOCK_LANES).min(count) as u64;
        for part in executor.map(batch, || (), follow).ok_or(RunError::Interrupted)? {
            tally.merge(&part?);
        }
        executor.report(Progress { paths_done: done, paths_planned: count as u64 });
    }
    let result = result_of(&scenario, tally, options)?;
    Ok(RunResult { price_fan: None, ..result })
}

/// The scenario whose assets have the given paths, and nothing else that moves prices.
fn on_given_paths(scenario: &Scenario, paths: &[Arc<GivenPaths>]) -> Result<Scenario, EvaluateError> {
    let assets = scenario.assets.len();
    let first = paths.first().ok_or(EvaluateError::Assets { assets })?;
    let is_alike = |other: &Arc<GivenPaths>| {
        (other.paths(), other.steps(), other.interval) == (first.paths(), first.steps(), first.interval)
    };
    if paths.len() != assets || !paths.iter().all(is_alike) {
        return Err(EvaluateError::Assets { assets });
    }
    if scenario.assets.iter().any(|asset| asset.stress != Stress::default()) {
        return Err(EvaluateError::NotOnGivenPaths("stress"));
    }
    let account = &scenario.account;
    let flows = account.positions.iter().map(|position| account.flows_of(position));
    if flows.filter_map(|flows| flows.funding).any(|funding| funding.follows_the_price()) {
        return Err(EvaluateError::NotOnGivenPaths("funding that is correlated with what drives the price"));
    }
    let mut given = played(scenario, paths, 0);
    given.dependence = Dependence::default();
    given.simulation.sampling = Sampling::Pseudo;
    given.simulation.paths = PathBudget::Fixed(first.paths() as u64);
    given.simulation.horizon = Duration::from_seconds(first.interval.seconds() * first.steps() as u64);
    // Bars of the engine's own choice would differ from block to block.
    if given.account.is_portfolio() {
        given.simulation.step.get_or_insert(first.interval);
    }
    Ok(given)
}

/// The scenario with the paths from one on as the laws of its assets.
fn played(scenario: &Scenario, paths: &[Arc<GivenPaths>], first: usize) -> Scenario {
    let mut scenario = scenario.clone();
    for (asset, paths) in scenario.assets.iter_mut().zip(paths) {
        asset.model = Model::Custom(Arc::new(Playback { paths: Arc::clone(paths), first }));
    }
    scenario
}
