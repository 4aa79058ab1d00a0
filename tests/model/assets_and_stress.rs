//! Several assets at once, and stress laid over a model.
//!
//! Means are compared at four standard errors (a correct program fails one in 16,000 for another seed).

use std::sync::atomic::AtomicBool;

use crate::common::{Setup, days};
use liqsim::engine::{BLOCK_LANES, Plan, RunOptions, Worker};
use liqsim::market::Duration;
use liqsim::model::{
    AssetJump, CommonJumps, Dependence, Gbm, Hawkes, HawkesJumps, Heston, Jumps, Merton, Model, Regime,
    RegimeState, Shock, Spell, Stress,
};
use liqsim::result::RunResult;
use liqsim::scenario::{Asset, Monitoring, PathBudget, Position, Scenario, Source, parse};
use liqsim::study::run_levels as run;
use liqsim::venue::Side;
use statrs::distribution::{ContinuousCDF, Normal};

const BLOCKS: u64 = 400;

fn scenario(models: &[Model]) -> Scenario {
    let mut scenario = Setup {
        model: models[0].clone(),
        horizon: days(30),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 0.005,
        leverage: vec![5.0],
        seed: 11,
    }
    .scenario();
    let assets = models.iter().enumerate().map(|(k, model)| Asset {
        name: format!("A{k}"),
        price: 100.0,
        model: model.clone(),
        errors: None,
        stress: Stress::default(),
        network: None,
    });
    scenario.assets = assets.collect();
    scenario.simulation.paths = PathBudget::Fixed(400_000);
    scenario
}

/// Log-prices at the horizon, by asset.
fn closing(scenario: &Scenario) -> Vec<Vec<f64>> {
    // What nobody holds is not drawn.
    let mut scenario = scenario.clone();
    let share = 1.0 / scenario.assets.len() as f64;
    scenario.simulation.seed += 1;
    scenario.account.leverage = vec![0.5];
    scenario.account.positions =
        (0..scenario.assets.len()).map(|k| Position { share, ..Position::whole(k, Side::Long) }).collect();
    let plan = Plan::new(&scenario).unwrap();
    let mut worker = Worker::new(&plan);
    let mut all = vec![Vec::new(); scenario.assets.len()];
    for block in 0..BLOCKS {
        worker.run_block(block, BLOCK_LANES);
        for (asset, all) in all.iter_mut().enumerate() {
            all.extend_from_slice(worker.closing_log_prices(asset));
        }
    }
    all
}

fn simulate(scenario: &Scenario, threads: usize) -> RunResult {
    let stop = AtomicBool::new(false);
    run(scenario, &RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} }).unwrap()
}

