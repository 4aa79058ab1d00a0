//! The errors of whole past horizons, against a block bootstrap written out over the record.

use liqsim::engine::RunOptions;
use liqsim::market::Duration;
use liqsim::model::{Mixture, Model, ScaledHistory};
use liqsim::result::RunResult;
use liqsim::scenario::{PathBudget, Scenario, Source, parse};
use liqsim::study::{run, run_levels};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::common::history;

const DAYS: usize = 10;
const LEVERAGES: [f64; 3] = [4.0, 6.0, 9.0];

fn scenario(model: Model, paths: u64) -> Scenario {
    scenario_over(DAYS, model, paths)
}

fn scenario_over(days: usize, model: Model, paths: u64) -> Scenario {
    let text = format!(
        "[simulation]\nhorizon = \"{days}d\"\nseed = 3\n[assets.A]\nprice = 1.0\nmodel = {{ kind = \"gbm\", drift = 0.0, volatility = 0.5 }}\n\
         [account]\nequity = 1000\nleverage = {LEVERAGES:?}\nvenue = {{ contract = \"linear\", maintenance = 0.005 }}\n\
         [[account.positions]]\nasset = \"A\"\nside = \"long\"\n"
    );
    let mut scenario = parse(Source::new("test", text), &[]).unwrap();
    scenario.assets[0].model = model;
    scenario.simulation.paths = PathBudget::Fixed(paths);
    scenario
}

fn result(model: Model, paths: u64) -> RunResult {
    run_levels(&scenario(model, paths), &RunOptions::default()).unwrap()
}

fn scaled(hours: usize, seed: u64) -> ScaledHistory {
    scaled_over(DAYS, hours, seed)
}

fn scaled_over(days: usize, hours: usize, seed: u64) -> ScaledHistory {
    let history = history::walk(0.7, hours, seed);
    ScaledHistory::of_history(&history, String::new(), Duration::from_seconds(days as u64 * 86_400)).unwrap()
}

/// By start, the share of the path and its mirror image that is liquidated at a leverage.
fn shares(days: usize, model: &ScaledHistory, leverage: f64) -> Vec<f64> {
    let hours = model.record().hours();
    let distance = -((1.0 - 1.0 / leverage) / (1.0 - 0.005)).ln();
    let hit = |start: usize, ratio: f64| {
        let before = hours.close()[start - 1];
        (start..start + 24 * days).any(|at| {
            let worst = if ratio > 0.0 { hours.low()[at] } else { hours.high()[at] };
            ratio * (worst - before) <= -distance
        })
    };
    let share = |(start, ratio): &(u32, f64)| {
        [*ratio, -ratio]
            .iter()
            .map(|ratio| 0.5 * f64::from(u8::from(hit(*start as usize, *ratio))))
            .sum::<f64>()
    };
    model.starts().iter().map(share).collect()
}

/// Standard deviation of the mean over 2,000 circular resamples in blocks, and what overlaps beyond their ends.
fn resampled(days: usize, shares: &[f64], block: usize, seed: u64) -> f64 {
    let mut random = StdRng::seed_from_u64(seed);
    let n = shares.len();
    let means: Vec<f64> = (0..2_000)
        .map(|_| {
            let mut sum = 0.0;
            for _ in 0..n.div_ceil(block) {
                let start = random.random_range(0..n);
                sum += (start..start + block).map(|place| shares[place % n]).sum::<f64>();
            }
            sum / (n.div_ceil(block) * block) as f64
        })
        .collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / means.len() as f64;
    (variance / (1.0 - 24.0 * days as f64 / (3.0 * block as f64))).sqrt()
}

