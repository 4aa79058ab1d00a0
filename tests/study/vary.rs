//! How much margin to add, and where the stop belongs: against the closed form, and against a run at the answer.

use std::sync::atomic::AtomicBool;

use liqsim::account::policy::{StopLoss, Trigger};
use liqsim::engine::RunOptions;
use liqsim::model::{Gbm, Jumps, Merton, Model};
use liqsim::scenario::{Monitoring, PathBudget, Scenario};
use liqsim::study::{Criterion, Vary, VaryAnswer, VaryError, vary};
use liqsim::venue::Side;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::common::{Setup, days, run_scenario};

const VOLATILITY: f64 = 0.6;
const MAINTENANCE: f64 = 0.005;
const HORIZON: u64 = 14;

fn scenario(model: Model, side: Side, leverage: &[f64]) -> Scenario {
    let setup = Setup {
        model,
        horizon: days(HORIZON),
        monitoring: Monitoring::Continuous,
        side,
        maintenance: MAINTENANCE,
        leverage: leverage.to_vec(),
        seed: 5,
    };
    let mut scenario = setup.scenario();
    scenario.simulation.paths = PathBudget::Fixed(40_000);
    scenario
}

fn gbm() -> Model {
    Model::Gbm(Gbm { drift: 0.0, volatility: VOLATILITY })
}

fn answers(scenario: &Scenario, what: Vary, criterion: Criterion, limit: f64) -> Vec<VaryAnswer> {
    let stop = AtomicBool::new(false);
    let options = RunOptions { threads: None, stop: &stop, progress: &|_| {} };
    vary(scenario, what, criterion, &[limit], &options).unwrap().answers
}

/// The probability that a long at this leverage is liquidated: first passage of Brownian motion.
fn closed_form(leverage: f64) -> f64 {
    let normal = Normal::standard();
    let time = HORIZON as f64 / 365.0;
    let barrier = ((1.0 - 1.0 / leverage) / (1.0 - MAINTENANCE)).ln();
    let (drift, deviation) = (-0.5 * VOLATILITY * VOLATILITY, VOLATILITY * time.sqrt());
    normal.cdf((barrier - drift * time) / deviation)
        + (2.0 * drift * barrier / (VOLATILITY * VOLATILITY)).exp()
            * normal.cdf((barrier + drift * time) / deviation)
}

/// The leverage at which the closed form is the limit, by halving.
fn safe_leverage(limit: f64) -> f64 {
    let (mut low, mut high) = (1.01, 50.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if closed_form(middle) <= limit { low = middle } else { high = middle }
    }
    low
}

#[test]
fn the_margin_to_add_is_that_of_the_closed_form() {
    let scenario = scenario(gbm(), Side::Long, &[2.0, 5.0, 10.0]);
    let safe = safe_leverage(0.01);
    let found = answers(&scenario, Vary::Margin, Criterion::LiquidationProbability, 0.01);
    // 2x is safe as it is.
    assert_eq!((found[0].is_needed, found[0].value), (false, Some(0.0)));
    for answer in &found[1..] {
        // The equity of the scenario is 1,000, and the position keeps its size.
        let exact = 1_000.0 * (answer.leverage / safe - 1.0);
        let (value, safe_end, other) =
            (answer.value.unwrap(), answer.safe_end.unwrap(), answer.other_end.unwrap());
        assert!((value / exact - 1.0).abs() < 0.01, "{value} is not {exact}");
        assert!(other <= exact * 1.002 && exact <= safe_end * 1.002, "{other} to {safe_end}: {exact}");
        assert!((answer.leverage_then.unwrap() / safe - 1.0).abs() < 0.01);
        assert!(answer.is_monotone && answer.then.unwrap().value < 0.0105);
    }
}

/// Without jumps any stop before the liquidation price keeps from it; with jumps a run at the answer shows the limit.
#[test]
fn the_widest_stop_keeps_the_limit() {
    let continuous =
        answers(&scenario(gbm(), Side::Long, &[10.0]), Vary::Stop, Criterion::LiquidationProbability, 0.01);
    let room = 1.0 - 0.9 / 0.995;
    assert!(continuous[0].value.unwrap() > 0.99 * room, "{continuous:?}");
    let jumps = Jumps { rate: 40.0, mean: -0.01, std_dev: 0.05 };
    let model = Model::Merton(Merton { drift: 0.0, volatility: 0.4, jumps });
    for (side, sign) in [(Side::Long, 1.0), (Side::Short, -1.0)] {
        let scenario = scenario(model.clone(), side, &[10.0]);
        let answer = answers(&scenario, Vary::Stop, Criterion::LiquidationProbability, 0.05).remove(0);
        let distance = answer.value.unwrap();
        assert!(answer.is_needed && distance > 0.001 && distance < 0.12, "{answer:?}");
        assert!((answer.stop_price.unwrap() - 100.0 * (1.0 - sign * distance)).abs() < 1e-9);
        let mut stopped = scenario.clone();
        stopped.simulation.seed = 77;
        stopped.simulation.paths = PathBudget::Fixed(200_000);
        stopped.policy.stop_loss =
            Some(StopLoss { at: Trigger::Price(1.0 - sign * distance), slippage: 0.0 });
        let level = &run_scenario(&stopped).levels[0];
        let error = level.liquidation_probability.std_error + answer.then.unwrap().std_error;
        let off = (level.liquidation_probability.value - 0.05) / error;
        assert!(off.abs() < 4.0, "{off} errors: {:?}", level.liquidation_probability);
    }
}

/// A near stop loses often and a wide one seldom: the chance of a loss falls with the distance, and the search says that the safe side
/// is not where it begins.
#[test]
fn a_criterion_that_is_not_monotone_is_said_to_be_so() {
    let answer =
        answers(&scenario(gbm(), Side::Long, &[3.0]), Vary::Stop, Criterion::LossProbability, 0.6).remove(0);
    assert!(!answer.is_needed || !answer.is_monotone, "{answer:?}");
    let strict =
        answers(&scenario(gbm(), Side::Long, &[10.0]), Vary::Stop, Criterion::LossProbability, 0.3).remove(0);
    assert!(strict.value.is_none() && strict.is_needed, "{strict:?}");
}

#[test]
fn what_cannot_be_varied_is_refused() {
    let stop = AtomicBool::new(false);
    let options = RunOptions { threads: None, stop: &stop, progress: &|_| {} };
    let one = scenario(gbm(), Side::Long, &[10.0]);
    assert!(matches!(vary(&one, Vary::Margin, Criterion::Kelly, &[], &options), Err(VaryError::NoLimit)));
    let mut two = one;
    two.account.positions.push(two.account.positions[0].clone());
    for position in &mut two.account.positions {
        position.share = 0.5;
        position.collateral = Some(0.5);
    }
    let refused = vary(&two, Vary::Stop, Criterion::LiquidationProbability, &[0.01], &options);
    assert!(matches!(refused, Err(VaryError::Positions(2))));
}
