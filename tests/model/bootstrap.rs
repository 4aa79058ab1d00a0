//! The stationary bootstrap: what a record says comes out again.
//!
//! Means are compared at four standard errors (a correct program fails one in 16,000 for another seed).

use std::sync::atomic::AtomicBool;

use crate::common::{Setup, days};
use liqsim::engine::{BLOCK_LANES, Plan, RunOptions, Worker};
use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use liqsim::model::{Bootstrap, Model};
use liqsim::scenario::{Monitoring, PathBudget, Scenario, Source, parse};
use liqsim::study::run_levels as run;
use liqsim::venue::Side;

const HOUR: u64 = 3_600;
const BLOCKS: u64 = 200;

/// A made-up record: hourly bars with clusters, wicks on both sides and a small gap at each open.
fn record(count: usize) -> PriceHistory {
    let mut price = 100.0_f64;
    let bars = (0..count).map(|i| {
        let x = i as f64;
        let size = 0.004 * (1.5 + (x / 40.0).sin());
        let open = price * (1.0 + 0.0005 * (1.3 * x).sin());
        let close = open * (1.0 + size * (2.7 * x).sin() + 0.0001);
        let high = open.max(close) * (1.0 + 0.3 * size);
        let low = open.min(close) * (1.0 - size * if i == 77 { 20.0 } else { 0.5 });
        price = close;
        HistoricalBar { time: (i as i64) * HOUR as i64, open, high, low, close, volume: 1.0 }
    });
    PriceHistory { bars: bars.collect(), interval: Duration::from_seconds(HOUR), close_only: false }
}

fn scenario(model: Bootstrap, horizon: Duration, monitoring: Monitoring, side: Side) -> Scenario {
    let model = Model::Bootstrap(model);
    let leverage = vec![5.0, 15.0];
    let mut scenario =
        Setup { model, horizon, monitoring, side, maintenance: 0.005, leverage, seed: 3 }.scenario();
    scenario.simulation.paths = PathBudget::Fixed(BLOCKS * BLOCK_LANES as u64);
    scenario
}

fn bootstrap(block: f64, drift: Option<f64>, horizon: Duration) -> Bootstrap {
    Bootstrap::new(&record(1000), "record".to_owned(), block, drift, horizon)
}

fn closing(scenario: &Scenario) -> Vec<f64> {
    let plan = Plan::new(scenario).unwrap();
    let mut worker = Worker::new(&plan);
    let mut all = Vec::new();
    for block in 0..BLOCKS {
        worker.run_block(block, BLOCK_LANES);
        all.extend_from_slice(worker.closing_log_prices(0));
    }
    all
}

