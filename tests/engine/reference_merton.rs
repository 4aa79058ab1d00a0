//! Merton's jump diffusion against high-precision reference values (`tests/reference/open-B-merton.json`, with their sources):
//! ten cases, from rare large jumps to fifty a year, long and short, a day to a year, a million paths each.
//!
//! False alarms for another seed: about 150 comparisons, each at 6.3e-5, are at most 1 %; the chi-square test adds 0.1 %.

use crate::common::{Comparison, Reference, Setup, SideName, days};
use liqsim::model::{Jumps, Merton, Model};
use liqsim::scenario::Monitoring;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    drift: f64,
    volatility: f64,
    rate: f64,
    jump_mean: f64,
    jump_std_dev: f64,
    log_drift: f64,
    horizon_days: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    #[serde(flatten)]
    reference: Reference,
}

#[test]
fn distributions_match_the_partial_integro_differential_equation() {
    let cases: Cases = serde_json::from_str(include_str!("../reference/open-B-merton.json")).unwrap();
    assert_eq!(cases.cases.len(), 10);
    let mut comparison = Comparison::default();
    for (number, case) in (0..).zip(&cases.cases) {
        let jumps = Jumps { rate: case.rate, mean: case.jump_mean, std_dev: case.jump_std_dev };
        // The reference set agrees with us on what `drift` means: the growth of the expected price, jumps compensated.
        let compensator = jumps.rate * ((jumps.mean + 0.5 * jumps.std_dev.powi(2)).exp() - 1.0);
        let log_drift = case.drift - 0.5 * case.volatility.powi(2) - compensator;
        assert!((log_drift - case.log_drift).abs() < 1e-12, "{}", case.id);
        let result = Setup {
            model: Model::Merton(Merton { drift: case.drift, volatility: case.volatility, jumps }),
            horizon: days(case.horizon_days),
            monitoring: Monitoring::Continuous,
            side: case.side.into(),
            maintenance: case.maintenance,
            leverage: vec![case.leverage],
            seed: 30_000 + number,
        }
        .run();
        comparison.level(&case.id, &result.levels[0], &case.reference);
        comparison.independent_run(&result, &[case.reference.p_liq]);
    }
    comparison.finish(10);
}
