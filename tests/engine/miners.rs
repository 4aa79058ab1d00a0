//! Properties of miners on simulated paths, which hold on every path or exactly.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::numeric::InstructionSet;
use liqsim::result::RunResult;
use liqsim::scenario::{PathBudget, Scenario, Source, parse};
use liqsim::study::run_levels as run;

use crate::common::instructions::Forced;

const FLEET: &str = include_str!("../../scenarios/miner-fleet-on-credit-540d.toml");
const COINS: &str = include_str!("../../scenarios/miner-coin-loan-180d.toml");

fn scenario(text: &str, overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let mut scenario = parse(Source::new("miner".to_owned(), text), &overrides).unwrap();
    scenario.simulation.paths = PathBudget::Fixed(3_000);
    scenario
}

fn run_with(scenario: &Scenario, threads: usize) -> RunResult {
    let stop = AtomicBool::new(false);
    run(scenario, &RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} }).unwrap()
}

fn json(result: &RunResult) -> String {
    serde_json::to_string(result).unwrap()
}

/// The levels as they are written, without what is in money.
fn shares(result: &RunResult) -> Vec<serde_json::Value> {
    let mut levels: Vec<serde_json::Value> =
        result.levels.iter().map(|level| serde_json::to_value(level).unwrap()).collect();
    for level in &mut levels {
        let level = level.as_object_mut().unwrap();
        level.remove("coins_mined");
        level.remove("start");
    }
    levels
}

#[test]
fn the_number_of_threads_changes_no_byte_and_a_result_reads_back() {
    for text in [FLEET, COINS] {
        let scenario = scenario(text, &[]);
        let one = json(&run_with(&scenario, 1));
        assert_eq!(one, json(&run_with(&scenario, 3)));
        let read: RunResult = serde_json::from_str(&one).unwrap();
        assert_eq!(one, json(&read));
    }
}

/// Everything that is drawn and computed by column: fees and power that vary, a floor, an elasticity, jumps, hedges.
#[test]
fn the_instruction_set_changes_no_byte() {
    let forced = Forced::begin();
    let varied = [
        "assets.BTC.network.fees={ median = 0.1, volatility = 2.7, reversion = 5 }",
        "miner.electricity.volatility=0.5",
        "miner.fleet.resale_elasticity=1.3",
        "simulation.horizon=120d",
    ];
    for text in [COINS, include_str!("../../scenarios/miner-hedged-forward.toml")] {
        let scenario = scenario(text, &varied);
        let reference = json(&run_with(&scenario, 2));
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512] {
            forced.set(set);
            assert_eq!(reference, json(&run_with(&scenario, 2)), "{set:?}");
        }
    }
}

#[test]
fn results_do_not_change_with_the_equity_or_with_the_other_levels() {
    let all = run_with(&scenario(COINS, &[]), 2);
    let rich = run_with(&scenario(COINS, &["account.equity=64e6"]), 2);
    assert_eq!(shares(&all), shares(&rich));
    let (small, large) = (&all.levels[2], &rich.levels[2]);
    let (small, large) = (small.miner.as_ref().unwrap(), large.miner.as_ref().unwrap());
    assert!((large.coins_mined.value / small.coins_mined.value / 64.0 - 1.0).abs() < 1e-12);
    let alone = run_with(&scenario(FLEET, &["account.leverage=[2]"]), 2);
    let among = run_with(&scenario(FLEET, &[]), 2);
    assert_eq!(shares(&alone)[0], shares(&among)[2]);
}

#[test]
fn the_network_does_not_depend_on_the_miner() {
    let plain = run_with(&scenario(FLEET, &[]), 2).network.unwrap();
    let other = ["miner.cash=0.3", "miner.electricity.price=0.06", "miner.electricity.volatility=0.8"];
    let other = run_with(&scenario(FLEET, &other), 2).network.unwrap();
    assert_eq!(plain.hashprice_at_horizon, other.hashprice_at_horizon);
    assert_eq!(plain.difficulty_at_horizon, other.difficulty_at_horizon);
    assert_ne!(plain.curtailed_share, other.curtailed_share);
}

#[test]
fn without_debt_other_costs_and_hedges_nobody_defaults() {
    let result = run_with(&scenario(FLEET, &["account.leverage=[1]", "miner.other_costs=0"]), 2);
    let miner = result.levels[0].miner.as_ref().unwrap();
    assert_eq!((miner.default_probability.value, result.levels[0].bad_debt.value), (0.0, 0.0));
    assert!(result.network.unwrap().curtailed_share.value > 0.05);
}