fn mean(sample: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for x in sample {
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    let mean = sum / n;
    (mean, ((squares / n - mean * mean).max(0.0) / n).sqrt())
}

fn check_mean(label: &str, sample: impl Iterator<Item = f64>, expected: f64) {
    let (value, error) = mean(sample);
    let z = (value - expected) / error;
    assert!(z.abs() < 4.0, "{label}: {value} against {expected}, {z:.2} standard errors");
}

fn gbm(drift: f64, volatility: f64) -> Model {
    Model::Gbm(Gbm { drift, volatility })
}

fn merton() -> Model {
    Model::Merton(Merton {
        drift: 0.3,
        volatility: 0.5,
        jumps: Jumps { rate: 40.0, mean: -0.05, std_dev: 0.08 },
    })
}

fn heston() -> Heston {
    Heston {
        drift: 0.3,
        variance: 0.5,
        long_run_variance: 0.5,
        mean_reversion: 3.0,
        vol_of_vol: 1.5,
        correlation: -0.7,
        step: None,
    }
}

#[test]
fn normals_are_correlated_as_asked() {
    let mut scenario = scenario(&[gbm(0.1, 0.8), gbm(0.0, 0.5), merton()]);
    let matrix = vec![vec![1.0, 0.8, -0.3], vec![0.8, 1.0, 0.1], vec![-0.3, 0.1, 1.0]];
    scenario.dependence = Dependence { correlation: matrix, common_jumps: Vec::new() };
    let x = closing(&scenario);
    let years = days(30).years();
    for (a, b, covariance) in [(0, 1, 0.8 * 0.8 * 0.5), (0, 2, -0.3 * 0.8 * 0.5), (1, 2, 0.1 * 0.5 * 0.5)] {
        let (first, _) = mean(x[a].iter().copied());
        let (second, _) = mean(x[b].iter().copied());
        let products = x[a].iter().zip(&x[b]).map(|(a, b)| (a - first) * (b - second));
        check_mean(&format!("covariance of {a} and {b}"), products, covariance * years);
    }
}

/// The driver of Heston's price is the normal handed in, so its covariance with a Brownian price is correlation·volatility·∫E√V. With the
/// variance constant at both ends of a short horizon, √V is its start but for a term of the order of the horizon.
#[test]
fn stochastic_volatility_keeps_the_correlation_of_prices() {
    // In six steps of an hour: what is asked holds in each.
    let hourly = Heston { step: Some(Duration::from_seconds(3_600)), ..heston() };
    let mut scenario = scenario(&[gbm(0.0, 0.5), Model::Heston(hourly)]);
    scenario.simulation.horizon = Duration::from_seconds(6 * 3_600);
    let correlation = vec![vec![1.0, 0.8], vec![0.8, 1.0]];
    scenario.dependence = Dependence { correlation, common_jumps: Vec::new() };
    let x = closing(&scenario);
    let years = scenario.simulation.horizon.years();
    let products = x[0].iter().zip(&x[1]).map(|(a, b)| a * b);
    let (value, error) = mean(products);
    let expected = 0.8 * 0.5 * 0.5_f64.sqrt() * years;
    // E√V falls short by ξ²t/(16·V^1.5)-like terms: below 0.1 % here.
    assert!((value - expected).abs() < 4.0 * error + 1e-3 * expected, "{value} {expected} {error}");
}

#[test]
fn common_jumps_move_assets_together_and_leave_the_expected_price() {
    let mut scenario = scenario(&[gbm(0.3, 0.5), merton()]);
    let hit = |asset, mean| AssetJump { asset, mean, std_dev: 0.04 };
    let common_jumps = vec![CommonJumps { rate: 30.0, assets: vec![hit(0, -0.10), hit(1, -0.06)] }];
    scenario.dependence = Dependence { correlation: Vec::new(), common_jumps };
    let x = closing(&scenario);
    let years = days(30).years();
    for prices in &x {
        check_mean("price", prices.iter().map(|x| x.exp()), (0.3 * years).exp());
    }
    let (first, _) = mean(x[0].iter().copied());
    let (second, _) = mean(x[1].iter().copied());
    let products = x[0].iter().zip(&x[1]).map(|(a, b)| (a - first) * (b - second));
    check_mean("covariance", products, 30.0 * years * 0.10 * 0.06);
}

#[test]
fn a_shock_is_a_gap_that_liquidates_past_the_barrier() {
    let mut scenario = scenario(&[gbm(0.3, 0.2)]);
    scenario.account.leverage = vec![1.2, 5.0];
    scenario.assets[0].stress.shocks = vec![Shock { at: days(3), size: -0.3 }];
    let x = closing(&scenario);
    check_mean("price", x[0].iter().map(|x| x.exp()), 0.7 * (0.3 * days(30).years()).exp());
    let result = simulate(&scenario, 2);
    let [low, high] = &result.levels[..] else { panic!("two levels") };
    assert!(low.liquidation_probability.value < 1e-3);
    // 20 % volatility does not bring the price up by half in three days.
    assert_eq!(high.liquidation_probability.value, 1.0);
    let bad_debt = 5.0 * 0.3 - 1.0;
    assert!((high.bad_debt.value - bad_debt).abs() < 0.02, "{}", high.bad_debt.value);
    let median = high.time_to_liquidation_days.unwrap().p50;
    assert!((median - 3.0).abs() < 0.01, "{median}");
}

/// Without drift, geometric Brownian motion depends on its integrated variance alone: a spell is a change of clock, and the closed form of
/// the reflection principle holds for the total.
#[test]
fn a_spell_is_a_change_of_clock() {
    let volatility: f64 = 0.5;
    let mut scenario = scenario(&[gbm(0.0, volatility)]);
    scenario.assets[0].stress.spells = vec![
        Spell { from: days(5), to: days(8), volatility_times: 3.0 },
        Spell { from: days(20), to: days(60), volatility_times: 0.5 },
    ];
    let total =
        volatility * volatility * (days(17).years() + 9.0 * days(3).years() + 0.25 * days(10).years());
    let barrier = ((1.0_f64 - 1.0 / 5.0) / 0.995).ln();
    let normal = Normal::standard();
    let (mean, deviation) = (-0.5 * total, total.sqrt());
    let expected = normal.cdf((barrier - mean) / deviation)
        + (2.0 * mean * barrier / total).exp() * normal.cdf((barrier + mean) / deviation);
    let estimate = simulate(&scenario, 2).levels[0].liquidation_probability;
    let z = (estimate.value - expected) / estimate.std_error;
    assert!(z.abs() < 4.0, "{} against {expected}: z = {z:.2}", estimate.value);
}

#[test]
fn a_spell_leaves_the_expected_price_of_every_model() {
    let jumps = Jumps { rate: 40.0, mean: -0.05, std_dev: 0.08 };
    let states =
        vec![RegimeState { drift: 0.3, volatility: 0.3 }, RegimeState { drift: 0.3, volatility: 1.0 }];
    let switching_rates = vec![vec![0.0, 10.0], vec![30.0, 0.0]];
    let models = [
        merton(),
        Model::Heston(heston()),
        Model::Regime(Regime { states, switching_rates, start: vec![1.0, 0.0] }),
        Model::Hawkes(Hawkes {
            drift: 0.3,
            volatility: 0.5,
            jumps: HawkesJumps { base: jumps, excitation: 100.0, decay: 250.0 },
        }),
    ];
    for model in models {
        let mut scenario = scenario(std::slice::from_ref(&model));
        let spell = Spell { from: Duration::from_seconds(0), to: days(20), volatility_times: 2.5 };
        scenario.assets[0].stress.spells = vec![spell];
        let x = closing(&scenario);
        check_mean(&format!("{model:?}"), x[0].iter().map(|x| x.exp()), (0.3 * days(30).years()).exp());
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let mut scenario = scenario(&[merton(), Model::Heston(heston())]);
    scenario.simulation.paths = PathBudget::Fixed(10_000);
    scenario.simulation.horizon = days(7);
    let hits = vec![AssetJump { asset: 0, mean: -0.1, std_dev: 0.1 }];
    scenario.dependence = Dependence {
        correlation: vec![vec![1.0, 0.8], vec![0.8, 1.0]],
        common_jumps: vec![CommonJumps { rate: 30.0, assets: hits }],
    };
    scenario.assets[0].stress.shocks = vec![Shock { at: days(3), size: -0.1 }];
    let bytes = |threads| serde_json::to_string(&simulate(&scenario, threads)).unwrap();
    assert_eq!(bytes(1), bytes(3));
}

const FILE: &str = r#"
simulation = { horizon = "7d", paths = 1000 }
correlation = { "BTC/ETH" = 0.9, "BTC/SOL" = 0.9, "ETH/SOL" = "80%" }
common_jumps = [{ rate = 4, assets = { BTC = { mean = -0.1, std_dev = 0.05 }, ETH = { mean = "-12%", std_dev = 0.05 } } }]

[assets.BTC]
price = 64_000
model = { kind = "gbm", drift = 0, volatility = 0.5 }
stress = [{ at = "3d", shock = "-30%" }, { from = "5d", to = "7d", volatility_times = 2 }]

[assets.ETH]
price = 1_900
model = { kind = "gbm", drift = 0, volatility = 0.7 }

[assets.SOL]
price = 70
model = { kind = "gbm", drift = 0, volatility = 0.9 }

[account]
equity = 1_000
leverage = [3]
venue = { contract = "linear", maintenance = 0.005 }
positions = [{ asset = "ETH", side = "short" }]
"#;

#[test]
fn assets_correlations_and_stress_are_read_from_the_file() {
    let scenario = parse(Source::new("three.toml", FILE), &[]).unwrap();
    let names: Vec<&str> = scenario.assets.iter().map(|asset| asset.name.as_str()).collect();
    let at = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let (btc, eth, sol) = (at("BTC"), at("ETH"), at("SOL"));
    assert_eq!(scenario.account.positions[0].asset, eth);
    assert_eq!(scenario.dependence.correlation[sol][eth], 0.8);
    assert_eq!(scenario.dependence.correlation[eth][sol], 0.8);
    assert_eq!(scenario.dependence.common_jumps[0].assets.len(), 2);
    assert_eq!(scenario.assets[btc].stress.shocks, [Shock { at: days(3), size: -0.3 }]);
    assert_eq!(scenario.assets[btc].stress.spells[0].volatility_times, 2.0);
    assert!(simulate(&scenario, 1).levels[0].liquidation_probability.value > 0.0);
}

#[test]
fn what_does_not_fit_is_reported_with_what_would() {
    for (from, to, message) in [
        ("\"80%\"", "-0.9", "the nearest that do not are"),
        ("\"80%\"", "1.2", "a correlation must be"),
        ("BTC/SOL", "BTC/DOGE", "there is no asset `DOGE`"),
        ("BTC/SOL", "BTC-SOL", "is no pair of assets"),
        ("BTC/SOL", "ETH/BTC", "is given twice"),
        ("BTC/SOL", "BTC/BTC", "same asset twice"),
        ("ETH = { mean = \"-12%\"", "XRP = { mean = \"-12%\"", "there is no asset `XRP`"),
        ("at = \"3d\"", "at = \"7d\"", "before the horizon"),
        ("at = \"3d\", ", "", "a shock needs `at` and `shock`"),
        ("from = \"5d\", ", "", "a spell needs `from`, `to` and `volatility_times`"),
        ("to = \"7d\"", "to = \"4d\"", "start before its end"),
        ("\"-30%\"", "\"-100%\"", "`shock` must be greater than -1"),
    ] {
        let text = FILE.replacen(from, to, 1);
        assert_ne!(text, FILE, "{from}");
        let said = parse(Source::new("three.toml", text), &[]).unwrap_err().to_string();
        assert!(said.contains(message), "{to}: {said}");
    }
}
