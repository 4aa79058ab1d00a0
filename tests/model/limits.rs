//! Models that cannot be right are refused with the name of the parameter and its limit, wherever they come from.

use liqsim::engine::PlanError;
use liqsim::market::Duration;
use liqsim::model::{
    Bates, Garch, Gbm, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps, Merton, Model, ModelError, Regime,
    RegimeState,
};
use liqsim::scenario::{Monitoring, ScenarioError};
use liqsim::study::RunError;
use liqsim::venue::Side;
use liqsim::{RunOptions, run};

use crate::common::{Setup, days};

const GBM: Gbm = Gbm { drift: 0.1, volatility: 0.5 };
const JUMPS: Jumps = Jumps { rate: 20.0, mean: -0.01, std_dev: 0.05 };
const MERTON: Merton = Merton { drift: 0.1, volatility: 0.5, jumps: JUMPS };
const KOU: Kou = Kou {
    drift: 0.1,
    volatility: 0.5,
    jumps: KouJumps { rate: 20.0, up_probability: 0.4, up_mean: 0.04, down_mean: 0.05 },
};
const HESTON: Heston = Heston {
    drift: 0.1,
    variance: 0.3,
    long_run_variance: 0.3,
    mean_reversion: 5.0,
    vol_of_vol: 1.0,
    correlation: -0.3,
    step: None,
};
const HAWKES: Hawkes = Hawkes {
    drift: 0.1,
    volatility: 0.5,
    jumps: HawkesJumps { base: JUMPS, excitation: 300.0, decay: 1000.0 },
};
const GARCH: Garch = Garch {
    log_drift: 0.0,
    step: Duration::from_seconds(86_400),
    omega: 2e-5,
    alpha: 0.06,
    gamma: 0.0,
    beta: 0.92,
    dof: Some(4.0),
    initial_variance: 1e-3,
};

fn regime() -> Regime {
    let state = |volatility| RegimeState { drift: 0.0, volatility };
    Regime {
        states: vec![state(0.4), state(1.0)],
        switching_rates: vec![vec![0.0, 10.0], vec![30.0, 0.0]],
        start: vec![1.0, 0.0],
    }
}

/// A wrong model for every parameter of every kind, with the parameter.
fn wrong() -> Vec<(Model, &'static str)> {
    let heston = |heston| Model::Heston(heston);
    let kou = |jumps| Model::Kou(Kou { jumps, ..KOU });
    let hawkes = |jumps| Model::Hawkes(Hawkes { jumps, ..HAWKES });
    let garch = |garch| Model::Garch(garch);
    let mut ragged = regime();
    ragged.switching_rates[1].pop();
    let (mut negative, mut start) = (regime(), regime());
    negative.switching_rates[0][1] = -1.0;
    start.start = vec![0.5, 0.4];
    vec![
        (Model::Gbm(Gbm { volatility: -0.47, ..GBM }), "volatility"),
        (Model::Gbm(Gbm { volatility: f64::NAN, ..GBM }), "volatility"),
        (Model::Gbm(Gbm { drift: f64::INFINITY, ..GBM }), "drift"),
        (Model::Merton(Merton { volatility: 0.0, ..MERTON }), "volatility"),
        (Model::Merton(Merton { jumps: Jumps { rate: -1.0, ..JUMPS }, ..MERTON }), "jumps.rate"),
        (Model::Merton(Merton { jumps: Jumps { mean: 6.0, ..JUMPS }, ..MERTON }), "jumps.mean"),
        (Model::Merton(Merton { jumps: Jumps { std_dev: -0.1, ..JUMPS }, ..MERTON }), "jumps.std_dev"),
        (kou(KouJumps { up_probability: 1.1, ..KOU.jumps }), "jumps.up_probability"),
        (kou(KouJumps { up_mean: 1.0, ..KOU.jumps }), "jumps.up_mean"),
        (kou(KouJumps { down_mean: 0.0, ..KOU.jumps }), "jumps.down_mean"),
        (heston(Heston { variance: -0.1, ..HESTON }), "variance"),
        (heston(Heston { long_run_variance: -0.1, ..HESTON }), "long_run_variance"),
        (heston(Heston { mean_reversion: -0.1, ..HESTON }), "mean_reversion"),
        (heston(Heston { vol_of_vol: -0.1, ..HESTON }), "vol_of_vol"),
        (heston(Heston { correlation: -1.01, ..HESTON }), "correlation"),
        (heston(Heston { step: Some(Duration::from_seconds(0)), ..HESTON }), "step"),
        (Model::Bates(Bates { heston: HESTON, jumps: Jumps { rate: 1e6, ..JUMPS } }), "jumps.rate"),
        (hawkes(HawkesJumps { excitation: 1000.0, ..HAWKES.jumps }), "jumps.excitation"),
        (hawkes(HawkesJumps { decay: 0.0, ..HAWKES.jumps }), "jumps.decay"),
        (garch(Garch { omega: -1e-9, ..GARCH }), "omega"),
        (garch(Garch { alpha: 0.01, gamma: -0.02, ..GARCH }), "gamma"),
        (garch(Garch { beta: 11.0, ..GARCH }), "beta"),
        (garch(Garch { dof: Some(2.0), ..GARCH }), "dof"),
        (garch(Garch { initial_variance: f64::NAN, ..GARCH }), "initial_variance"),
        (Model::Regime(ragged), "switching rates"),
        (Model::Regime(negative), "switching_rates"),
        (Model::Regime(start), "start"),
    ]
}

#[test]
fn a_wrong_parameter_of_any_model_is_named_with_its_limit() {
    for (model, key) in wrong() {
        let error = model.check().unwrap_err();
        assert!(error.to_string().contains(key), "{model:?}: {error}");
        if let ModelError::OutOfRange { range, value, .. } = error {
            assert!(!range.contains(value));
        }
    }
    for model in [
        Model::Gbm(GBM.checked().unwrap()),
        Model::Merton(MERTON.checked().unwrap()),
        Model::Kou(KOU.checked().unwrap()),
        Model::Heston(HESTON.checked().unwrap()),
        Model::Bates(Bates { heston: HESTON, jumps: JUMPS }.checked().unwrap()),
        Model::Hawkes(HAWKES.checked().unwrap()),
        Model::Garch(GARCH.checked().unwrap()),
        Model::Regime(regime().checked().unwrap()),
    ] {
        assert_eq!(model.check(), Ok(()));
    }
}

#[test]
fn no_run_starts_with_values_that_cannot_be_right() {
    let setup = |model| Setup {
        model,
        horizon: days(1),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 0.005,
        leverage: vec![2.0],
        seed: 1,
    };
    let refused = |scenario| match run(&scenario, &RunOptions::default()) {
        Err(RunError::Plan(PlanError::Wrong(error))) => error,
        other => panic!("{other:?}"),
    };
    let error = refused(setup(Model::Gbm(Gbm { volatility: -0.47, ..GBM })).scenario());
    assert!(matches!(error, ScenarioError::Model { .. }), "{error}");
    let sound = || setup(Model::Gbm(GBM)).scenario();
    let mut scenario = sound();
    scenario.account.leverage = vec![2.0, -3.0];
    assert!(refused(scenario).to_string().contains("leverage"));
    let mut scenario = sound();
    scenario.account.equity = 0.0;
    assert!(refused(scenario).to_string().contains("equity"));
    let mut scenario = sound();
    scenario.assets[0].price = f64::NAN;
    assert!(refused(scenario).to_string().contains("price"));
    let mut scenario = sound();
    scenario.account.positions[0].asset = 1;
    assert!(matches!(refused(scenario), ScenarioError::NoAsset { .. }));
}
