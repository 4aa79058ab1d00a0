//! A model that a caller brings: the example's, against its closed form.
//!
//! Over the time ν in which its clock gains an exponential amount, the log return of the variance gamma process is Laplace with scale
//! σ√(ν/2) around its mean. Looked at once, at that time, a long is liquidated where the price is at its liquidation price or below.

use std::sync::Arc;

use liqsim::model::{Model, PriceModel};
use liqsim::scenario::{Monitoring, PathBudget, Sampling, Scenario, Source, WriteError, from_value};
use liqsim::venue::Side;
use liqsim::{RunOptions, run};

use crate::common::{ALLOWED_ERRORS, Setup, days};

#[path = "../../examples/own_model.rs"]
#[allow(dead_code)]
mod example;

use example::VarianceGamma;

const YEARS: f64 = 30.0 / 365.0;
const MODEL: VarianceGamma = VarianceGamma { drift: 0.2, volatility: 0.8, kurtosis_time: YEARS };

fn scenario(model: impl PriceModel + 'static) -> Scenario {
    Setup {
        model: Model::Custom(Arc::new(model)),
        horizon: days(30),
        monitoring: Monitoring::Every(days(30)),
        side: Side::Long,
        maintenance: 0.01,
        leverage: vec![1.5, 2.0, 3.0, 5.0, 10.0],
        seed: 11,
    }
    .scenario()
}

/// Probability that the price is at most `ratio` of the price at the start.
fn laplace(ratio: f64) -> f64 {
    let scale = MODEL.volatility * (0.5 * YEARS).sqrt();
    let compensator = (1.0 - 0.5 * MODEL.volatility * MODEL.volatility * YEARS).ln() / YEARS;
    let distance = (ratio.ln() - (MODEL.drift + compensator) * YEARS) / scale;
    if distance < 0.0 { 0.5 * distance.exp() } else { 1.0 - 0.5 * (-distance).exp() }
}

#[test]
fn the_example_has_the_law_of_its_closed_form() {
    for sampling in [Sampling::Pseudo, Sampling::Auto] {
        let mut scenario = scenario(MODEL);
        scenario.simulation.sampling = sampling;
        scenario.simulation.paths = PathBudget::Fixed(200_000);
        let result = run(&scenario, &RunOptions::default()).unwrap();
        for level in &result.levels {
            let truth = laplace(level.liquidation_price.unwrap() / scenario.assets[0].price);
            let found = level.liquidation_probability;
            let z = (found.value - truth) / found.std_error;
            assert!(z.abs() < ALLOWED_ERRORS, "{}x: {} for {truth}, z = {z:.2}", level.leverage, found.value);
        }
    }
}

#[test]
fn threads_change_no_digit_of_a_model_of_ones_own() {
    let mut scenario = scenario(MODEL);
    scenario.simulation.paths = PathBudget::Fixed(5_000);
    let with =
        |threads| run(&scenario, &RunOptions { threads: Some(threads), ..RunOptions::default() }).unwrap();
    assert_eq!(with(1), with(3));
}

#[test]
fn parameters_enter_the_identity_and_text_is_refused() {
    let other = VarianceGamma { drift: 0.1, ..MODEL };
    assert_ne!(scenario(MODEL).identity(), scenario(other).identity());
    assert_eq!(scenario(MODEL).identity(), scenario(MODEL).identity());
    let value = serde_json::json!({
        "simulation": { "horizon": "7d", "paths": 1000 },
        "assets": { "X": { "price": 100, "model": { "kind": "gbm", "drift": 0, "volatility": 0.6 } } },
        "account": {
            "equity": 1000, "leverage": [3], "venue": { "contract": "linear", "maintenance": 0.005 },
            "positions": [{ "asset": "X", "side": "short" }],
        },
    });
    let mut read = from_value(Source::new("values", ""), &value, &[]).unwrap();
    assert!(read.to_toml().is_ok());
    read.assets[0].model = Model::Custom(Arc::new(MODEL));
    assert_eq!(read.to_toml(), Err(WriteError::OwnModel));
    assert_eq!(read.bundle(), Err(WriteError::OwnModel));
}
