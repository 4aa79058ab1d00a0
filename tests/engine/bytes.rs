//! What the engine promises whatever the model: two evaluations that agree path by path, gaps that fill after the jump,
//! and the same bytes however the work is divided.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use liqsim::account::Hit;
use liqsim::engine::{BLOCK_LANES, Plan, Progress, RunOptions, Worker};
use liqsim::model::{Gbm, Jumps, Merton, Model};
use liqsim::numeric::InstructionSet;
use liqsim::result::RunResult;
use liqsim::scenario::{PathBudget, PreciseMetric, Sampling, Scenario, Source, parse};
use liqsim::study::{RunError, run_levels as run};

use crate::common::instructions::Forced;

const GBM: &str = r#"{ kind = "gbm", drift = 0.1, volatility = 0.8 }"#;
const MERTON: &str = r#"{ kind = "merton", drift = 0.1, volatility = 0.5, jumps = { rate = 60.0, mean = -0.02, std_dev = 0.08 } }"#;

fn scenario(model: &str, side: &str, monitoring: &str, venue: &str) -> Scenario {
    let text = format!(
        r#"
        name = "engine"
        simulation = {{ horizon = "14d", paths = 20_000, seed = 5, monitoring = "{monitoring}" }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        margin = "isolated"
        leverage = [1, 2, 3, 5, 8, 13, 21, 34]
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        "#
    );
    parse(Source::new("engine.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
const FEES: &str = r#"{ contract = "linear", tiers = [
    { up_to = 4_000, rate = "0.4%", max_leverage = 100 },
    { up_to = 20_000, rate = "1%", max_leverage = 50 },
    { rate = "2%", max_leverage = 40 } ], taker_fee = "5bp", liquidation = { fee = "0.5%" } }"#;

fn cases() -> Vec<Scenario> {
    let mut cases = Vec::new();
    for model in [GBM, MERTON] {
        for side in ["long", "short"] {
            for monitoring in ["continuous", "6h"] {
                for venue in [FLAT, FEES] {
                    cases.push(scenario(model, side, monitoring, venue));
                }
            }
        }
    }
    cases
}

fn ordered(hits: &[Hit]) -> Vec<Hit> {
    let mut hits = hits.to_vec();
    hits.sort_by_key(|hit| (hit.lane, hit.level));
    hits
}

/// Sums over a few paths; times, recovered equity and bad debt hit by hit.
#[test]
fn the_running_extreme_and_the_ledger_agree_path_by_path() {
    for scenario in cases() {
        let plan = Plan::new(&scenario).unwrap();
        let mut liquidated = 0;
        for path in 0..100 {
            let mut nested = Worker::new(&plan);
            let mut ledger = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
            nested.run_block(path, plan.account.levels.len());
            ledger.run_block(path, plan.account.levels.len());
            let (a, mut b) = (ordered(nested.follower().hits()), ordered(ledger.follower().hits()));
            // The running extreme draws times for one level a path, in turns.
            let stride = plan.account.levels.len() as u32;
            b.retain(|hit| hit.level % stride == hit.lane % stride);
            assert_eq!(a.len(), b.len(), "path {path} of {scenario:?}");
            for (a, b) in a.iter().zip(&b) {
                assert_eq!((a.lane, a.level), (b.lane, b.level), "path {path} of {scenario:?}");
                for (a, b) in [(a.time, b.time), (a.recovered, b.recovered), (a.bad_debt, b.bad_debt)] {
                    assert!((a - b).abs() < 1e-10, "path {path} of {scenario:?}: {a} {b}");
                }
            }
            liquidated += a.len();
            let tallies = [nested.tally().clone(), ledger.tally().clone()];
            for level in 0..plan.account.levels.len() {
                let a = nested.follower().survivors(&tallies[0]).swap_remove(level);
                let b = ledger.follower().survivors(&tallies[1]).swap_remove(level);
                assert_eq!(a.returns.powers[0], b.returns.powers[0], "survival of level {level}");
                assert!((a.returns.powers[1] - b.returns.powers[1]).abs() < 1e-10, "return of level {level}");
                let (a, b) = (a.closing_equity.quantile(0.5), b.closing_equity.quantile(0.5));
                if let (Some(a), Some(b)) = (a, b) {
                    assert!((a / b - 1.0).abs() < 2e-3, "closing equity {a} {b}");
                }
            }
        }
        assert!(liquidated > 100, "the case is too tame to show anything: {liquidated} liquidations");
    }
}

/// Volatility is negligible and every jump multiplies the price by e^-0.5: at 5x the first one leaves
/// 1 + 5(e^-0.5 − 1) = −0.967 of the equity, all of it bad debt beyond the collateral.
#[test]
fn a_jump_through_the_liquidation_price_fills_after_the_gap_and_leaves_bad_debt() {
    let mut scenario = scenario(GBM, "long", "continuous", FLAT);
    // Bad debt and probability are compared as shares of the same paths.
    scenario.simulation.sampling = Sampling::Pseudo;
    let jumps = Jumps { rate: 40.0, mean: -0.5, std_dev: 0.0 };
    scenario.assets[0].model = Model::Merton(Merton { drift: jumps.growth(), volatility: 1e-4, jumps });
    // So that probability and bad debt are means over the same paths.
    scenario.simulation.sampling = Sampling::Pseudo;
    let result = run_with(&scenario, Some(1));
    let at_five = result.levels.iter().find(|level| level.leverage == 5.0).unwrap();
    let jump_probability = 1.0 - (-40.0 * 14.0 / 365.0_f64).exp();
    let p = at_five.liquidation_probability;
    assert!((p.value - jump_probability).abs() < 4.0 * p.std_error, "{p:?} {jump_probability}");
    let owed = 5.0 * (1.0 - (-0.5_f64).exp()) - 1.0;
    assert!((at_five.bad_debt.value / p.value - owed).abs() < 1e-3, "{:?}", at_five.bad_debt);
    // The owner of an isolated position loses the collateral and no more.
    assert_eq!(at_five.returns.quantiles["0.01"], -1.0);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for scenario in cases().into_iter().step_by(3) {
        let reference = json(&run_with(&scenario, Some(1)));
        for threads in [1, 2, 3, 8] {
            assert_eq!(reference, json(&run_with(&scenario, Some(threads))), "{threads} threads");
        }
    }
}

#[test]
fn the_instruction_set_changes_no_byte() {
    let forced = Forced::begin();
    for mut scenario in cases().into_iter().step_by(5) {
        scenario.simulation.paths = PathBudget::Fixed(3_000);
        let reference = json(&run_with(&scenario, Some(2)));
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512] {
            forced.set(set);
            assert_eq!(reference, json(&run_with(&scenario, Some(2))), "{set:?}");
        }
    }
}

/// The same of accounts whose triggers are looked for after every payment: a loan that is called, two legs with interest and funding, two
/// coins on cross margin, a stop that follows the price.
#[test]
fn the_instruction_set_changes_no_byte_of_general_accounts() {
    let forced = Forced::begin();
    for text in [
        include_str!("../../scenarios/btc-loan-90d.toml"),
        include_str!("../../scenarios/btc-cash-and-carry.toml"),
        include_str!("../../scenarios/btc-eth-cross-pair.toml"),
        include_str!("../../scenarios/btc-trailing-stop.toml"),
    ] {
        let changes = ["simulation.paths=300".to_owned(), "simulation.horizon=14d".to_owned()];
        let scenario = parse(Source::new("general.toml", text), &changes)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let reference = json(&run_with(&scenario, Some(2)));
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512] {
            forced.set(set);
            assert_eq!(reference, json(&run_with(&scenario, Some(2))), "{}, {set:?}", scenario.name);
        }
    }
}

