//! What changes nothing about an account changes neither its probabilities nor their errors: the estimators see through it.

use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Method;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::common::{ALLOWED_ERRORS, run_scenario};

/// A long on X with what is idle: keys before the account's table, of the position, of the account, and tables after it.
fn scenario(model: &str, [top, position, account, after]: [&str; 4]) -> Scenario {
    let text = format!(
        r#"
        simulation = {{ horizon = "30d", paths = 24_000, seed = 5 }}
        {top}
        assets.X = {{ price = 100.0, model = {model} }}
        [account]
        equity = 1000.0
        leverage = [2, 3, 10]
        venue = {{ contract = "linear", maintenance = 0.005 }}
        {account}
        positions = [{{ asset = "X", side = "long"{position} }}]
        {after}
        "#
    );
    parse(Source::new("idle", text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

const SECOND: &str = r#"assets.Y = { price = 5.0, model = { kind = "gbm", drift = 0.0, volatility = 1.2 } }
        correlation = { "X/Y" = 0.8 }"#;

/// The ways to be idle, and the same account written otherwise.
const IDLE: [(&str, [&str; 4]); 6] = [
    ("a second asset", [SECOND, "", "", ""]),
    ("a stop beyond liquidation", ["", "", "", "[policy]\n        stop_loss = { distance = \"99%\" }"]),
    ("a share of 0.999999", ["", ", share = 0.999999", "", ""]),
    ("a pool of one leg", ["", ", share = 1.0", "margin = \"cross\"", ""]),
    ("an exit at the horizon", ["", "", "", "[policy]\n        exit_after = \"30d\""]),
    (
        "two halves",
        ["", r#", share = 0.5 }, { asset = "X", side = "long", share = 0.5"#, r#"margin = "cross""#, ""],
    ),
];

/// Each model with the method of its lowest and that of its highest level.
const MODELS: [(&str, [Method; 2]); 3] = [
    (r#"{ kind = "gbm", drift = 0.0, volatility = 0.8 }"#, [Method::QuasiMonteCarlo; 2]),
    (
        r#"{ kind = "kou", drift = 0.0, volatility = 0.5, jumps = { rate = 20.0, up_probability = 0.5, up_mean = 0.03, down_mean = 0.04 } }"#,
        [Method::Splitting, Method::QuasiMonteCarlo],
    ),
    (
        r#"{ kind = "heston", drift = 0.0, variance = 0.3, long_run_variance = 0.3, mean_reversion = 4.0, vol_of_vol = 0.6, correlation = -0.3 }"#,
        [Method::Splitting, Method::Stratified],
    ),
];

fn methods(result: &RunResult) -> Vec<Method> {
    result.levels.iter().map(|level| level.liquidation_probability.method).collect()
}

/// Errors are estimates themselves: within a half of each other.
#[test]
fn what_is_idle_changes_neither_the_answer_nor_its_error() {
    for (model, expected) in MODELS {
        let plain = run_scenario(&scenario(model, [""; 4]));
        let wanted = methods(&plain);
        assert_eq!([wanted[0], wanted[2]], expected, "{model}");
        for (name, idle) in IDLE {
            let found = run_scenario(&scenario(model, idle));
            assert_eq!(methods(&found), wanted, "{name}: {model}");
            for (one, other) in plain.levels.iter().zip(&found.levels) {
                let (p, q) = (one.liquidation_probability, other.liquidation_probability);
                let what = format!("{name}, {}x: {p:?} {q:?} of {model}", one.leverage);
                assert!(
                    (p.value - q.value).abs() <= ALLOWED_ERRORS * p.std_error.hypot(q.std_error),
                    "{what}"
                );
                assert!((0.5..2.0).contains(&(q.std_error / p.std_error)), "{what}");
                let (p, q) = (one.mean_return, other.mean_return);
                assert!(
                    (p.value - q.value).abs() <= ALLOWED_ERRORS * p.std_error.hypot(q.std_error),
                    "{what}"
                );
            }
        }
    }
}

fn normal(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// What is one position whatever the scenario lists is followed as one: every number of it is the same.
#[test]
fn an_account_that_comes_down_to_one_position_has_its_numbers() {
    for (model, _) in MODELS {
        let plain = run_scenario(&scenario(model, [""; 4]));
        for (name, idle) in [IDLE[1], IDLE[3], IDLE[4], IDLE[5]] {
            let found = run_scenario(&scenario(model, idle));
            for (one, other) in plain.levels.iter().zip(&found.levels) {
                // What a scenario lists as several positions is told of each, beside the numbers of the account.
                let other = LevelResult { positions: Vec::new(), ..other.clone() };
                let same = LevelResult { liquidation_price: other.liquidation_price, ..one.clone() };
                let same = LevelResult { bankruptcy_price: other.bankruptcy_price, ..same };
                assert_eq!(same, other, "{name}: {model}");
            }
        }
    }
}

/// Long 1 and short 0.3 of the equity times L on one asset: with x the price and maintenance m on both, 1 + 0.7·L·(x − 1) = 1.3·L·m·x
/// where it is liquidated. That is the first passage of a Brownian motion, and with drift 0 the mean return is what is forfeited there:
/// 4 errors each, a false alarm in 1,700 runs for all eight numbers.
#[test]
fn positions_that_offset_each_other_are_liquidated_by_first_passage() {
    let (model, volatility) = (r#"{ kind = "gbm", drift = 0.0, volatility = 0.8 }"#, 0.8_f64);
    let short = r#", share = 1 }, { asset = "X", side = "short", share = 0.3"#;
    let found = run_scenario(&scenario(model, ["", short, "margin = \"cross\"", ""]));
    let spread = volatility * (30.0_f64 / 365.0).sqrt();
    for level in &found.levels {
        let leverage = level.leverage;
        let x = (0.7 * leverage - 1.0) / (leverage * (0.7 - 1.3 * 0.005));
        let (barrier, drift) = (x.ln(), -0.5 * spread * spread);
        let beyond = normal((barrier - drift) / spread);
        let wanted =
            beyond + (2.0 * drift * barrier / (spread * spread)).exp() * normal((barrier + drift) / spread);
        let p = level.liquidation_probability;
        assert_eq!(p.method, Method::QuasiMonteCarlo);
        assert!((p.value - wanted).abs() < 4.0 * p.std_error, "{leverage}x: {p:?} is not {wanted}");
        let (mean, forfeited) = (level.mean_return, 1.3 * 0.005 * leverage * x);
        assert!((mean.value + wanted * forfeited).abs() < 4.0 * mean.std_error, "{leverage}x: {mean:?}");
        assert!((level.liquidation_price.unwrap() - 100.0 * x).abs() < 1e-9);
    }
}

#[test]
fn sobol_points_are_an_error_where_they_cannot_be_had() {
    use liqsim::study::{RunError, run};
    let [(gbm, _), _, (heston, _)] = MODELS;
    let funding = [r#"funding = { rate = "1bp", every = "8h" }"#, "", "", ""];
    let run_with = |model, idle: [&str; 4]| {
        let mut scenario = scenario(model, ["", idle[1], idle[0], idle[3]]);
        scenario.simulation.sampling = liqsim::scenario::Sampling::Sobol;
        run(&scenario, &liqsim::RunOptions::default())
    };
    assert!(run_with(gbm, [""; 4]).is_ok());
    for found in [run_with(gbm, funding), run_with(heston, [""; 4])] {
        assert!(matches!(found, Err(RunError::Sampling(_))), "{found:?}");
    }
}
