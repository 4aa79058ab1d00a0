//! Liquidation probabilities without sampled hits: unbiased, with honest errors, down to one in a thousand million.
//!
//! False alarms for other seeds are stated at each test; seeds are fixed, so a pass stays a pass.

use crate::common::instructions::Forced;
use crate::common::{Reference, Setup, SideName, days};
use liqsim::engine::{Executor, Plan, RunOptions};
use liqsim::estimate::{Answer, Crossing, Effort, Estimator};
use liqsim::model::{Gbm, Jumps, Merton, Model};
use liqsim::numeric::InstructionSet;
use liqsim::scenario::Monitoring;
use liqsim::venue::Side;
use serde::Deserialize;
use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal};

/// P(min of X ≤ h) of a Brownian motion with drift m and volatility s over t (Harrison 1985, section 1.8; h < 0).
fn closed_form(m: f64, s: f64, t: f64, h: f64) -> f64 {
    let normal = Normal::standard();
    let deviation = s * t.sqrt();
    normal.cdf((h - m * t) / deviation) + (2.0 * m * h / (s * s)).exp() * normal.cdf((h + m * t) / deviation)
}

fn setup(model: Model, side: Side, leverage: Vec<f64>, seed: u64) -> Setup {
    let (horizon, monitoring) = (days(30), Monitoring::Continuous);
    Setup { model, horizon, monitoring, side, maintenance: 0.005, leverage, seed }
}

fn estimates(setup: &Setup, importance: bool, relative: f64, max_points: u64) -> Vec<Answer> {
    estimates_on(&Executor::alone(), setup, importance, relative, max_points)
}

fn estimates_on(
    executor: &Executor<'_>,
    setup: &Setup,
    importance: bool,
    relative: f64,
    max_points: u64,
) -> Vec<Answer> {
    let plan = Plan::new(&setup.scenario()).expect("a valid scenario");
    let crossing = Crossing::new(&plan, importance).expect("first passages of a known kind");
    let levels: Vec<usize> = (0..plan.terms.len()).collect();
    let effort = Effort { relative, paths: max_points, until_met: true, closings: false };
    crossing
        .answer(&levels, &effort, executor)
        .into_iter()
        .map(|one| one.expect("a level that it serves"))
        .collect()
}

/// Log-price barrier of a level without fees at a maintenance rate of 0.5 %, mirrored for a short.
fn barrier(side: Side, leverage: f64) -> f64 {
    match side {
        Side::Long => ((1.0 - 1.0 / leverage) / 0.995_f64).ln(),
        Side::Short => -((1.0 + 1.0 / leverage) / 1.005_f64).ln(),
    }
}

/// Few points on purpose, so that the error is large enough to see a bias against; levels from 0.94 down to 9e-5, and rarer
/// ones at lower volatility. 56 z-scores over 63 degrees of freedom each beyond 5.3: false alarm 1e-4 in all.
#[test]
fn geometric_brownian_motion_meets_its_closed_form_down_to_a_billionth() {
    let t = 30.0 / 365.0;
    let mut rarest = 1.0_f64;
    for (volatility, drift) in [(0.6, 0.0), (0.6, 0.8), (0.4, -0.3), (0.35, 0.1)] {
        for (side, sign) in [(Side::Long, 1.0), (Side::Short, -1.0)] {
            let leverage = vec![2.0, 2.4, 3.0, 5.0, 10.0, 20.0, 50.0];
            let setup = setup(Model::Gbm(Gbm { drift, volatility }), side, leverage.clone(), 5);
            let found = estimates(&setup, true, 1e-9, 4096);
            for (leverage, found) in leverage.iter().zip(found) {
                let m = sign * (drift - 0.5 * volatility * volatility);
                let p = closed_form(m, volatility, t, barrier(side, *leverage));
                rarest = rarest.min(p);
                let z = (found.probability.value - p) / found.probability.std_error;
                assert!(
                    z.abs() < 5.3,
                    "{volatility} {drift} {side:?} {leverage}x: {found:?} {p:e} z = {z:.2}"
                );
                // 64 points a net.
                assert!(found.probability.std_error < 3e-3 * p, "{leverage}x: {found:?} {p:e}");
            }
        }
    }
    assert!(rarest < 1e-9, "{rarest:e}");
}

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
    horizon_days: u64,
    side: SideName,
    leverage: f64,
    maintenance: f64,
    #[serde(flatten)]
    reference: Reference,
}

/// The ten reference cases, tilted and not, four seeds each: the squared z-scores against chi-square at 1e-4 each way, and
/// their sum, where a common bias would show, at 4 standard errors.
#[test]
fn jump_diffusions_meet_their_reference_values() {
    let cases: Cases = serde_json::from_str(include_str!("../reference/open-B-merton.json")).unwrap();
    for importance in [false, true] {
        let mut scores = Vec::new();
        for case in &cases.cases {
            let jumps = Jumps { rate: case.rate, mean: case.jump_mean, std_dev: case.jump_std_dev };
            for seed in 0..4 {
                let setup = Setup {
                    model: Model::Merton(Merton { drift: case.drift, volatility: case.volatility, jumps }),
                    horizon: days(case.horizon_days),
                    monitoring: Monitoring::Continuous,
                    side: case.side.into(),
                    maintenance: case.maintenance,
                    leverage: vec![case.leverage],
                    seed,
                };
                let found = estimates(&setup, importance, 2e-4, 1 << 19)[0].probability;
                let z = (found.value - case.reference.p_liq) / found.std_error;
                assert!(z.abs() < 5.6, "{}: {found:?} against {}, z = {z:.2}", case.id, case.reference.p_liq);
                scores.push(z);
            }
        }
        let n = scores.len() as f64;
        let sum: f64 = scores.iter().map(|z| z * z).sum();
        // Student's t with 63 degrees of freedom has variance 63/61.
        let chance = ChiSquared::new(n).unwrap().sf(sum * 61.0 / 63.0);
        assert!(chance > 1e-4, "sum of squares {sum:.1} of {n}: {scores:.2?}");
        let together = scores.iter().sum::<f64>() / (n * 63.0 / 61.0).sqrt();
        assert!(together.abs() < 4.0, "together {together:.2}: {scores:.2?}");
    }
}