/// The same of every other model on paths that nets lead, watched at every instant and every hour: drivers, variances, jumps, and steps in
/// single precision.
#[test]
fn the_instruction_set_changes_no_byte_of_led_paths() {
    const HESTON: &str = "variance = 0.36, long_run_variance = 0.3, mean_reversion = 20.0, vol_of_vol = 5.0, correlation = -0.4";
    const JUMPS: &str = "jumps = { rate = 60.0, mean = -0.02, std_dev = 0.05 }";
    let models = [
        r#"{ kind = "kou", drift = 0.0, volatility = 0.5, jumps = { rate = 60.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 } }"#.to_owned(),
        format!(r#"{{ kind = "heston", drift = 0.0, {HESTON} }}"#),
        format!(r#"{{ kind = "bates", drift = 0.0, {HESTON}, {JUMPS} }}"#),
        r#"{ kind = "garch", step = "4h", log_drift = 0.0, omega = 4e-6, alpha = 0.08, beta = 0.9, dof = 4.0 }"#.to_owned(),
        r#"{ kind = "regime", states = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }], switching_rates = [[0.0, 90.0], [220.0, 0.0]] }"#.to_owned(),
        r#"{ kind = "hawkes", drift = 0.0, volatility = 0.5, jumps = { rate = 40.0, mean = -0.02, std_dev = 0.04, excitation = 500.0, decay = 1500.0 } }"#.to_owned(),
    ];
    let forced = Forced::begin();
    for model in &models {
        for monitoring in ["continuous", "1h"] {
            let mut scenario = scenario(model, "long", monitoring, FEES);
            // Long enough for liquidations to be hedged, where they are.
            let is_hedged = monitoring == "continuous"
                && ["heston", "bates", "garch"].iter().any(|hedged| model.contains(hedged));
            scenario.simulation.paths = PathBudget::Fixed(if is_hedged { 16_384 } else { 3_000 });
            let reference = json(&run_with(&scenario, Some(2)));
            for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512] {
                forced.set(set);
                assert_eq!(reference, json(&run_with(&scenario, Some(1))), "{model}, {monitoring}, {set:?}");
            }
        }
    }
}

/// The same of the models that are made of recorded hours, whole days at a time and in pieces; their history is estimated anew on every set.
#[test]
fn the_instruction_set_changes_no_byte_of_recorded_hours() {
    let mut state = 88_172_645_463_325_252_u64;
    let mut price = 250.0_f64;
    let mut rows = "time,open,high,low,close\n".to_owned();
    for hour in 0..24 * 420_u64 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let (open, step) = (price, (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5);
        price *= 1.0 + 0.02 * step;
        let (high, low) = (1.002 * open.max(price), 0.998 * open.min(price));
        rows += &format!("{},{open},{high},{low},{price}\n", 1_600_000_000 / 86_400 * 86_400 + 3_600 * hour);
    }
    let files: BTreeMap<PathBuf, Arc<[u8]>> = BTreeMap::from([("p.csv".into(), rows.into_bytes().into())]);
    let forced = Forced::begin();
    let all = |kind: &'static str| ["continuous", "1h"].map(|monitoring| (kind, monitoring));
    for (kind, monitoring) in ["har", "scaled_history", "forecast"].into_iter().flat_map(all) {
        // Long enough for liquidations to be hedged, where they are.
        let paths = if kind == "har" && monitoring == "continuous" { 16_384 } else { 3_000 };
        let text = format!(
            r#"
            simulation = {{ horizon = "5d", paths = {paths}, seed = 5, monitoring = "{monitoring}" }}
            assets.X = {{ price = 250.0, model = {{ kind = "{kind}", prices = "p.csv" }} }}
            [account]
            equity = 1_000.0
            leverage = [2, 5, 13]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = [{{ asset = "X", side = "long" }}]
            "#
        );
        let read = || {
            let source = Source::new(kind, text.clone()).with_files(Arc::new(files.clone()));
            parse(source, &[]).unwrap_or_else(|problems| panic!("{problems}"))
        };
        let reference = json(&run_with(&read(), Some(1)));
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512] {
            forced.set(set);
            assert_eq!(reference, json(&run_with(&read(), Some(2))), "{kind}, {monitoring}, {set:?}");
        }
    }
}

