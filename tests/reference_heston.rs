//! Heston and Bates against reference values (`tests/reference/open-C-heston.json`, with their sources): 18 cases, Feller ratios from
//! 0.25 to 8, both signs of the correlation, with and without jumps, a day to a year.
//!
//! The scheme is not exact: a liquidation probability may be off by the bias that `model/heston.rs` states, 0.15 percentage points, beside
//! four standard errors. The cost of a path rises with its steps, so long horizons get fewer paths.

mod common;

use std::sync::atomic::AtomicBool;

use common::{Comparison, Reference, Setup, SideName, days};
use liqsim::engine::{RunOptions, run};
use liqsim::model::{Bates, Heston, Jumps, Model};
use liqsim::scenario::{Monitoring, PathBudget};
use serde::Deserialize;

/// Stated bias of a probability under the default step.
const BIAS: f64 = 0.0015;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    drift: f64,
    variance: f64,
    long_run_variance: f64,
    mean_reversion: f64,
    vol_of_vol: f64,
    correlation: f64,
    #[serde(flatten)]
    jumps: Option<JumpLaw>,
    horizon_days: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    prob_loss: f64,
    #[serde(flatten)]
    reference: Reference,
}

#[derive(Deserialize)]
struct JumpLaw {
    rate: f64,
    jump_mean: f64,
    jump_std_dev: f64,
}

impl Case {
    fn model(&self) -> Model {
        let heston = Heston {
            drift: self.drift,
            variance: self.variance,
            long_run_variance: self.long_run_variance,
            mean_reversion: self.mean_reversion,
            vol_of_vol: self.vol_of_vol,
            correlation: self.correlation,
            step: None,
        };
        match &self.jumps {
            None => Model::Heston(heston),
            Some(law) => {
                let jumps = Jumps { rate: law.rate, mean: law.jump_mean, std_dev: law.jump_std_dev };
                Model::Bates(Bates { heston, jumps })
            }
        }
    }
}

#[test]
fn positions_match_the_partial_differential_equation() {
    let cases: Cases = serde_json::from_str(include_str!("reference/open-C-heston.json")).unwrap();
    assert_eq!(cases.cases.len(), 18);
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let mut scenario = Setup {
            model: case.model(),
            horizon: days(case.horizon_days),
            monitoring: Monitoring::Continuous,
            side: case.side.into(),
            // A short without any maintenance margin is no valid position; the difference is far below the errors.
            maintenance: case.maintenance.max(1e-9),
            leverage: vec![case.leverage],
            seed: 50_000 + number,
        }
        .scenario();
        let paths = if case.horizon_days > 30 { 60_000 } else { 250_000 };
        scenario.simulation.paths = PathBudget::Fixed(paths);
        let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
        let result = run(&scenario, &options).unwrap();
        let level = &result.levels[0];
        let name = |what: &str| format!("{}: {what}", case.id);
        let p = level.liquidation_probability;
        comparison.close(&name("liquidation"), p.value, case.reference.p_liq, p.std_error, BIAS);
        let loss = level.loss_probability;
        comparison.close(&name("loss"), loss.value, case.prob_loss, loss.std_error, BIAS);
        // A position liquidated too late or too early by the bias returns up to its leverage more or less.
        let mean = level.mean_return;
        let slack = BIAS * (1.0 + p.value / (1.0 - p.value));
        comparison.close(
            &name("mean"),
            mean.value,
            case.reference.mean_return.unwrap(),
            mean.std_error,
            slack,
        );
        let time = level.time_to_liquidation_days.unwrap();
        let known = case.reference.mean_days.unwrap();
        comparison.close(&name("days"), time.mean, known, time.std_error, 0.01 * known);
    }
    comparison.finish(0);
}