#[test]
fn more_debt_on_the_machines_defaults_more_and_earlier() {
    let result = run_with(&scenario(FLEET, &["account.leverage=[1.2,1.5,1.8,2,2.5,3,4]"]), 2);
    let of = |level: usize| result.levels[level].miner.as_ref().unwrap();
    for level in 1..result.levels.len() {
        assert!(of(level).default_probability.value >= of(level - 1).default_probability.value);
        // On every path, so also at every time.
        let (less, more) = (&result.levels[level - 1].survival, &result.levels[level].survival);
        assert!(
            less.iter().zip(more).all(|(less, more)| less.probability.value >= more.probability.value - 2e-3)
        );
    }
    assert!(of(6).default_probability.value > 0.5 && of(0).default_probability.value < 0.5);
}

/// Halving the subsidy and the difficulty together changes nothing but the difficulty where there are no fees.
#[test]
fn subsidy_and_difficulty_count_as_their_ratio() {
    let fees = "assets.BTC.network.fees=0";
    let plain = run_with(&scenario(FLEET, &[fees]), 2);
    let halved = ["assets.BTC.network.subsidy=1.5625", "assets.BTC.network.difficulty=67.5e12", fees];
    let halved = run_with(&scenario(FLEET, &halved), 2);
    for (plain, halved) in plain.levels.iter().zip(&halved.levels) {
        assert!((plain.mean_return.value - halved.mean_return.value).abs() < 1e-9);
        let default = |level: &liqsim::result::LevelResult| level.miner.as_ref().unwrap().default_probability;
        assert!((default(plain).value - default(halved).value).abs() < 1e-12);
    }
}

/// Statistics cannot tell a volatility from one that is 1 % larger: what a retarget draws is looked at itself.
#[test]
fn a_retarget_spreads_difficulty_by_the_root_of_its_days() {
    let network = scenario(FLEET, &[]).assets[0].network.clone().unwrap();
    let law = network.retarget(14, 64_700.0);
    assert!((law.spread / (0.15 * (14.0 / 365.0_f64).sqrt()) - 1.0).abs() < 1e-14);
    assert!((law.luck * 2016.0_f64.sqrt() - 1.0).abs() < 1e-14);
    let calm = law.step(law.equilibrium, 0.0, 0.0);
    assert!((law.step(law.equilibrium, 0.0, 2.0) - calm - 2.0 * law.spread).abs() < 1e-15);
}

/// With all answers off, the logarithm of difficulty grows by growth·τ at each retarget and its luck is that of one epoch.
#[test]
fn difficulty_without_answers_grows_at_a_fixed_rate() {
    let off = [
        "assets.BTC.network.response=0",
        "assets.BTC.network.pass_through=0",
        "assets.BTC.network.volatility=0",
        "assets.BTC.network.floor_response=0",
    ];
    let result = run_with(&scenario(FLEET, &off), 2).network.unwrap();
    // 540 days hold 38 retargets, the last one on day 532.
    let median = 135e12 * (0.3 * 38.0 * 14.0 / 365.0_f64).exp();
    let found = &result.difficulty_at_horizon;
    assert!((found["0.5"].value / median - 1.0).abs() < 4.0 * found["0.5"].std_error / median + 1e-3);
    // The 95 % quantile of a normal law is 1.645 standard deviations up: luck of 2.2 % and no more.
    let up = (found["0.95"].value / found["0.5"].value).ln() / (1.644_85 / 2016.0_f64.sqrt());
    assert!((up - 1.0).abs() < 0.1, "{up}");
}

/// Bars of paths carry the network of their day: hashprice is what the formula says at the difficulty in force, and the first epoch has
/// the difficulty of the start.
#[test]
fn simulated_bars_carry_difficulty_and_hashprice() {
    use liqsim::market::Duration;
    use liqsim::study::{SimulateError, SimulatedBar, simulate};
    let mut scenario = scenario(FLEET, &[]);
    scenario.simulation.horizon = Duration::from_seconds(60 * 86_400);
    let stop = AtomicBool::new(false);
    let options = RunOptions { threads: Some(1), stop: &stop, progress: &|_| {} };
    let mut seen: Vec<SimulatedBar> = Vec::new();
    let show = |bar: &SimulatedBar| -> Result<(), SimulateError> {
        seen.push(*bar);
        Ok(())
    };
    simulate(&scenario, 3, Duration::from_seconds(43_200), &options, show).unwrap();
    assert_eq!(seen.len(), 3 * 120);
    for bar in seen.iter().filter(|bar| bar.bar % 2 == 1) {
        let (difficulty, hashprice) = bar.network.unwrap();
        let formula = 86_400.0e15 * 3.155 / (difficulty * 4_294_967_296.0) * bar.close;
        assert!((hashprice / formula - 1.0).abs() < 1e-9, "{bar:?}");
        assert_eq!(bar.bar < 28, (difficulty / 135e12 - 1.0).abs() < 1e-9, "{bar:?}");
    }
}
