//! Stand-in for the engine until it is merged: made-up numbers in the right shape.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::account::Level;
use crate::scenario::{PathBudget, Scenario};
use crate::stats::Estimate;

use super::{Kelly, LevelResult, Note, ReturnStats, RunResult};

pub struct RunOptions<'a> {
    pub threads: Option<usize>,
    pub stop: &'a AtomicBool,
    pub progress: &'a (dyn Fn(Progress) + Sync),
}
pub struct Progress {
    pub paths_done: u64,
    pub paths_planned: u64,
}
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("stopped before the first block of paths was complete")]
    Interrupted,
    #[error("cannot start {0} threads")]
    Threads(usize),
}
pub fn run(scenario: &Scenario, options: &RunOptions<'_>) -> Result<RunResult, RunError> {
    let planned = match scenario.simulation.paths {
        PathBudget::Fixed(paths) => paths,
        PathBudget::Precision { max_paths, .. } => max_paths,
    };
    let mut paths = 0;
    for block in 1..=50 {
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis((planned / 1_000_000).min(100)));
        paths = planned * block / 50;
        (options.progress)(Progress { paths_done: paths, paths_planned: planned });
    }
    if paths == 0 {
        return Err(RunError::Interrupted);
    }
    let _ = options.threads;
    let e = |value: f64| Estimate { value, std_error: 0.001, low: value - 0.002, high: value + 0.002 };
    let account = &scenario.account;
    Ok(RunResult {
        liqsim: env!("CARGO_PKG_VERSION").into(),
        scenario: scenario.name.clone(),
        identity: "stand-in".into(),
        seed: scenario.simulation.seed,
        paths,
        horizon_days: scenario.simulation.horizon.days(),
        notes: vec![Note { code: "stand_in".into(), message: "these numbers are made up".into() }],
        levels: account
            .leverage
            .iter()
            .map(|&leverage| {
                let asset = &scenario.assets[0];
                let level = Level::open(
                    &account.venue,
                    account.positions[0].side,
                    asset.price,
                    account.equity,
                    leverage,
                )
                .ok();
                LevelResult {
                    leverage,
                    liquidation_price: level.and_then(|level| level.liquidation.price),
                    bankruptcy_price: level.and_then(|level| level.bankruptcy_price),
                    liquidation_probability: e(1.0 - 1.0 / leverage.max(1.1)),
                    loss_probability: e(0.5),
                    mean_return: e(0.0),
                    bad_debt: e(0.0),
                    time_to_liquidation_days: None,
                    returns: ReturnStats {
                        std_dev: 0.2,
                        skewness: None,
                        kurtosis: None,
                        quantiles: BTreeMap::from([("0.05".to_owned(), -0.3)]),
                    },
                    value_at_risk: BTreeMap::from([("0.95".to_owned(), e(0.3))]),
                    expected_shortfall: BTreeMap::from([("0.95".to_owned(), e(0.4))]),
                    kelly: Kelly { fraction: 0.0, log_growth: 0.0 },
                }
            })
            .collect(),
    })
}
