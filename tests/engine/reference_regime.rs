//! Regime switching against reference values (`tests/reference/open-D-regime.json`, with their sources): seven cases, calm, stressed
//! and stationary starts, a day to a year, a million paths each.
//!
//! False alarms for another seed: about 35 comparisons, each at 6.3e-5, are at most 0.3 %; the chi-square test adds 0.1 %.

use crate::common::{Comparison, Reference, Setup, SideName, days};
use liqsim::model::{Model, Regime, RegimeState};
use liqsim::scenario::Monitoring;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    drift: Vec<f64>,
    volatility: Vec<f64>,
    rates: Vec<Vec<f64>>,
    start: Vec<f64>,
    horizon_days: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    prob_loss: f64,
    #[serde(flatten)]
    reference: Reference,
}

#[test]
fn positions_match_the_coupled_equations() {
    let cases: Cases = serde_json::from_str(include_str!("../reference/open-D-regime.json")).unwrap();
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let states = case
            .drift
            .iter()
            .zip(&case.volatility)
            .map(|(drift, volatility)| RegimeState { drift: *drift, volatility: *volatility })
            .collect();
        let regime = Regime { states, switching_rates: case.rates.clone(), start: case.start.clone() };
        let result = Setup {
            model: Model::Regime(regime),
            horizon: days(case.horizon_days),
            monitoring: Monitoring::Continuous,
            side: case.side.into(),
            maintenance: case.maintenance,
            leverage: vec![case.leverage],
            seed: 60_000 + number,
        }
        .run();
        let level = &result.levels[0];
        comparison.level(&case.id, level, &case.reference);
        let loss = level.loss_probability;
        comparison.close(&format!("{}: loss", case.id), loss.value, case.prob_loss, loss.std_error, 1e-4);
        comparison.independent_run(&result, &[case.reference.p_liq]);
    }
    comparison.finish(7);
}
