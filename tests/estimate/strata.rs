//! Liquidations counted by strata of what drives the price: the same mean as plain counts for every model and account, a smaller
//! error, and an honest one.
//!
//! False alarms for other seeds are stated at each test; seeds are fixed, so a pass stays a pass.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Source, parse};
use liqsim::stats::Tally;
use liqsim::study::run_tallied;

const GBM: &str = r#"{ kind = "gbm", drift = 0.2, volatility = 0.7 }"#;
const MERTON: &str = r#"{ kind = "merton", drift = 0.0, volatility = 0.5, jumps = { rate = 30.0, mean = -0.02, std_dev = 0.05 } }"#;
const HESTON: &str = r#"{ kind = "heston", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 5.0, vol_of_vol = 1.0, correlation = -0.5 }"#;
const BATES: &str = r#"{ kind = "bates", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 20.0, vol_of_vol = 3.0, correlation = -0.5, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 } }"#;
const GARCH: &str =
    r#"{ kind = "garch", step = "1d", log_drift = 0.0, omega = 2.3e-5, alpha = 0.08, beta = 0.9 }"#;
const GARCH_T: &str = r#"{ kind = "garch", step = "1d", log_drift = 0.0, omega = 2.3e-5, alpha = 0.08, beta = 0.9, dof = 4.0 }"#;
const REGIME: &str = r#"{ kind = "regime", states = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }], switching_rates = [[0.0, 90.0], [220.0, 0.0]] }"#;
const HAWKES: &str = r#"{ kind = "hawkes", drift = 0.0, volatility = 0.5, jumps = { rate = 40.0, mean = -0.02, std_dev = 0.04, excitation = 500.0, decay = 1500.0 } }"#;

const FUNDING: &str = r#"funding = { rate = "0.02%", every = "8h" }"#;

struct Case<'a> {
    model: &'a str,
    side: &'a str,
    account: &'a str,
    policy: &'a str,
}

