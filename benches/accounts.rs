//! What each cash flow and policy costs: blocks of paths over 30 days at 10 levels, as ratios to an account that only the
//! price moves. `cargo bench --bench accounts`; processor time of one thread, medians of interleaved rounds.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use common::clock::{Work, interleaved};
use common::{GBM, levels, merton};
use liqsim::engine::{BLOCK_LANES, Plan, Worker};
use liqsim::scenario::{Source, parse};

const ROUNDS: usize = 9;
/// Seconds of each round of each work.
const LEAST: f64 = 0.05;

fn plan(model: &str, venue: &str, rest: &str) -> Plan {
    let leverage = levels(10);
    let text = format!(
        "[simulation]\nhorizon = \"30d\"\n[assets.X]\nprice = 100.0\n[assets.X.model]\n{model}\n\
         [account]\nequity = 1000.0\nleverage = {leverage:?}\nvenue = {venue}\n\
         positions = [{{ asset = \"X\", side = \"long\" }}]\n{rest}\n"
    );
    match parse(Source::new("bench.toml", text), &[]) {
        Ok(scenario) => Plan::new(&scenario).expect("the venue allows every level"),
        Err(problems) => panic!("{}", problems.render(false, 100)),
    }
}

fn main() {
    const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
    const FUNDING: &str = r#"funding = { rate = "1bp", every = "8h" }"#;
    const OU: &str = r#"funding = { model = "ou", mean = "1bp", reversion = 235, volatility = 0.0019, correlation = 0.1 }"#;
    const TIERED: &str = r#""binance-usdm-btcusdt""#;
    let policy = |text: &str| format!("[policy]\n{text}");
    for (name, model) in [("gbm", GBM.to_owned()), ("merton, 20 a year", merton(20.0))] {
        let plain = plan(&model, FLAT, "");
        let funded = plan(&model, FLAT, FUNDING);
        let mut works = Vec::new();
        let mut add = |name: &str, plan: Plan, nested: bool| {
            // The grid of one plan with the account of another: payments without paying.
            let plan: &'static Plan = Box::leak(Box::new(plan));
            let mut worker = match nested {
                true => {
                    let mut bare = plan.clone();
                    bare.account.schedule.clear();
                    Worker::with_follower(plan, bare.follower())
                }
                false => Worker::new(plan),
            };
            let mut block = 0;
            works.push(Work::new(name.to_owned(), move || {
                worker.run_block(block, BLOCK_LANES);
                block += 1;
            }));
        };
        add("plain", plain, false);
        add("the grid of 90 payments, none paid", funded.clone(), true);
        add("funding, constant, 8h", funded, false);
        add("funding, mean-reverting, 8h", plan(&model, FLAT, OU), false);
        add("funding, constant, 8h, twelve tiers", plan(&model, TIERED, FUNDING), false);
        add("interest, hourly", plan(&model, FLAT, r#"borrow = { rate = "10%" }"#), false);
        for text in [
            r#"exit_after = "30d""#,
            r#"stop_loss = { distance = "8%" }"#,
            r#"take_profit = { distance = "20%" }"#,
            r#"trailing_stop = { distance = "10%" }"#,
            r#"margin_call = { level = 1.5, target = 3, reserve = 500 }"#,
            r#"deleverage = { target = 5, every = "1d" }"#,
            r#"add_margin = { amount = 50, every = "7d" }"#,
            r#"protective_put = { strike = "90%", expiry = "30d", implied_volatility = 0.6 }"#,
        ] {
            add(text.split(' ').next().unwrap_or(text), plan(&model, FLAT, &policy(text)), false);
        }
        let partial =
            r#"{ contract = "linear", maintenance = 0.005, liquidation = { fee = 0, partial = "20%" } }"#;
        add("partial liquidation", plan(&model, partial, ""), false);
        let times = interleaved(&mut works, ROUNDS, LEAST);
        println!("{name}, 10 levels, 30 days");
        for (work, time) in works.iter().zip(&times) {
            let path = 1e9 * time / BLOCK_LANES as f64;
            println!("  {:<42} {path:>9.0} ns a path  {:>7.1}", work.name, time / times[0]);
        }
    }
    miners();
}

/// Fleets on credit over 18 months, and pledged coins over 6, by path and day; 100,000 paths of the first on two cores.
fn miners() {
    const DAYS: [f64; 2] = [540.0, 180.0];
    let texts = [
        include_str!("../scenarios/miner-fleet-on-credit-540d.toml"),
        include_str!("../scenarios/miner-coin-loan-180d.toml"),
    ];
    let plans = texts.map(|text| match parse(Source::new("bench.toml", text.to_owned()), &[]) {
        Ok(scenario) => Plan::new(&scenario).expect("the miner can start at every level"),
        Err(problems) => panic!("{}", problems.render(false, 100)),
    });
    let mut works = Vec::new();
    for (name, plan) in ["machines on credit, 4 levels", "coins pledged, 3 levels"].into_iter().zip(&plans) {
        let (mut worker, mut block) = (Worker::new(plan), 0);
        works.push(Work::new(name, move || {
            worker.run_block(block, BLOCK_LANES);
            block += 1;
        }));
    }
    let times = interleaved(&mut works, ROUNDS, LEAST);
    println!("miners");
    for ((work, time), days) in works.iter().zip(&times).zip(DAYS) {
        println!("  {:<42} {:>9.1} ns a path and day", work.name, 1e9 * time / BLOCK_LANES as f64 / days);
    }
    let whole = times[0] * 1e5 / BLOCK_LANES as f64 / 2.0;
    println!("  {:<42} {whole:>9.2} s on two cores", "100,000 paths of the first");
}
