//! Speed of the price models: bars a second and processor time relative to geometric Brownian motion: `cargo bench --bench models`.
//!
//! Every model is looked at hourly over 30 days, so each moves the same 720 bars; a model that ends bars at times of its own
//! (jumps, switches) does so on top.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use common::clock::{Work, interleaved};
use common::{levels, plan};
use liqsim::engine::{BLOCK_LANES, Worker};

const HOURLY: &str = "monitoring = \"1h\"";
const BARS: u64 = 720;
const ROUNDS: usize = 9;
const LEAST_SECONDS: f64 = 0.05;

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
}
