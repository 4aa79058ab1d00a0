//! Speed of the price models: bars a second and processor time relative to geometric Brownian motion: `cargo bench --bench models`.
//!
//! Every model is looked at hourly over 30 days, so each moves the same 720 bars; a model that ends bars at times of its own
//! (jumps, switches) does so on top.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use common::clock::{Work, interleaved};
use common::{levels, merton, plan};
use liqsim::engine::{BLOCK_LANES, Worker};

const HOURLY: &str = "monitoring = \"1h\"";
const BARS: u64 = 720;
const ROUNDS: usize = 9;
const LEAST_SECONDS: f64 = 0.05;

const HESTON: &str =
    "variance = 0.36\nlong_run_variance = 0.36\nmean_reversion = 4.0\nvol_of_vol = 1.9\ncorrelation = -0.3";

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let jumps = "jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }";
    let laws = [
        ("gbm", common::GBM.to_owned()),
        ("merton", merton(20.0)),
        (
            "kou",
            "kind = \"kou\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"
                .to_owned(),
        ),
        ("heston", format!("kind = \"heston\"\ndrift = 0.0\n{HESTON}")),
        ("bates", format!("kind = \"bates\"\ndrift = 0.0\n{HESTON}\n{jumps}")),
        (
            "garch, normal",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87".to_owned(),
        ),
        (
            "garch, Student-t",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87\ndof = 4.5".to_owned(),
        ),
        (
            "regime",
            "kind = \"regime\"\nstates = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }]\n\
             switching_rates = [[0, 10], [30, 0]]"
                .to_owned(),
        ),
        (
            "hawkes",
            "kind = \"hawkes\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 10.0, mean = -0.02, std_dev = 0.05, excitation = 250.0, decay = 500.0 }"
                .to_owned(),
        ),
    ];
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
}
