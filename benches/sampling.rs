//! What the choice of sampling gains over hits counted on plain paths: `cargo bench --bench sampling`, or with names of models behind `--`.
//!
//! For each model a long of 30 days at 3x and 10x, watched continuously, plain and with funding, on one thread. The gain is
//! variance × time of `sampling = "pseudo"` over that of `"auto"`: of its nets where there are any (they do not need the
//! run's paths), otherwise of a run with strata or hedges. A second table has the gains of whole runs for every number: `-- numbers` for it
//! alone.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use common::clock::median;
use liqsim::engine::{Executor, Plan, RunOptions};
use liqsim::estimate::{Crossing, Effort, Estimator};
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::Scenario;
use liqsim::stats::Estimate;
use liqsim::study::run_levels as run;

const PATHS: u64 = 1 << 17;
const ROUNDS: usize = 5;
/// Relative error that nets are asked for.
const PRECISION: f64 = 2e-3;
const FUNDING: &str = "funding = { rate = \"1bp\", every = \"8h\" }";

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if !wanted.contains(&"numbers".to_owned()) {
        probabilities(&wanted);
    }
    println!(
        "\n| model | account | time | liquidation | mean return | q05 | q25 | q50 | q75 | q95 | shortfall 95 % | bad debt | survival at half time | mean time |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let laws = common::laws().into_iter().chain(recorded());
    let is_wanted =
        |name: &str| wanted.iter().all(|wanted| wanted == "numbers") || wanted.contains(&name.to_owned());
    for (name, law) in laws.filter(|(name, _)| is_wanted(name)) {
        for account in ["", FUNDING] {
            numbers(name, &law, account);
        }
    }
}

/// The model of recorded days that nets lead, where the records are at hand.
fn recorded() -> Option<(&'static str, String)> {
    let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/btc_usd_coinbase_1h.csv.gz");
    Path::new(prices).exists().then(|| ("har", format!("kind = \"har\"\nprices = {prices:?}")))
}

fn probabilities(wanted: &[String]) {
    println!(
        "| model | account | leverage | probability | by | less variance | ns | ns of a plain path | gain |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, law) in common::laws() {
        if !wanted.is_empty() && !wanted.contains(&name.to_owned()) {
            continue;
        }
        for account in ["", FUNDING] {
            for leverage in [3.0, 10.0] {
                report(name, &law, account, leverage);
            }
        }
    }
}

/// Gains in variance x time of a level's numbers, at 3x / 10x.
fn numbers(name: &str, law: &str, account: &str) {
    let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} };
    let measured = |sampling: &str| {
        let simulation = format!("paths = {PATHS}\nsampling = \"{sampling}\"");
        let scenario = common::account_scenario(law, &[3.0, 10.0], &simulation, account);
        let mut result = None;
        let times = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            result = Some(run(&scenario, &options).expect("a valid scenario"));
            start.elapsed().as_secs_f64()
        });
        let times = times.collect();
        (result.expect("a round"), median(times))
    };
    let ((plain, plain_time), (led, time)) = (measured("pseudo"), measured("auto"));
    let error =
        |result: &RunResult, level: usize, of: &dyn Fn(&LevelResult) -> f64| of(&result.levels[level]);
    let gains = |of: &dyn Fn(&LevelResult) -> f64| {
        let gain = |level: usize| {
            let less = (error(&plain, level, of) / error(&led, level, of)).powi(2);
            if less.is_finite() { format!("{:.1}", less * plain_time / time) } else { "–".to_owned() }
        };
        format!("{} / {}", gain(0), gain(1))
    };
    let quantile =
        |key: &'static str| move |level: &LevelResult| level.returns.quantile_intervals[key].std_error;
    let quantiles = ["0.05", "0.25", "0.5", "0.75", "0.95"].map(|key| gains(&quantile(key)));
    let half = |level: &LevelResult| level.survival[level.survival.len() / 2 - 1].probability.std_error;
    println!(
        "| {name} | {} | {:.2} | {} | {} | {} | {} | {} | {} | {} |",
        if account.is_empty() { "plain" } else { "funding" },
        time / plain_time,
        gains(&|level| level.liquidation_probability.std_error),
        gains(&|level| level.mean_return.std_error),
        quantiles.join(" | "),
        gains(&|level| level.expected_shortfall["0.95"].std_error),
        gains(&|level| level.bad_debt.std_error),
        gains(&half),
        gains(&|level| level.time_to_liquidation_days.map_or(0.0, |time| time.std_error)),
    );
}

/// The probability of one level, seconds a path, and the number of paths.
fn measured(scenario: &Scenario) -> (Estimate, f64) {
    let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} };
    let mut found = Estimate::exact(0.0);
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let result = run(scenario, &options).expect("a valid scenario");
        found = result.levels[0].liquidation_probability;
        start.elapsed().as_secs_f64() / PATHS as f64
    });
    let times = times.collect();
    (found, median(times))
}

fn report(name: &str, law: &str, account: &str, leverage: f64) {
    let of = |sampling: &str| {
        let simulation = format!("paths = {PATHS}\nsampling = \"{sampling}\"");
        common::account_scenario(law, &[leverage], &simulation, account)
    };
    let (plain, plain_time) = measured(&of("pseudo"));
    let auto = of("auto");
    let plan = Plan::new(&auto).expect("the venue allows every level");
    let (by, found, paths, time) = match Crossing::new(&plan, true) {
        Some(crossing) => {
            let effort = Effort { relative: PRECISION, paths: 1 << 22, until_met: true, closings: false };
            let answer = || crossing.answer(&[0], &effort, &Executor::alone()).remove(0).expect("a level");
            let mut estimate = answer();
            let times = (0..ROUNDS).map(|_| {
                let start = Instant::now();
                estimate = answer();
                start.elapsed().as_secs_f64() / estimate.paths as f64
            });
            let time = median(times.collect());
            ("points", estimate.probability, estimate.paths, time)
        }
        None => {
            let (found, time) = measured(&auto);
            ("strata", found, PATHS, time)
        }
    };
    let variance = |estimate: Estimate, paths: u64| estimate.std_error.powi(2) * paths as f64;
    let less = variance(plain, PATHS) / variance(found, paths);
    println!(
        "| {name} | {} | {leverage}x | {:.4} | {by} | {less:.1} | {:.0} | {:.0} | {:.1} |",
        if account.is_empty() { "plain" } else { "funding" },
        found.value,
        1e9 * time,
        1e9 * plain_time,
        less * plain_time / time,
    );
}
