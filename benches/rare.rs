//! Rare liquidations by particles against plain paths: `cargo bench --bench rare`, or with names of models behind `--`.
//!
//! For each model the leverage is looked for at which a long of 30 days is liquidated with a probability of 1e-4 and 1e-6, then estimated
//! to an error of 5 % and from 2^18 particles on one thread, pilots included. The gain is variance × time of plain paths, p(1 − p) and
//! the processor time of one, over that of the 2^18 particles.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use std::time::Instant;

use common::clock::{Work, interleaved};
use common::{MAINTENANCE, plan};
use liqsim::engine::{BLOCK_LANES, Executor, Plan, Worker};
use liqsim::estimate::{Effort, Estimator, RareEvents};

const PATHS: u64 = 1 << 18;
/// Recorded prices, if they are there.
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
/// What "seconds" means.
const PRECISION: f64 = 0.05;

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    println!(
        "| model | probability | leverage | seconds to 5 % | relative error of 2^18 | seconds | gain (variance × time) |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, law) in laws() {
        if !wanted.is_empty() && !wanted.contains(&name.to_owned()) {
            continue;
        }
        for target in [1e-4, 1e-6] {
            pool.install(|| report(name, &law, target));
        }
    }
}

/// Every model, GARCH in steps of an hour and of a day.
fn laws() -> Vec<(&'static str, String)> {
    let daily = |more: &str| {
        format!(
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1d\"\nomega = 3e-5\nalpha = 0.1\nbeta = 0.87\n{more}"
        )
    };
    let mut laws = common::laws();
    for (name, file, block) in [
        ("bootstrap, BTC hourly", "btc_usdt_binance_1h.csv.gz", "1d"),
        ("bootstrap, BTC daily", "btc_usdt_binance_1d.csv", "10d"),
    ] {
        let path = format!("{RECORDS}/{file}");
        if std::path::Path::new(&path).exists() {
            laws.push((name, format!("kind = \"bootstrap\"\nprices = \"{path}\"\nblock = \"{block}\"")));
        }
    }
    laws.push(("garch, normal, daily", daily("")));
    laws.push(("garch, Student-t, daily", daily("dof = 4.5")));
    laws.push(("garch, asymmetric, daily", daily("gamma = 0.05\nalpha = 0.07").replace("alpha = 0.1\n", "")));
    laws
}

fn report(name: &str, law: &str, target: f64) {
    let at = |leverage: f64| -> Plan { plan(law, &[leverage], "") };
    let search = RareEvents::new(&at(2.0)).expect("fixed barriers");
    let Some(depth) = search.depth(
        target,
        &Effort { relative: 0.02, paths: PATHS, until_met: true, closings: false },
        &Executor::alone(),
    ) else {
        println!("| {name} | {target:.0e} | not reached | | | | |");
        return;
    };
    let leverage = 1.0 / (1.0 - (1.0 - MAINTENANCE) * (-depth.value).exp());
    let plan = at(leverage);
    let (mut worker, mut number) = (Worker::new(&plan), 0);
    let mut plain = [Work::new("plain", move || {
        worker.run_block(number, BLOCK_LANES);
        number += 1;
    })];
    let plain = interleaved(&mut plain, 3, 0.2)[0] / BLOCK_LANES as f64;
    let rare = RareEvents::new(&plan).expect("fixed barriers");
    let start = Instant::now();
    rare.answer(
        &[0],
        &Effort { relative: PRECISION, paths: u64::MAX, until_met: true, closings: false },
        &Executor::alone(),
    );
    let enough = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let found = rare
        .answer(
            &[0],
            &Effort { relative: 0.0, paths: PATHS, until_met: true, closings: false },
            &Executor::alone(),
        )
        .remove(0);
    let taken = start.elapsed().as_secs_f64();
    let Some(found) = found else {
        println!("| {name} | {target:.0e} | {leverage:.3}x | not rare | | | |");
        return;
    };
    let p = found.probability;
    let relative = p.std_error / p.value;
    let gain = (1.0 - p.value) / p.value * plain / (relative * relative * taken);
    println!(
        "| {name} | {:.2e} | {leverage:.3}x | {enough:.2} | {:.1} % | {taken:.2} | {gain:.0} |",
        p.value,
        100.0 * relative
    );
}
