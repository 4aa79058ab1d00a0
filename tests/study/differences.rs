//! Differences between accounts that saw the same prices: right by closed forms, and sharper than results side by side.

use liqsim::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Estimate;
use liqsim::study::{Differences, differences, run_levels};
use statrs::distribution::{ContinuousCDF, Normal};

const VOLATILITY: f64 = 0.8;

fn scenario(maintenance: f64, simulation: &str, leverage: &str) -> Scenario {
    let text = format!(
        "name = \"one\"\nsimulation = {{ horizon = \"30d\", sampling = \"pseudo\", {simulation} }}\n\
         assets.X = {{ price = 100, model = {{ kind = \"gbm\", drift = 0.0, volatility = {VOLATILITY} }} }}\n\
         account = {{ equity = 1_000.0, leverage = {leverage}, venue = {{ contract = \"linear\", maintenance = {maintenance} }}, \
         positions = [{{ asset = \"X\", side = \"long\" }}] }}\n"
    );
    parse(Source::new("one.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn result(scenario: &Scenario) -> RunResult {
    run_levels(scenario, &RunOptions::default()).unwrap()
}

fn between(first: &Scenario, other: &Scenario) -> Option<Differences> {
    differences((first, &result(first)), (other, &result(other)), &RunOptions::default()).unwrap()
}

/// P(a long at this leverage is liquidated): the reflection principle for a driftless price over 30 days.
fn liquidated(leverage: f64, maintenance: f64) -> f64 {
    let years = 30.0 / 365.0_f64;
    let (drift, spread) = (-0.5 * VOLATILITY * VOLATILITY, VOLATILITY * years.sqrt());
    let b = ((1.0 - 1.0 / leverage) / (1.0 - maintenance)).ln();
    let normal = Normal::standard();
    normal.cdf((b - drift * years) / spread)
        + (2.0 * drift * b / (VOLATILITY * VOLATILITY)).exp() * normal.cdf((b + drift * years) / spread)
}

/// Two maintenance rates. The true difference is within 4 errors (6.3e-5 each for other seeds), and the error is at most a
/// third of that of two results as if they were independent.
#[test]
fn a_difference_is_right_and_sharper_than_two_results() {
    let [first, other] =
        [0.005, 0.01].map(|maintenance| scenario(maintenance, "paths = 65_536, seed = 5", "[3, 5, 10]"));
    let (its, others) = (result(&first), result(&other));
    let found = differences((&first, &its), (&other, &others), &RunOptions::default()).unwrap().unwrap();
    assert_eq!((found.paths, found.levels.len()), (65_536, 3));
    for (level, (a, b)) in found.levels.iter().zip(its.levels.iter().zip(&others.levels)) {
        let known = liquidated(level.leverage, 0.01) - liquidated(level.leverage, 0.005);
        let difference = level.liquidation_probability;
        for Estimate { value, low, high, .. } in [difference, level.mean_return] {
            assert!(low < value && value < high, "{low} {value} {high}");
        }
        assert!((difference.value - known).abs() < 4.0 * difference.std_error, "{known} {difference:?}");
        let apart = a.liquidation_probability.std_error.hypot(b.liquidation_probability.std_error);
        assert!(difference.std_error < apart / 3.0, "{} {apart}", difference.std_error);
        assert!(level.mean_return.std_error < a.mean_return.std_error / 3.0, "{level:?}");
    }
    // The other way round it is the same with the other sign.
    let back = differences((&other, &others), (&first, &its), &RunOptions::default()).unwrap().unwrap();
    for (level, back) in found.levels.iter().zip(&back.levels) {
        for (one, other) in [
            (level.liquidation_probability, back.liquidation_probability),
            (level.mean_return, back.mean_return),
        ] {
            assert_eq!((one.value, one.low, one.high), (-other.value, -other.high, -other.low));
        }
    }
}

#[test]
fn the_same_account_has_no_difference_on_any_path() {
    let one = scenario(0.005, "paths = 16_384, seed = 5", "[2, 5]");
    for level in between(&one, &one).unwrap().levels {
        for difference in [level.liquidation_probability, level.mean_return] {
            assert_eq!((difference.value, difference.std_error), (0.0, 0.0));
        }
    }
}

/// Only leverages that both have are compared, and only paths that both saw.
#[test]
fn what_has_other_prices_is_not_compared() {
    let one = scenario(0.005, "paths = 16_384, seed = 5", "[2, 5]");
    let other = scenario(0.01, "paths = 16_384, seed = 5", "[3, 5]");
    assert_eq!(between(&one, &other).unwrap().levels.len(), 1);
    for unlike in [
        scenario(0.01, "paths = 16_384, seed = 6", "[2, 5]"),
        scenario(0.01, "paths = 16_384, seed = 5", "[3, 4]"),
        scenario(0.01, "paths = 4_096, seed = 5", "[2, 5]"),
    ] {
        assert_eq!(between(&one, &unlike), None);
    }
}