#[test]
fn an_interrupted_run_is_a_shorter_run() {
    let mut scenario = scenario(MERTON, "long", "continuous", FLAT);
    scenario.simulation.paths = PathBudget::Fixed(50_000_000);
    // Points and particles are not worked on once a run is to stop.
    scenario.simulation.sampling = Sampling::Pseudo;
    let stop = AtomicBool::new(false);
    let progress = |progress: Progress| {
        if progress.paths_done > 20_000 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let options = RunOptions { threads: Some(3), stop: &stop, progress: &progress };
    let interrupted = run(&scenario, &options).unwrap();
    assert!(interrupted.paths > 20_000 && interrupted.paths < 50_000_000);
    assert_eq!(interrupted.paths % BLOCK_LANES as u64, 0);
    assert_eq!(interrupted.notes[0].code, "interrupted");
    // What it shows is counted: nothing is worked out once it has been told to stop.
    scenario.simulation.paths = PathBudget::Fixed(interrupted.paths);
    scenario.simulation.sampling = Sampling::Pseudo;
    assert_eq!(interrupted.levels, run_with(&scenario, Some(1)).levels);

    let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(true), progress: &|_| {} };
    assert!(matches!(run(&scenario, &options), Err(RunError::Interrupted)));
}

#[test]
fn a_precision_target_ends_at_the_same_path_for_any_number_of_threads() {
    let mut scenario = scenario(GBM, "long", "continuous", FLAT);
    scenario.account.leverage = vec![5.0, 10.0];
    for sampling in [Sampling::Auto, Sampling::Pseudo] {
        scenario.simulation.sampling = sampling;
        scenario.simulation.paths =
            PathBudget::Precision { relative: 0.01, metric: PreciseMetric::default(), max_paths: 10_000_000 };
        let result = run_with(&scenario, Some(1));
        assert_eq!(json(&result), json(&run_with(&scenario, Some(3))));
        assert!(result.notes.iter().any(|note| note.code == "precision_reached"));
        for level in &result.levels {
            let p = level.liquidation_probability;
            assert!(p.std_error / p.value <= 0.01, "{p:?}");
        }
    }
    scenario.simulation.paths =
        PathBudget::Precision { relative: 1e-4, metric: PreciseMetric::default(), max_paths: 100_000 };
    let result = run_with(&scenario, Some(2));
    assert_eq!(result.paths, 100_000);
    assert!(result.notes.iter().any(|note| note.code == "precision_missed"));
}

/// A level no price can liquidate keeps its probability at zero without an interval, and does not hold up a precision
/// target.
#[test]
fn an_unlevered_long_without_fees_cannot_be_liquidated() {
    let mut scenario = scenario(GBM, "long", "continuous", FLAT);
    scenario.assets[0].model = Model::Gbm(Gbm { drift: 0.0, volatility: 3.0 });
    let result = run_with(&scenario, Some(2));
    let unlevered = &result.levels[0];
    assert_eq!((unlevered.liquidation_price, unlevered.liquidation_probability.high), (None, 0.0));
    assert!(unlevered.time_to_liquidation_days.is_none());
}

fn run_with(scenario: &Scenario, threads: Option<usize>) -> RunResult {
    let options = RunOptions { threads, stop: &AtomicBool::new(false), progress: &|_| {} };
    run(scenario, &options).unwrap()
}

fn json(result: &RunResult) -> String {
    serde_json::to_string(result).unwrap()
}