impl Case<'_> {
    fn run(&self, paths: u64, seed: u64) -> (RunResult, Tally) {
        self.sampled(paths, seed, "auto")
    }

    fn sampled(&self, paths: u64, seed: u64, sampling: &str) -> (RunResult, Tally) {
        let Self { model, side, account, policy } = self;
        let text = format!(
            r#"
            name = "strata"
            simulation = {{ horizon = "30d", paths = {paths}, seed = {seed}, sampling = "{sampling}" }}
            assets.X = {{ price = 250.0, model = {model} }}
            [account]
            equity = 1_000.0
            leverage = [3, 5, 10, 20]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = [{{ asset = "X", side = "{side}" }}]
            {account}
            [policy]
            {policy}
            "#
        );
        let scenario =
            parse(Source::new("strata.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
        let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
        run_tallied(&scenario, &options).unwrap()
    }
}

/// Against counts on independent paths of other seeds: 56 comparisons at 4.5, and those at 10x together at 4: false alarm 5e-4 in all. `least` is the gain at 10x that the model must bring.
#[test]
fn strata_and_plain_counts_have_the_same_mean() {
    let plain = |model, side| Case { model, side, account: "", policy: "" };
    let paid = |model, side| Case { model, side, account: FUNDING, policy: "" };
    let stop = r#"stop_loss = { distance = "30%" }"#;
    let trailing = r#"trailing_stop = { distance = "25%" }"#;
    let cases = [
        (plain(HESTON, "long"), 6.0),
        (plain(HESTON, "short"), 6.0),
        (plain(BATES, "long"), 1.3),
        (plain(GARCH, "long"), 4.0),
        (plain(GARCH, "short"), 4.0),
        (plain(GARCH_T, "long"), 1.3),
        (paid(GBM, "long"), 10.0),
        (paid(GBM, "short"), 10.0),
        (paid(MERTON, "long"), 1.5),
        (paid(REGIME, "short"), 1.5),
        (paid(HAWKES, "long"), 1.2),
        (Case { model: GBM, side: "long", account: "", policy: stop }, 4.0),
        (Case { model: HESTON, side: "short", account: FUNDING, policy: trailing }, 2.0),
        (
            Case {
                model: GBM,
                side: "long",
                account: "",
                policy: r#"add_margin = { amount = 100.0, every = "7d" }"#,
            },
            1.3,
        ),
    ];
    let mut scores = Vec::new();
    for (number, (case, least)) in (0..).zip(cases) {
        let (result, tally) = case.run(100_000, 300 + number);
        let independent = case.sampled(100_000, 900 + number, "pseudo").0;
        let n = result.paths as f64;
        for (k, (level, cell)) in result.levels.iter().zip(&tally.levels).enumerate() {
            let label =
                format!("{} {} {} {} {}x", case.model, case.side, case.account, case.policy, level.leverage);
            let counted = cell.liquidated.mapped(0.0, 1.0).powers[0];
            if !tally.replicates.are_hedged() {
                assert_eq!(counted, tally.strata.events(k) as f64, "{label}");
            }
            if counted == 0.0 {
                continue;
            }
            let found = level.liquidation_probability;
            let p = counted / n;
            let variance = p * (1.0 - p) / n;
            let gain = variance / found.std_error.powi(2);
            let other = independent.levels[k].liquidation_probability;
            let z = (found.value - other.value) / found.std_error.hypot(other.std_error);
            assert!(gain > 0.98, "{label}: {gain}");
            assert!(z.abs() < 4.5, "{label}: {found:?} against {other:?}, z = {z:.2}");
            if level.leverage == 10.0 {
                assert!(gain > least, "{label}: {gain}");
                scores.push(z);
            }
        }
        let note = result.notes.iter().find(|note| note.code == "sampling").map(|note| note.message.clone());
        // A stop beyond the liquidation price does nothing, and one before it leaves no liquidation: Sobol points know both.
        let method = match tally.replicates.are_hedged() {
            true => "hedges",
            false if case.policy == stop => "Sobol points",
            false => "strata",
        };
        assert!(note.is_some_and(|text| text.contains(method)), "{:?}", result.notes);
    }
    let together = scores.iter().sum::<f64>() / (scores.len() as f64).sqrt();
    assert!(together.abs() < 4.0, "together {together:.2}: {scores:.2?}");
}

/// The 95 % intervals of 200 small runs hold the probability (of a million paths) about 190 times: binomial, a tail of 5e-5
/// gives 176. Strata take what they hold for independent paths, which nets spread more evenly: then intervals are wider than need be.
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    for (model, account) in [(GARCH, ""), (GBM, FUNDING)] {
        let case = Case { model, side: "long", account, policy: "" };
        let truth: Vec<f64> =
            case.run(1_000_000, 1).0.levels.iter().map(|level| level.liquidation_probability.value).collect();
        let runs: Vec<RunResult> = (0..200).map(|seed| case.run(5_000, 1000 + seed).0).collect();
        for (k, truth) in truth.iter().enumerate() {
            let covered = runs.iter().filter(|run| {
                let interval = run.levels[k].liquidation_probability;
                interval.low <= *truth && *truth <= interval.high
            });
            let covered = covered.count();
            assert!(covered >= 176, "{model}, level {k}: {covered} of 200 hold {truth}");
        }
    }
}

/// A precision is reached with fewer paths where strata gain.
#[test]
fn a_precision_takes_fewer_paths() {
    let text = |sampling: &str| {
        format!(
            r#"
            name = "precision"
            simulation = {{ horizon = "30d", precision = "1%", max_paths = 1_000_000, seed = 5, sampling = "{sampling}" }}
            assets.X = {{ price = 250.0, model = {GBM} }}
            [account]
            equity = 1_000.0
            leverage = [10]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = [{{ asset = "X", side = "long" }}]
            {FUNDING}
            "#
        )
    };
    let paths = |sampling: &str| {
        let scenario = parse(Source::new("precision.toml", text(sampling)), &[]).unwrap();
        let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
        let (result, _) = run_tallied(&scenario, &options).unwrap();
        let p = result.levels[0].liquidation_probability;
        assert!(p.std_error <= 0.01 * p.value, "{p:?}");
        result.paths
    };
    let (strata, plain) = (paths("auto"), paths("pseudo"));
    assert!(strata <= plain, "{strata} against {plain}");
}
