//! Accounts on paths that a caller brings: against closed forms, and against the engine's own paths.

use liqsim::market::Duration;
use liqsim::model::{Gbm, Model};
use liqsim::scenario::{Monitoring, PathBudget, Scenario};
use liqsim::study::{Between, EvaluateError, GivenPaths, SimulateError, evaluate, simulate};
use liqsim::venue::Side;
use liqsim::{RunOptions, run};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};

use crate::common::{ALLOWED_ERRORS, Setup, days};

const VOLATILITY: f64 = 0.6;
const DAY: Duration = Duration::from_seconds(86_400);
/// Of a long within 30 days at 3x and 5x, by the reflection principle (`scenarios/btc-flat-rate.toml`).
const CLOSED_FORM: [f64; 2] = [0.024_254_4, 0.227_851_0];

fn scenario() -> Scenario {
    Setup {
        // Plays no part.
        model: Model::Gbm(Gbm { drift: 0.0, volatility: 3.0 }),
        horizon: days(7),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 0.005,
        leverage: vec![3.0, 5.0],
        seed: 4,
    }
    .scenario()
}

/// Daily prices of geometric Brownian motion without drift, made by another library.
fn closes(paths: usize, steps: usize) -> Vec<f64> {
    let mut random = StdRng::seed_from_u64(9);
    let variance = VOLATILITY * VOLATILITY / 365.0;
    let mut prices = Vec::new();
    for _ in 0..paths {
        let mut log = 0.0_f64;
        prices.push(250.0);
        for _ in 0..steps {
            let normal: f64 = StandardNormal.sample(&mut random);
            log += -0.5 * variance + variance.sqrt() * normal;
            prices.push(250.0 * log.exp());
        }
    }
    prices
}

#[test]
fn prices_of_another_library_with_the_bridge_have_the_closed_form() {
    let paths = 40_000;
    let between = Between::Bridge { volatility: VOLATILITY };
    let given = GivenPaths::from_closes(DAY, paths, &closes(paths, 30), between).unwrap();
    let result = evaluate(&scenario(), vec![given], &RunOptions::default()).unwrap();
    assert_eq!((result.paths, result.horizon_days), (paths as u64, 30.0));
    for (level, truth) in result.levels.iter().zip(CLOSED_FORM) {
        let found = level.liquidation_probability;
        let z = (found.value - truth) / (truth * (1.0 - truth) / paths as f64).sqrt();
        assert!(z.abs() < ALLOWED_ERRORS, "{}x: {} for {truth}, z = {z:.2}", level.leverage, found.value);
    }
}

#[test]
fn closes_alone_are_counted_as_they_are() {
    let (paths, steps) = (3_000, 30);
    let prices = closes(paths, steps);
    let given = GivenPaths::from_closes(DAY, paths, &prices, Between::Closes).unwrap();
    let result = evaluate(&scenario(), vec![given], &RunOptions::default()).unwrap();
    for level in &result.levels {
        // The scenario opens at 100, the arrays at 250.
        let barrier = 2.5 * level.liquidation_price.unwrap();
        let hit = prices.chunks(steps + 1).filter(|path| path.iter().any(|price| *price <= barrier)).count();
        assert_eq!((level.liquidation_probability.value * paths as f64).round() as usize, hit);
    }
}

#[test]
fn bars_of_the_engine_give_what_a_run_gives() {
    let mut scenario = scenario();
    scenario.assets[0].model = Model::Gbm(Gbm { drift: 0.0, volatility: VOLATILITY });
    scenario.simulation.horizon = days(30);
    scenario.simulation.paths = PathBudget::Fixed(100_000);
    let paths = 20_000;
    let mut prices = Vec::new();
    simulate(&scenario, paths, DAY, &RunOptions::default(), |bar| {
        prices.extend([bar.open, bar.high, bar.low, bar.close]);
        Ok::<(), SimulateError>(())
    })
    .unwrap();
    let given = GivenPaths::from_bars(DAY, paths as usize, &prices).unwrap();
    let evaluated = evaluate(&scenario, vec![given], &RunOptions::default()).unwrap();
    let simulated = run(&scenario, &RunOptions::default()).unwrap();
    for (one, other) in evaluated.levels.iter().zip(&simulated.levels) {
        for (a, b) in [
            (one.liquidation_probability, other.liquidation_probability),
            (one.mean_return, other.mean_return),
            (one.loss_probability, other.loss_probability),
        ] {
            let z = (a.value - b.value) / a.std_error.hypot(b.std_error);
            assert!(z.abs() < ALLOWED_ERRORS, "{}x: {a:?} {b:?} z = {z:.2}", one.leverage);
        }
    }
}

#[test]
fn threads_change_no_digit_and_other_paths_are_another_result() {
    let paths = 2_500;
    let mut prices = closes(paths, 30);
    let evaluated = |prices: &[f64], threads| {
        let between = Between::Bridge { volatility: VOLATILITY };
        let given = GivenPaths::from_closes(DAY, paths, prices, between).unwrap();
        let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
        evaluate(&scenario(), vec![given], &options).unwrap()
    };
    let first = evaluated(&prices, 1);
    assert_eq!(first, evaluated(&prices, 3));
    prices[100] *= 1.0 + 1e-9;
    assert_ne!(first.identity, evaluated(&prices, 1).identity);
}

#[test]
fn what_is_no_path_is_refused_with_its_place() {
    let closes = |paths, prices: &[f64]| GivenPaths::from_closes(DAY, paths, prices, Between::Closes);
    assert!(matches!(closes(2, &[1.0, 2.0, 3.0]), Err(EvaluateError::Shape { .. })));
    assert!(matches!(closes(0, &[]), Err(EvaluateError::Shape { .. })));
    assert!(matches!(closes(2, &[1.0, 2.0]), Err(EvaluateError::Shape { .. })));
    for wrong in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        let error = closes(2, &[1.0, 2.0, 3.0, wrong]).unwrap_err();
        assert!(matches!(error, EvaluateError::Price { path: 1, place: 1, .. }), "{error}");
        assert!(closes(1, &[wrong, 1.0]).is_err());
    }
    let bar = GivenPaths::from_bars(DAY, 1, &[10.0, 11.0, 9.0, 10.0, 10.0, 10.5, 9.0, 10.6]).unwrap_err();
    assert!(matches!(bar, EvaluateError::Bar { path: 0, bar: 1 }), "{bar}");
    let bridge = |volatility| GivenPaths::from_closes(DAY, 1, &[1.0, 2.0], Between::Bridge { volatility });
    assert!(matches!(bridge(0.0), Err(EvaluateError::Volatility(_))));
    let given = closes(1, &[1.0, 2.0]).unwrap();
    let two = evaluate(&scenario(), vec![given.clone(), given], &RunOptions::default());
    assert!(matches!(two, Err(EvaluateError::Assets { assets: 1 })));
}