/// 400,000 paths leave next to no error of drawing: what is stated is that of the history. Blocks of chunks begin at chunks only and those
/// of the resamples anywhere, and the starts are thinned out: both estimate the same from 30 blocks, each to about 15 %.
#[test]
fn errors_are_those_of_a_block_bootstrap_over_the_starts() {
    let model = scaled(24 * 460, 51);
    let found = result(Model::ScaledHistory(model.clone()), 400_000);
    assert!((found.independent_horizons.unwrap() - model.independent_horizons()).abs() < 1e-9);
    assert!(found.notes.iter().any(|note| note.code == "past_horizons"));
    for (level, leverage) in found.levels.iter().zip(LEVERAGES) {
        let shares = shares(DAYS, &model, leverage);
        let estimate = level.liquidation_probability;
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        assert!((estimate.value - mean).abs() < 4.0 * 0.5 / 400_000_f64.sqrt(), "{} {mean}", estimate.value);
        let expected = resampled(DAYS, &shares, 24 * 14, 7);
        let ratio = estimate.std_error / expected;
        assert!((0.7..1.45).contains(&ratio), "{leverage}: {} {expected}", estimate.std_error);
        // Starts taken as independent would know it many times better.
        let naive = (mean * (1.0 - mean) / 400_000.0).sqrt();
        assert!(estimate.std_error > 8.0 * naive, "{leverage}: {} {naive}", estimate.std_error);
        assert!(estimate.low < mean && mean < estimate.high);
    }
}

/// Horizons of 40 days over chunks of a week or so: blocks have to hold a whole horizon. Of blocks of a single chunk, as if each told something of
/// its own, the errors would be about √(7/40) of what they are, over √⅔ for what blocks are taken to miss: about half (0.69 was found). The
/// resamples take blocks of the same length; ratios of 1.08 and 1.11 were found.
#[test]
fn blocks_hold_a_whole_horizon() {
    let days = 40;
    let model = scaled_over(days, 24 * 600, 54);
    let scenario = scenario_over(days, Model::ScaledHistory(model.clone()), 100_000);
    let found = run_levels(&scenario, &RunOptions::default()).unwrap();
    for (level, leverage) in found.levels.iter().zip(LEVERAGES) {
        let expected = resampled(days, &shares(days, &model, leverage), 24 * 42, 9);
        let ratio = level.liquidation_probability.std_error / expected;
        assert!((0.85..1.35).contains(&ratio), "{leverage}: {ratio}");
    }
}

/// The mixture has half of the error of the history, and the safe leverage an interval of the same kind.
#[test]
fn a_mixture_has_half_of_the_error_and_safe_leverage_knows_it() {
    let history = history::walk(0.7, 24 * 460, 52);
    let horizon = Duration::from_seconds(DAYS as u64 * 86_400);
    let model = Mixture::of_history(&history, String::new(), horizon).unwrap();
    let alone = result(Model::ScaledHistory(model.scaled_history().clone()), 200_000);
    let both = result(Model::Forecast(model.clone()), 200_000);
    for (one, half) in alone.levels.iter().zip(&both.levels) {
        let ratio = half.liquidation_probability.std_error / one.liquidation_probability.std_error;
        assert!((0.45..0.65).contains(&ratio), "{ratio}");
        assert!(half.mean_return.std_error < one.mean_return.std_error);
    }
    let scenario = scenario(Model::Forecast(model), 200_000);
    let safe = run(&scenario, &RunOptions::default()).unwrap().safe_leverage[0];
    // Sampling alone would leave an interval of about 1 %.
    assert!(safe.low < 0.97 * safe.leverage && safe.high > 1.02 * safe.leverage, "{safe:?}");
}

/// Nothing seen on any start: the bound is that of the independent horizons, not of the paths.
#[test]
fn what_no_start_has_seen_is_bounded_by_independent_horizons() {
    let model = scaled(24 * 460, 53);
    let mut scenario = scenario(Model::ScaledHistory(model.clone()), 100_000);
    scenario.account.leverage = vec![1.2];
    let found = run_levels(&scenario, &RunOptions::default()).unwrap();
    let estimate = found.levels[0].liquidation_probability;
    let bound = 1.0 - 0.025_f64.powf(1.0 / model.independent_horizons());
    assert_eq!(estimate.value, 0.0);
    assert!((estimate.high / bound - 1.0).abs() < 1e-9, "{estimate:?} {bound}");
}
