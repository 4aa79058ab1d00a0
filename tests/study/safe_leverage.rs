//! Safe leverage against the inverse of the closed form.

use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::model::{Gbm, Model};
use liqsim::result::SafeLeverage;
use liqsim::scenario::{Monitoring, PathBudget, Sampling, Scenario};
use liqsim::stats::Method;
use liqsim::study::run_tallied;
use liqsim::study::{Criterion, Depths, LeverageRange, largest_within};
use liqsim::venue::{MarginTier, Side};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::common::{Setup, days};

const VOLATILITY: f64 = 0.6;
const MAINTENANCE: f64 = 0.005;

fn scenario(side: Side, horizon: u64, seed: u64, paths: u64) -> Scenario {
    let setup = Setup {
        model: Model::Gbm(Gbm { drift: 0.0, volatility: VOLATILITY }),
        horizon: days(horizon),
        monitoring: Monitoring::Continuous,
        side,
        maintenance: MAINTENANCE,
        leverage: vec![2.0, 5.0],
        seed,
    };
    let mut scenario = setup.scenario();
    scenario.simulation.paths = PathBudget::Fixed(paths);
    scenario
}

fn options(stop: &AtomicBool) -> RunOptions<'_> {
    RunOptions { threads: None, stop, progress: &|_| {} }
}

fn safe(scenario: &Scenario, targets: &[f64]) -> Vec<SafeLeverage> {
    let (_, tally) = run_tallied(scenario, &options(&AtomicBool::new(false))).unwrap();
    let depths = Depths::new(scenario, &tally).unwrap();
    targets.iter().map(|target| depths.safe(*target)).collect()
}

/// Probability that a Brownian motion with drift reaches a barrier: the reflection principle, as in Borodin and Salminen,
/// "Handbook of Brownian Motion", 2.1.1.4, for the log-price of a price without drift.
fn liquidation_probability(side: Side, leverage: f64, horizon: f64) -> f64 {
    let normal = Normal::standard();
    let spread = VOLATILITY * (horizon / 365.0).sqrt();
    let (distance, drift) = match side {
        Side::Long => (-((1.0 - 1.0 / leverage) / (1.0 - MAINTENANCE)).ln(), 0.5 * spread * spread),
        Side::Short => (((1.0 + 1.0 / leverage) / (1.0 + MAINTENANCE)).ln(), -0.5 * spread * spread),
    };
    // `drift` towards the barrier over the horizon.
    normal.cdf((drift - distance) / spread)
        + (2.0 * drift * distance / (spread * spread)).exp() * normal.cdf((-drift - distance) / spread)
}

fn true_safe(side: Side, target: f64, horizon: f64) -> f64 {
    let (mut low, mut high) = (1.0 + 1e-9, 150.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if liquidation_probability(side, middle, horizon) <= target { low = middle } else { high = middle }
    }
    low
}

#[test]
fn the_closed_form_is_that_of_the_published_table() {
    // DESIGN's table: 5x long 0.2278510, 10x short 0.5723445.
    assert!((liquidation_probability(Side::Long, 5.0, 30.0) - 0.227_851_0).abs() < 1e-7);
    assert!((liquidation_probability(Side::Short, 10.0, 30.0) - 0.572_344_5).abs() < 1e-7);
}

/// Each answer lies within four standard errors, which a correct one fails once in 16,000; and of 18 intervals at 95 %
/// at most five miss (a correct program fails this with probability 2e-4).
#[test]
fn safe_leverage_is_the_inverse_of_the_closed_form() {
    let mut misses = 0;
    for side in [Side::Long, Side::Short] {
        for horizon in [1, 7, 30] {
            let targets = [0.01, 0.05, 0.1];
            for found in safe(&scenario(side, horizon, 3, 400_000), &targets) {
                let truth = true_safe(side, found.max_probability, horizon as f64);
                let error = (found.high - found.low) / (2.0 * 1.96);
                assert!(
                    (found.leverage - truth).abs() < 4.0 * error,
                    "{side:?} {horizon} d: {found:?}, {truth}"
                );
                assert!(error < 0.005 * truth, "{found:?}");
                misses += usize::from(!(found.low..=found.high).contains(&truth));
            }
        }
    }
    assert!(misses <= 5, "{misses} of 18 intervals miss");
}