fn check_mean(label: &str, sample: impl Iterator<Item = f64>, expected: f64, slack: f64) {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for x in sample {
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    let mean: f64 = sum / n;
    let error = ((squares / n - mean * mean) / n).sqrt();
    assert!(
        (mean - expected).abs() < 4.0 * error + slack,
        "{label}: {mean} against {expected}, error {error:.2e}"
    );
}

/// Against the record itself: the mean of all its log returns, and the variance of a sum of returns of the stationary bootstrap,
/// n·(γ_0 + 2·Σ (1 − k/n)(1 − p)^k·γ_k) with the circular autocovariances γ (Politis and Romano 1994, lemma 1).
#[test]
fn sums_of_returns_have_the_moments_of_the_stationary_bootstrap() {
    let history = record(1000);
    let returns: Vec<f64> = (0..1000)
        .map(|i| {
            let gap = if i == 0 { 0.0 } else { (history.bars[i].open / history.bars[i - 1].close).ln() };
            gap + (history.bars[i].close / history.bars[i].open).ln()
        })
        .collect();
    let count = 24;
    let mean = returns.iter().sum::<f64>() / 1000.0;
    let covariance = |k: usize| {
        (0..1000).map(|i| (returns[i] - mean) * (returns[(i + k) % 1000] - mean)).sum::<f64>() / 1000.0
    };
    for block in [1.0, 10.0, 200.0] {
        let n = f64::from(count);
        let tail: f64 = (1..count)
            .map(|k| (1.0 - f64::from(k) / n) * (1.0_f64 - 1.0 / block).powi(k) * covariance(k as usize))
            .sum();
        let variance = n * (covariance(0) + 2.0 * tail);
        let horizon = Duration::from_seconds(24 * HOUR);
        let x =
            closing(&scenario(bootstrap(block, None, horizon), horizon, Monitoring::Continuous, Side::Long));
        // The first bar of a path has no gap before its open; gaps are below 5e-4 and have mean zero.
        check_mean("mean", x.iter().copied(), n * mean, 2e-5);
        let spread = x.iter().map(|x| (x - n * mean).powi(2));
        check_mean(&format!("variance, block {block}"), spread, variance, 0.01 * variance);
    }
}

#[test]
fn a_given_drift_is_the_growth_of_the_expected_price() {
    let horizon = days(20);
    let model = bootstrap(30.0, Some(0.5), horizon);
    for monitoring in [Monitoring::Continuous, Monitoring::Every(Duration::from_seconds(5_000))] {
        let x = closing(&scenario(model.clone(), horizon, monitoring, Side::Long));
        check_mean("price", x.iter().map(|x| x.exp()), (0.5 * horizon.years()).exp(), 5e-4);
    }
}

/// Within one bar the account is hit exactly if the bar's own low or high reaches its barrier: a count over the record. What cuts
/// the bar changes nothing in that.
#[test]
fn wicks_of_the_record_decide_liquidations() {
    let history = record(1000);
    let horizon = Duration::from_seconds(HOUR);
    for side in [Side::Long, Side::Short] {
        let base = scenario(bootstrap(10.0, None, horizon), horizon, Monitoring::Continuous, side);
        let mut base = base;
        base.account.leverage = vec![60.0, 100.0];
        let stop = AtomicBool::new(false);
        let options = RunOptions { threads: Some(2), stop: &stop, progress: &|_| {} };
        for cut in [None, Some("20m")] {
            if let Some(cut) = cut {
                // A spell without effect ends a bar in its middle.
                let to = cut.parse().unwrap();
                let spell =
                    liqsim::model::Spell { from: Duration::from_seconds(0), to, volatility_times: 1.0 };
                base.assets[0].stress.spells = vec![spell];
            }
            let result = run(&base, &options).unwrap();
            for level in &result.levels {
                let barrier = level.liquidation_price.unwrap() / 100.0;
                let hits = history.bars.iter().filter(|bar| match side {
                    Side::Long => bar.low / bar.open <= barrier,
                    Side::Short => bar.high / bar.open >= barrier,
                });
                let share = hits.count() as f64 / 1000.0;
                let p = level.liquidation_probability;
                let z = (p.value - share) / (share * (1.0 - share) / result.paths as f64).sqrt().max(1e-12);
                assert!(z.abs() < 4.0, "{side:?} {}: {} against {share}", level.leverage, p.value);
            }
        }
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let horizon = days(3);
    let scenario = scenario(bootstrap(24.0, Some(0.0), horizon), horizon, Monitoring::Continuous, Side::Long);
    let bytes = |threads| {
        let stop = AtomicBool::new(false);
        let options = RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} };
        serde_json::to_string(&run(&scenario, &options).unwrap()).unwrap()
    };
    assert_eq!(bytes(1), bytes(3));
}

#[test]
fn the_price_file_is_read_and_is_part_of_the_identity() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |last: f64| {
        let rows: String = (0..50)
            .map(|i| {
                format!(
                    "{},{},{},{},{},1\n",
                    1_700_000_000 + 3600 * i,
                    100.0,
                    102.0,
                    99.0,
                    if i == 49 { last } else { 101.0 }
                )
            })
            .collect();
        format!("time,open,high,low,close,volume\n{rows}")
    };
    let text = |block: &str| {
        format!(
            "simulation = {{ horizon = \"1d\", paths = 512 }}\nassets.BTC = {{ price = 100, model = {{ kind = \"bootstrap\", \
             prices = \"bars.csv\", block = {block} }} }}\n[account]\nequity = 100\nleverage = [3]\nvenue = {{ contract = \
             \"linear\", maintenance = 0.005 }}\npositions = [{{ asset = \"BTC\", side = \"long\" }}]\n"
        )
    };
    let path = folder.path().join("scenario.toml");
    let load = |block: &str, last: f64| {
        std::fs::write(folder.path().join("bars.csv"), csv(last)).unwrap();
        std::fs::write(&path, text(block)).unwrap();
        parse(Source::read(&path).unwrap(), &[]).map_err(|problems| problems.to_string())
    };
    let hours = load("\"12h\"", 101.0).unwrap();
    assert_eq!(hours.identity(), load("12", 101.0).unwrap().identity());
    assert_ne!(hours.identity(), load("12", 101.5).unwrap().identity());
    assert_ne!(hours.identity(), load("13", 101.0).unwrap().identity());
    assert!(load("\"10m\"", 101.0).unwrap_err().contains("at least one bar"));
    std::fs::remove_file(folder.path().join("bars.csv")).unwrap();
    let missing = parse(Source::read(&path).unwrap(), &[]).unwrap_err().to_string();
    assert!(missing.contains("price file"), "{missing}");
}