/// Rare liquidations by jumps: no closed form, but two unlike tilts agree. Each level of a chain of leverages is estimated under
/// its own tilt and, by brute force of points, without any.
#[test]
fn tilted_and_plain_estimates_of_rare_jumps_agree() {
    for (side, mean) in [(Side::Long, -0.08), (Side::Short, 0.06)] {
        for rate in [3.0, 12.0, 50.0] {
            let jumps = Jumps { rate, mean, std_dev: 0.07 };
            let setup = setup(
                Model::Merton(Merton { drift: 0.1, volatility: 0.5, jumps }),
                side,
                vec![2.0, 2.5, 3.0],
                9,
            );
            let tilted = estimates(&setup, true, 2e-3, 1 << 20);
            let plain = estimates(&setup, false, 2e-3, 1 << 21);
            for (tilted, plain) in tilted.iter().zip(&plain) {
                let (a, b) = (tilted.probability, plain.probability);
                let z = (a.value - b.value) / a.std_error.hypot(b.std_error);
                assert!(tilted.is_tilted && !plain.is_tilted && z.abs() < 5.0, "{a:?} {b:?} {z:.2}");
                assert!(a.std_error < 0.05 * a.value, "{a:?}");
            }
        }
    }
}

/// The 95 % intervals of 200 seeds hold the true value about 190 times: binomial, both tails 1e-4 together give 176 to 199.
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let t = 30.0 / 365.0;
    for (leverage, volatility) in [(10.0, 0.6), (2.0, 0.6), (2.0, 0.4)] {
        let truth = closed_form(-0.5 * volatility * volatility, volatility, t, barrier(Side::Long, leverage));
        let covered = (0..200)
            .filter(|seed| {
                let model = Model::Gbm(Gbm { drift: 0.0, volatility });
                let found = estimates(&setup(model, Side::Long, vec![leverage], *seed), true, 1.0, 1024);
                let interval = found[0].probability;
                interval.low <= truth && truth <= interval.high
            })
            .count();
        assert!((176..=199).contains(&covered), "{leverage}x at {volatility}: {covered} of 200");
    }
    // Jumps: the truth is a reference value to more digits than the intervals are wide.
    let cases: Cases = serde_json::from_str(include_str!("../reference/open-B-merton.json")).unwrap();
    for case in &cases.cases {
        let jumps = Jumps { rate: case.rate, mean: case.jump_mean, std_dev: case.jump_std_dev };
        let covered = (0..200)
            .filter(|seed| {
                let setup = Setup {
                    model: Model::Merton(Merton { drift: case.drift, volatility: case.volatility, jumps }),
                    horizon: days(case.horizon_days),
                    monitoring: Monitoring::Continuous,
                    side: case.side.into(),
                    maintenance: case.maintenance,
                    leverage: vec![case.leverage],
                    seed: *seed,
                };
                let interval = estimates(&setup, true, 1.0, 2048)[0].probability;
                interval.low <= case.reference.p_liq && case.reference.p_liq <= interval.high
            })
            .count();
        assert!((174..=200).contains(&covered), "{}: {covered} of 200", case.id);
    }
}

#[test]
fn instruction_sets_and_threads_change_no_bit() {
    let jumps = Jumps { rate: 20.0, mean: -0.03, std_dev: 0.05 };
    let model = Model::Merton(Merton { drift: 0.0, volatility: 0.5, jumps });
    let setup = setup(model, Side::Long, vec![2.0, 5.0, 10.0, 50.0], 3);
    let forced = Forced::begin();
    let run = |set, threads| {
        forced.set(set);
        let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
        estimates_on(&Executor::new(options).unwrap(), &setup, true, 1e-5, 1 << 17)
    };
    let reference = run(InstructionSet::Baseline, 1);
    for set in [InstructionSet::Avx2, InstructionSet::Avx512] {
        for threads in [1, 2, 3] {
            assert_eq!(reference, run(set, threads), "{set:?}, {threads} threads");
        }
    }
}

/// The helper's own check: the density of the first passage integrates to the closed form.
#[test]
fn the_closed_form_is_the_integral_of_the_first_passage_density() {
    let (m, s, t, h): (f64, f64, f64, f64) = (-0.18, 0.6, 30.0 / 365.0, -0.3);
    let normal = Normal::standard();
    let steps = 200_000;
    let sum: f64 = (0..steps)
        .map(|i| {
            let u = (f64::from(i) + 0.5) / f64::from(steps) * t;
            -h / (s * u.powf(1.5)) * normal.pdf((h - m * u) / (s * u.sqrt())) * t / f64::from(steps)
        })
        .sum();
    assert!((sum - closed_form(m, s, t, h)).abs() < 1e-9);
}
