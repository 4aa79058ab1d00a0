//! Speed of the price models: bars a second and processor time relative to geometric Brownian motion: `cargo bench --bench models`.
//!
//! Every model is looked at hourly over 30 days, so each moves the same 720 bars; a model that ends bars at times of its own
//! (jumps, switches) does so on top.
//!
//! `har` and its kin, whose paths are made of recorded days, are watched continuously, which needs one bar a day: nanoseconds a day and path on one
//! thread, ten levels followed; the history is a random walk of six years of hours. Then a whole run of 10^6 paths of har, at the clock.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use common::clock::{Work, interleaved};
use common::history;
use common::{DAYS, levels, plan};
use std::time::Instant;

use liqsim::engine::{BLOCK_LANES, Plan, RunOptions, Worker};
use liqsim::model::{Har, Mixture, Model, ScaledHistory};
use liqsim::scenario::PathBudget;
use liqsim::study::run;

const HOURLY: &str = "monitoring = \"1h\"";
const BARS: u64 = 720;
const ROUNDS: usize = 9;
const LEAST_SECONDS: f64 = 0.05;
const YEARS: usize = 6;

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let laws = common::laws();
    let plans: Vec<_> = laws.iter().map(|(_, law)| plan(law, &levels(5), HOURLY)).collect();
    let mut works: Vec<Work<'_>> = laws
        .iter()
        .zip(&plans)
        .map(|((name, _), plan)| {
            let (mut worker, mut number) = (Worker::new(plan), 0);
            Work::new(*name, move || {
                worker.run_block(number, BLOCK_LANES);
                number += 1;
            })
        })
        .collect();
    let seconds = interleaved(&mut works, ROUNDS, LEAST_SECONDS);
    println!("| model | million bars a second | cost of a bar, gbm is 1 |\n|---|---|---|");
    for (work, taken) in works.iter().zip(&seconds) {
        let bars = (BARS * BLOCK_LANES as u64) as f64 / taken * 1e-6;
        println!("| {} | {bars:.0} | {:.1} |", work.name, taken / seconds[0]);
    }
    println!();
    past_days();
}

/// Models of recorded days.
fn past_days() {
    let history = history::walk(0.6, YEARS * 365 * 24, 1);
    let mut scenario = common::scenario(common::GBM, &levels(10), "");
    let horizon = scenario.simulation.horizon;
    let name = String::new;
    let models = [
        ("har", Har::of_history(&history, name(), 0.0).map(Model::Har)),
        ("scaled_history", ScaledHistory::of_history(&history, name(), horizon).map(Model::ScaledHistory)),
        ("forecast", Mixture::of_history(&history, name(), horizon).map(Model::Forecast)),
    ];
    let plans = models.map(|(name, model)| {
        scenario.assets[0].model = model.expect("a history of six years");
        (name, Plan::new(&scenario).expect("the venue allows every level"))
    });
    let mut works: Vec<Work<'_>> = plans
        .iter()
        .map(|(name, plan)| {
            let (mut worker, mut number) = (Worker::new(plan), 0);
            Work::new(*name, move || {
                worker.run_block(number, BLOCK_LANES);
                number += 1;
            })
        })
        .collect();
    let seconds = interleaved(&mut works, ROUNDS, LEAST_SECONDS);
    println!("| model | nanoseconds a day and path |\n|---|---|");
    for (work, taken) in works.iter().zip(&seconds) {
        let nanoseconds = taken / (f64::from(DAYS) * BLOCK_LANES as f64) * 1e9;
        println!("| {} | {nanoseconds:.1} |", work.name);
    }
    scenario.assets[0].model = Model::Har(Har::of_history(&history, name(), 0.0).expect("six years"));
    scenario.simulation.paths = PathBudget::Fixed(1_000_000);
    let start = Instant::now();
    let result = run(&scenario, &RunOptions { threads: Some(2), ..RunOptions::default() }).expect("a run");
    println!(
        "\n{} paths of har with all that a result holds, two threads: {:.2?}",
        result.paths,
        start.elapsed()
    );
}
