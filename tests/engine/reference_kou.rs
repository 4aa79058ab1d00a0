//! Kou's jump diffusion against high-precision reference values (`tests/reference/open-B-kou.json` and `open-B-raw.json`, with
//! their sources): six positions, and raw first-passage probabilities from 0.26 down to 2e-18, a million paths each.
//!
//! False alarms for another seed: about 70 comparisons, each at 6.3e-5, are at most 0.5 %; the chi-square test adds 0.1 %.

use crate::common::{Comparison, Reference, Setup, SideName, days};
use liqsim::market::Duration;
use liqsim::model::{Kou, KouJumps, Model};
use liqsim::scenario::Monitoring;
use liqsim::venue::Side;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

/// The jumps as Kou writes them: the exponential rates are the inverse means.
#[derive(Deserialize)]
struct Law {
    volatility: f64,
    rate: f64,
    up_probability: f64,
    eta_up: f64,
    eta_down: f64,
}

impl Law {
    fn jumps(&self) -> KouJumps {
        KouJumps {
            rate: self.rate,
            up_probability: self.up_probability,
            up_mean: 1.0 / self.eta_up,
            down_mean: 1.0 / self.eta_down,
        }
    }
}

#[derive(Deserialize)]
struct Case {
    id: String,
    drift: f64,
    #[serde(flatten)]
    law: Law,
    log_drift: f64,
    horizon_days: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    #[serde(flatten)]
    reference: Reference,
}

#[derive(Deserialize)]
struct Passage {
    id: String,
    log_drift: f64,
    #[serde(flatten)]
    law: Law,
    level: f64,
    years: f64,
    p_hit: f64,
}

#[test]
fn positions_match_the_laplace_inversion() {
    let cases: Cases<Case> = serde_json::from_str(include_str!("../reference/open-B-kou.json")).unwrap();
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let jumps = case.law.jumps();
        let log_drift = case.drift - 0.5 * case.law.volatility.powi(2) - jumps.growth();
        assert!((log_drift - case.log_drift).abs() < 1e-12, "{}", case.id);
        let result = Setup {
            model: Model::Kou(Kou { drift: case.drift, volatility: case.law.volatility, jumps }),
            horizon: days(case.horizon_days),
            monitoring: Monitoring::Continuous,
            side: case.side.into(),
            maintenance: case.maintenance,
            leverage: vec![case.leverage],
            seed: 40_000 + number,
        }
        .run();
        comparison.level(&case.id, &result.levels[0], &case.reference);
        comparison.independent_run(&result, &[case.reference.p_liq]);
    }
    comparison.finish(6);
}

#[test]
fn first_passages_match_kou_and_wang() {
    let cases: Cases<Passage> = serde_json::from_str(include_str!("../reference/open-B-raw.json")).unwrap();
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let jumps = case.law.jumps();
        let volatility = case.law.volatility;
        let drift = case.log_drift + 0.5 * volatility.powi(2) + jumps.growth();
        // With next to no maintenance the liquidation price is S0 (1 ∓ 1/L): the leverage whose logarithm is the level.
        let side = if case.level > 0.0 { Side::Short } else { Side::Long };
        let result = Setup {
            model: Model::Kou(Kou { drift, volatility, jumps }),
            horizon: Duration::from_seconds((case.years * 31_536_000.0).round() as u64),
            monitoring: Monitoring::Continuous,
            side,
            maintenance: 1e-12,
            leverage: vec![1.0 / case.level.exp_m1().abs()],
            seed: 41_000 + number,
        }
        .run();
        comparison.probability(&case.id, &result.levels[0], case.p_hit);
        comparison.independent_run(&result, &[case.p_hit]);
    }
    comparison.finish(3);
}
