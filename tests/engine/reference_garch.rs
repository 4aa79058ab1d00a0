//! GARCH against reference values (`tests/reference/open-D-garch.json`, with their sources): normal and Student-t innovations, looked at
//! once a day, a million paths each.
//!
//! False alarms for another seed: about 16 comparisons, each at 6.3e-5, are at most 0.1 %; the chi-square test adds 0.1 %.

use crate::common::{Comparison, Reference, Setup, SideName, days};
use liqsim::model::{Garch, Model};
use liqsim::scenario::Monitoring;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    mean_log_return: f64,
    omega: f64,
    alpha: f64,
    beta: f64,
    initial_variance: f64,
    dof: Option<f64>,
    steps: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    prob_loss: f64,
    #[serde(flatten)]
    reference: Reference,
}

#[test]
fn positions_match_the_backward_recursion() {
    let cases: Cases = serde_json::from_str(include_str!("../reference/open-D-garch.json")).unwrap();
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let model = Garch {
            log_drift: 365.0 * case.mean_log_return,
            step: days(1),
            omega: case.omega,
            alpha: case.alpha,
            gamma: 0.0,
            beta: case.beta,
            dof: case.dof,
            initial_variance: case.initial_variance,
        };
        let result = Setup {
            model: Model::Garch(model),
            horizon: days(case.steps),
            monitoring: Monitoring::Every(days(1)),
            side: case.side.into(),
            maintenance: case.maintenance,
            leverage: vec![case.leverage],
            seed: 70_000 + number,
        }
        .run();
        let level = &result.levels[0];
        comparison.probability(&case.id, level, case.reference.p_liq);
        let loss = level.loss_probability;
        comparison.close(&format!("{}: loss", case.id), loss.value, case.prob_loss, loss.std_error, 0.0);
        comparison.independent_run(&result, &[case.reference.p_liq]);
    }
    comparison.finish(4);
}