/// Of 200 intervals at 95 %, between 180 and 199 hold the truth: a correct program fails this with probability 3e-3 at
/// other seeds.
#[test]
fn intervals_cover_at_their_level() {
    let truth = true_safe(Side::Long, 0.05, 7.0);
    let covered = (0..200)
        .filter(|seed| {
            let found = safe(&scenario(Side::Long, 7, 100 + seed, 10_000), &[0.05])[0];
            (found.low..=found.high).contains(&truth)
        })
        .count();
    assert!((180..=199).contains(&covered), "{covered} of 200");
}

/// The same from nets, whose errors are a tenth of those of counts: 18 answers within five standard errors (Student's t with 63 degrees of
/// freedom: 5e-6 each), at most five intervals missed, and of 200 smaller runs 176 to 199 intervals (1e-4) that hold the truth.
#[test]
fn safe_leverage_from_nets_is_more_precise_and_as_honest() {
    let apart = |mut scenario: Scenario, target: f64| {
        scenario.simulation.sampling = Sampling::Auto;
        let (_, tally) = run_tallied(&scenario, &options(&AtomicBool::new(false))).unwrap();
        let depths = Depths::new(&scenario, &tally).unwrap();
        let (found, by) = depths.safe_apart(target, &RunOptions::default()).unwrap().expect("nets");
        assert_eq!(by, Method::QuasiMonteCarlo);
        (found, depths.safe(target))
    };
    let mut misses = 0;
    for side in [Side::Long, Side::Short] {
        for horizon in [1, 7, 30] {
            for target in [1e-4, 0.01, 0.1] {
                let (found, counted) = apart(scenario(side, horizon, 3, 100_000), target);
                let truth = true_safe(side, target, horizon as f64);
                let error = (found.high - found.low) / (2.0 * 1.96);
                assert!(
                    (found.leverage - truth).abs() < 5.0 * error,
                    "{side:?} {horizon} d: {found:?}, {truth}"
                );
                assert!(found.high - found.low < 0.5 * (counted.high - counted.low), "{found:?} {counted:?}");
                misses += usize::from(!(found.low..=found.high).contains(&truth));
            }
        }
    }
    assert!(misses <= 5, "{misses} of 18 intervals miss");
    let truth = true_safe(Side::Long, 0.05, 7.0);
    let covered = (0..200).filter(|seed| {
        let (found, _) = apart(scenario(Side::Long, 7, 100 + seed, 20_000), 0.05);
        (found.low..=found.high).contains(&truth)
    });
    let covered = covered.count();
    assert!((176..=199).contains(&covered), "{covered} of 200");
}

#[test]
fn a_search_finds_what_one_pass_finds() {
    let scenario = scenario(Side::Short, 7, 5, 50_000);
    let once = safe(&scenario, &[0.05])[0];
    let stop = AtomicBool::new(false);
    let found = largest_within(&scenario, Criterion::LiquidationProbability, 0.05, None, &options(&stop));
    let found = found.unwrap().unwrap();
    assert!((found.leverage / once.leverage - 1.0).abs() < 2e-3, "{found:?} {once:?}");
    assert!((found.low.unwrap() / once.low - 1.0).abs() < 5e-3, "{found:?} {once:?}");
    assert!((found.high.unwrap() / once.high - 1.0).abs() < 5e-3, "{found:?} {once:?}");
}

