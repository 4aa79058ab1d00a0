//! Liquidations under a variance that changes, with the control variate that hedges them: the same probabilities, much smaller errors.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Source, parse};
use liqsim::study::run_levels;

use crate::recorded::recorded;

const HESTON: &str = r#"kind = "heston", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 4.0, vol_of_vol = 1.9, correlation = -0.3"#;
const BATES: &str = r#"kind = "bates", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 4.0, vol_of_vol = 1.9, correlation = -0.3, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }"#;
const STUDENT: &str =
    r#"kind = "garch", log_drift = -0.2, step = "1d", omega = 1.4e-5, alpha = 0.056, beta = 0.93, dof = 3.6"#;
/// Normal, asymmetric, and the horizon ends inside a step.
const ASYMMETRIC: &str = r#"kind = "garch", log_drift = 0.1, step = "13h", omega = 8e-6, alpha = 0.04, gamma = 0.07, beta = 0.91, initial_variance = 9e-4"#;
const FUNDING: &str = r#"funding = { rate = "0.02%", every = "8h" }"#;

/// Model, side, account, probabilities at 3x, 10x and 20x by 16,777,216 independent paths (seed 4242, `sampling = "pseudo"`), and how many
/// independent paths a path is worth at least.
const CASES: [(&str, &str, &str, [f64; 3], f64); 10] = [
    (HESTON, "long", "", [0.045375, 0.554121, 0.778342], 60.0),
    (BATES, "long", "", [0.057015, 0.579424, 0.788174], 40.0),
    (HESTON, "long", FUNDING, [0.054404, 0.588943, 0.801682], 40.0),
    (BATES, "long", FUNDING, [0.067721, 0.611853, 0.809484], 30.0),
    (BATES, "short", "", [0.083784, 0.575476, 0.785577], 40.0),
    (STUDENT, "long", "", [0.03155, 0.540247, 0.783391], 100.0),
    (STUDENT, "long", FUNDING, [0.037613, 0.583617, 0.811683], 60.0),
    (STUDENT, "short", "", [0.077049, 0.513131, 0.745233], 100.0),
    (ASYMMETRIC, "long", "", [0.07272, 0.584586, 0.794623], 500.0),
    (ASYMMETRIC, "short", FUNDING, [0.128418, 0.636735, 0.822742], 150.0),
];

fn run(model: &str, (side, account): (&str, &str), simulation: &str) -> RunResult {
    let text = format!(
        r#"
        name = "hedges"
        simulation = {{ horizon = "30d", {simulation} }}
        assets.X = {{ price = 250.0, model = {{ {model} }} }}
        [account]
        equity = 1_000.0
        leverage = [3, 10, 20]
        venue = {{ contract = "linear", maintenance = 0.005 }}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    let source = Source::new("hedges.toml", &text).with_files(recorded());
    let scenario = parse(source, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    run_levels(&scenario, &options).unwrap()
}

/// Both errors together are 6e-5 to 1.5e-4, 4.5 of which are allowed (30 comparisons, false alarm 2e-4).
#[test]
fn hedged_liquidations_are_those_of_many_plain_paths() {
    const PLAIN: f64 = 16_777_216.0;
    for (model, side, account, known, least) in CASES {
        let paths = 500_000.0;
        let result = run(model, (side, account), "paths = 500_000, seed = 5");
        for (level, known) in result.levels.iter().zip(known) {
            let found = level.liquidation_probability;
            let square = known * (1.0 - known);
            let error = found.std_error.hypot((square / PLAIN).sqrt());
            let z = (found.value - known) / error;
            let worth = square / paths / found.std_error.powi(2);
            assert!(
                z.abs() < 4.5,
                "{model} {side} {account} {}x: {found:?} {known}, z = {z:.2}",
                level.leverage
            );
            assert!(worth > least, "{model} {side} {account} {}x is worth {worth:.1}", level.leverage);
        }
    }
}

/// Shorter runs have no hedges.
#[test]
fn short_runs_are_not_hedged() {
    let error = |paths: u64| {
        let result = run(HESTON, ("long", ""), &format!("paths = {paths}, seed = 5"));
        result.levels[1].liquidation_probability.std_error * (paths as f64).sqrt()
    };
    assert!(error(16_383) > 3.0 * error(16_384), "{} {}", error(16_383), error(16_384));
}

/// Over 40 seeds the spread of a probability is within 4/√80 of the error that is stated (4 comparisons, false alarm 3e-4), and its
/// mean within 4 errors of many plain paths.
#[test]
fn errors_of_hedged_steps_are_the_spread_over_seeds() {
    const SEEDS: u32 = 40;
    let (_, _, _, known, _) = CASES[5];
    let runs: Vec<RunResult> = (0..SEEDS)
        .map(|seed| run(STUDENT, ("long", ""), &format!("paths = 16_384, seed = {}", 100 + seed)))
        .collect();
    for (level, known) in known.iter().enumerate().take(2) {
        let of = |run: &RunResult| run.levels[level].liquidation_probability;
        let n = f64::from(SEEDS);
        let mean = runs.iter().map(|run| of(run).value).sum::<f64>() / n;
        let spread = (runs.iter().map(|run| (of(run).value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let stated = (runs.iter().map(|run| of(run).std_error.powi(2)).sum::<f64>() / n).sqrt();
        assert!((spread / stated - 1.0).abs() < 4.0 / (2.0 * n).sqrt(), "{level}: {spread:e} {stated:e}");
        let plain = (known * (1.0 - known) / 16_777_216.0).sqrt();
        assert!((mean - known).abs() < 4.0 * (stated / n.sqrt()).hypot(plain), "{level}: {mean} {known}");
    }
}

/// Days that are drawn from the past, against as many plain paths as take a second: within 4.5 of both errors (12 comparisons, false alarm
/// 1e-4), and a hedged path is worth several.
#[test]
fn hedged_draws_of_days_have_the_probabilities_of_plain_ones() {
    const HAR: &str = r#"kind = "har", prices = "p.csv""#;
    for (side, account) in [("long", ""), ("short", ""), ("long", FUNDING), ("short", FUNDING)] {
        let plain = run(HAR, (side, account), r#"paths = 1_000_000, seed = 4242, sampling = "pseudo""#);
        let hedged = run(HAR, (side, account), "paths = 200_000, seed = 5");
        for (plain, hedged) in plain.levels.iter().zip(&hedged.levels) {
            let leverage = plain.leverage;
            let [plain, hedged] = [plain, hedged].map(|level| level.liquidation_probability);
            let z = (hedged.value - plain.value) / hedged.std_error.hypot(plain.std_error);
            let worth = plain.value * (1.0 - plain.value) / 200_000.0 / hedged.std_error.powi(2);
            assert!(z.abs() < 4.5, "{side} {account} {leverage}x: {hedged:?} {plain:?}, z = {z:.2}");
            assert!(worth > 8.0, "{side} {account} {leverage}x is worth {worth:.1}");
        }
    }
}
