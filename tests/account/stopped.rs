//! The control variate of returns: what a martingale of the price has come to where a level is liquidated, or at the horizon, has mean zero.

use liqsim::engine::{BLOCK_LANES, Plan, Worker};
use liqsim::scenario::{Scenario, Source, parse};

const FUNDING: &str = r#"funding = { rate = "2bp", every = "8h" }"#;
const INTEREST: &str = r#"borrow = { rate = 0.2 }"#;
const HOURLY: &str = ", monitoring = \"1h\"";

/// A drift that is far from none, and levels that are often lost.
const MODELS: [&str; 9] = [
    r#"kind = "gbm", drift = 1.5, volatility = 0.7"#,
    r#"kind = "merton", drift = 1.5, volatility = 0.5, jumps = { rate = 60.0, mean = -0.03, std_dev = 0.05 }"#,
    r#"kind = "kou", drift = -1.0, volatility = 0.5, jumps = { rate = 60.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"#,
    r#"kind = "hawkes", drift = 1.0, volatility = 0.5, jumps = { rate = 30.0, mean = -0.03, std_dev = 0.05, excitation = 150.0, decay = 300.0 }"#,
    r#"kind = "regime", states = [{ drift = 1.0, volatility = 0.4 }, { drift = 1.0, volatility = 1.2 }], switching_rates = [[0.0, 90.0], [220.0, 0.0]]"#,
    r#"kind = "heston", drift = 1.5, variance = 0.4, long_run_variance = 0.4, mean_reversion = 60.0, vol_of_vol = 13.0, correlation = -0.4"#,
    r#"kind = "bates", drift = 1.5, variance = 0.3, long_run_variance = 0.3, mean_reversion = 30.0, vol_of_vol = 6.0, correlation = -0.3, jumps = { rate = 60.0, mean = -0.03, std_dev = 0.05 }"#,
    r#"kind = "garch", step = "1d", log_drift = 1.0, omega = 2.3e-5, alpha = 0.05, gamma = 0.05, beta = 0.9"#,
    r#"kind = "har", log_drift = 1.0, state = [-6.5], intercept = -0.6, b1 = 0.4, b7 = 0.3, b30 = 0.2, b90 = 0.0, b6 = 0.0, return_variance = 0.6, shock = { std_dev = 0.6, skewness = 0.5, kurtosis = 4.0 }"#,
];

fn scenario(model: &str, side: &str, account: &str, (horizon, simulation): (&str, &str)) -> Scenario {
    let text = format!(
        r#"
        name = "stopped"
        simulation = {{ horizon = "{horizon}", paths = 100_000, seed = 3 {simulation} }}
        assets.X = {{ price = 250.0, model = {{ {model} }} }}
        [account]
        equity = 1_000.0
        leverage = [2, 5, 20]
        venue = {{ contract = "linear", maintenance = 0.005, taker_fee = "5bp" }}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    parse(Source::new("stopped.toml", &text), &[]).unwrap_or_else(|problems| panic!("{model}: {problems}"))
}

/// Sums of the control variates of all levels and of their squares over some blocks, and the number of liquidations.
fn sums(plan: &Plan, blocks: u64) -> (Vec<[f64; 2]>, usize) {
    let martingale = plan.law.martingale(plan.account.asset).unwrap();
    let mut follower = plan.follower();
    follower.control(martingale, plan.horizon());
    let mut worker = Worker::with_follower(plan, follower);
    let mut sums = vec![[0.0; 2]; plan.terms.len()];
    let (mut controls, mut hits) = (vec![0.0; BLOCK_LANES], 0);
    for block in 0..blocks {
        assert!(worker.run_block(block, BLOCK_LANES));
        for (level, sums) in sums.iter_mut().enumerate() {
            assert!(worker.follower().controls(level, &mut controls));
            sums[0] += controls.iter().sum::<f64>();
            sums[1] += controls.iter().map(|c| c * c).sum::<f64>();
        }
        worker.follower().for_each_liquidated(&mut |_, _| hits += 1);
    }
    (sums, hits)
}

/// Nine models, three accounts, two sides, three levels: 162 means within 4.5 of their errors (false alarm 1.1e-3).
#[test]
fn a_stopped_martingale_has_mean_zero() {
    for model in MODELS {
        for side in ["long", "short"] {
            for (account, simulation) in [("", ""), (FUNDING, ""), ("", HOURLY)] {
                let plan = Plan::new(&scenario(model, side, account, ("20d", simulation))).unwrap();
                let blocks = 60;
                let (sums, hits) = sums(&plan, blocks);
                let n = (blocks * BLOCK_LANES as u64) as f64;
                assert!(hits as f64 > 0.3 * n, "{model}: {hits}");
                for ([sum, squares], level) in sums.iter().zip(&plan.terms) {
                    let mean = sum / n;
                    let error = ((squares / n - mean * mean) / n).sqrt();
                    let z = mean / error;
                    let leverage = level.leverage;
                    assert!(z.abs() < 4.5, "{model} {side} {account} {simulation} {leverage}x: {z:.1}");
                }
            }
        }
    }
}

/// Recorded days, where the records are at hand: between days nothing stops them, whatever ends the bars.
// The message says why nothing was checked.
#[allow(clippy::print_stderr)]
#[test]
fn recorded_days_stop_it_too() {
    let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/btc_usd_coinbase_1h.csv.gz");
    if !std::path::Path::new(prices).exists() {
        eprintln!("skipped: the recorded hours of shared/data are not at hand");
        return;
    }
    let model = format!("kind = \"har\", log_drift = 1.0, prices = {prices:?}");
    for (account, horizon) in [("", "20d"), (FUNDING, "20d"), (INTEREST, "5d"), (FUNDING, "100h")] {
        let plan = Plan::new(&scenario(&model, "long", account, (horizon, ""))).unwrap();
        let blocks = 60;
        let (sums, hits) = sums(&plan, blocks);
        let n = (blocks * BLOCK_LANES as u64) as f64;
        assert!(hits > 0);
        for [sum, squares] in sums {
            let mean = sum / n;
            let z = mean / ((squares / n - mean * mean) / n).sqrt();
            assert!(z.abs() < 4.5, "{account} {horizon}: {z:.1}");
        }
    }
}