/// Expected shortfall of the whole loss at leverage 1 grows in proportion to leverage until liquidation sets in.
#[test]
fn the_largest_leverage_within_a_shortfall_meets_it() {
    let scenario = scenario(Side::Long, 7, 5, 50_000);
    let stop = AtomicBool::new(false);
    let found =
        largest_within(&scenario, Criterion::ExpectedShortfall, 0.3, None, &options(&stop)).unwrap().unwrap();
    let at = |leverage: f64| {
        let mut scenario = scenario.clone();
        scenario.account.leverage = vec![leverage];
        run_tallied(&scenario, &options(&stop)).unwrap().0.levels[0].expected_shortfall["0.95"].value
    };
    assert!(at(found.leverage) <= 0.3 && at(found.leverage * 1.001) > 0.2999, "{found:?}");
    assert!(found.low.unwrap() < found.leverage && found.leverage < found.high.unwrap());
}

#[test]
fn the_venues_cap_binds() {
    let mut scenario = scenario(Side::Long, 1, 1, 10_000);
    let tier = MarginTier { up_to: f64::INFINITY, rate: MAINTENANCE, deduction: 0.0, max_leverage: 20.0 };
    scenario.account.venue.tiers = vec![tier];
    let found = safe(&scenario, &[0.5])[0];
    assert_eq!((found.leverage, found.high, found.limited_by_venue), (20.0, 20.0, true));
    assert_eq!(LeverageRange::of(&scenario).unwrap().largest(), 20.0);
    assert!(!safe(&scenario, &[0.001])[0].limited_by_venue);
}

/// Too few paths to exclude that the true quantile lies beyond all of them: the interval reaches down to where a long
/// cannot be liquidated at all.
#[test]
fn a_target_rarer_than_the_paths_can_tell_has_no_lower_bound_but_the_unlevered() {
    let found = safe(&scenario(Side::Long, 7, 1, 1_000), &[0.001])[0];
    assert!(found.low <= 1.0 && found.leverage > 2.0 && found.high > found.leverage, "{found:?}");
}

fn safe_command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args([
            "safe",
            concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml"),
            "--paths",
            "20000",
        ])
        .args(arguments)
        .output()
        .unwrap()
}

/// Every point of a surface is what the command gives for these values alone, in every format.
#[test]
fn a_surface_is_made_of_single_answers() {
    let over = ["--over", "horizon=1d..30d:3", "--over", "volatility=40%,80%", "--max-probability", "1%,5%"];
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = safe_command(&[arguments, &["--format", "json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let surface = json(&over);
    let points = surface.as_array().unwrap();
    // 1 d, 5.5 d rounded to hours as the geometric middle, 30 d; the last key moves fastest.
    assert_eq!(points.len(), 6);
    assert_eq!(points[3]["over"]["simulation.horizon"], "5d");
    assert_eq!(points[3]["over"]["assets.BTC.model.volatility"], "80%");
    let alone = json(&[
        "--set",
        "simulation.horizon=5d",
        "--set",
        "assets.BTC.model.volatility=0.8",
        "--max-probability",
        "1%,5%",
    ]);
    assert_eq!(points[3]["safe_leverage"], alone["safe_leverage"]);
    assert_eq!(points[3]["identity"], alone["identity"]);
    let value = |point: usize| points[point]["safe_leverage"][0]["leverage"].as_f64().unwrap();
    assert!(value(0) > value(2) && value(2) > value(4) && value(0) > value(1), "{surface}");
    let csv = String::from_utf8(safe_command(&[&over[..], &["--format", "csv"]].concat()).stdout).unwrap();
    assert_eq!(csv.lines().count(), 1 + 12);
    assert!(csv.contains(",0.01,80%,5d,"), "{csv}");
    let table = String::from_utf8(safe_command(&over).stdout).unwrap();
    assert!(table.contains("volatility") && table.contains("at most 5 %") && table.contains("5d"), "{table}");
}

#[test]
fn a_wrong_surface_is_a_clear_error() {
    for (over, message) in [
        ("horizon=30d..1d", "must be KEY=FROM..TO"),
        ("assets.BTC.model.wobble=1..2", "wobble"),
        ("volatility=-1,2", "volatility"),
    ] {
        let output = safe_command(&["--over", over]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{over}");
        assert!(error.contains(message), "{over}: {error}");
    }
}
