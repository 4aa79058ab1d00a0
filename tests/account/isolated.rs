//! Positions with collateral of their own, by column: against the general follower, which goes path by path, to the last bit.

use crate::common::instructions::Forced;
use liqsim::engine::{Plan, Worker};
use liqsim::numeric::InstructionSet;
use liqsim::scenario::{Scenario, Source, parse};

const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
const DEAR: &str = r#"{ contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%", slippage = "20bp" } }"#;
const TIERED: &str = r#"{ contract = "linear", tiers = [
    { up_to = 3_000, rate = "0.4%", max_leverage = 100 }, { up_to = 7_100, rate = "0.6%", max_leverage = 100 },
    { up_to = 11_900, rate = "1%", max_leverage = 50 }, { rate = "2%", max_leverage = 40 } ], taker_fee = "5bp" }"#;
const WHOLE: &str = r#"{ contract = "linear", rule = "whole", tiers = [{ up_to = 3_000, rate = "0.5%", max_leverage = 60 },
    { rate = "1%", max_leverage = 60 }], taker_fee = "5bp" }"#;
const INVERSE: &str = r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp" }"#;
const FORFEIT: &str = r#"{ contract = "linear", maintenance = 0.01, liquidation = "forfeit" }"#;

const CONSTANT: &str = r#"funding = { rate = "20bp", every = "8h" }"#;
const ENTRY: &str = r#"funding = { rate = "-20bp", every = "8h", basis = "entry" }"#;
const OU: &str =
    r#"funding = { model = "ou", mean = "2bp", reversion = 200, volatility = 0.03, correlation = 0.3 }"#;

const BOTH: &str =
    r#"{ asset = "A", side = "long", share = 0.6 }, { asset = "B", side = "short", share = 0.3 }"#;
/// Barriers on both sides of one price.
const STRADDLE: &str =
    r#"{ asset = "A", side = "long", share = 0.5 }, { asset = "A", side = "short", share = 0.4 }"#;
const FOUR: &str = r#"{ asset = "A", side = "long", share = 0.5 }, { asset = "A", side = "short", share = 0.4 },
    { asset = "B", side = "long", share = 0.3 }, { asset = "B", side = "long", share = 0.2 }"#;

fn scenario(simulation: &str, assets: &str, venue: &str, account: &str, positions: &str) -> Scenario {
    let text = format!(
        r#"
        name = "isolated"
        simulation = {{ horizon = "14d", paths = 20_000, seed = 5 {simulation} }}
        {assets}
        assets.A.price = 250.0
        assets.B.price = 3.0
        assets.B.model = {{ kind = "gbm", drift = -0.1, volatility = 0.7 }}
        [account]
        equity = 1_000.0
        leverage = [1, 2, 5, 13, 34]
        venue = {venue}
        positions = [{positions}]
        {account}
        "#
    );
    parse(Source::new("isolated.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn cases() -> Vec<(String, Scenario)> {
    const GBM: &str = r#"assets.A.model = { kind = "gbm", drift = 0.1, volatility = 0.8 }"#;
    const MERTON: &str = r#"assets.A.model = { kind = "merton", drift = 0.1, volatility = 0.5, jumps = { rate = 60.0, mean = -0.02, std_dev = 0.08 } }"#;
    let joined = format!("correlation = {{ \"A/B\" = 0.6 }}\n{GBM}");
    let hourly = ", monitoring = \"1h\"";
    let mut cases = Vec::new();
    let mut add = |simulation, assets: &str, venue, account, positions| {
        let name = [simulation, assets, venue, account, positions].join("\n");
        cases.push((name, scenario(simulation, assets, venue, account, positions)));
    };
    for venue in [FLAT, DEAR, TIERED, WHOLE, INVERSE, FORFEIT] {
        add("", GBM, venue, CONSTANT, BOTH);
        add("", MERTON, venue, OU, STRADDLE);
        add(hourly, MERTON, venue, CONSTANT, FOUR);
    }
    for positions in [BOTH, STRADDLE, FOUR] {
        add("", GBM, DEAR, "", positions);
        add("", MERTON, FLAT, ENTRY, positions);
        add("", &joined, DEAR, OU, positions);
        add(hourly, &joined, DEAR, CONSTANT, positions);
    }
    cases
}

#[test]
fn columns_are_the_general_follower_to_the_last_bit() {
    for (name, scenario) in cases() {
        let plan = Plan::new(&scenario).unwrap();
        let correlation = plan.law.correlation();
        let columns = plan.account.isolated(correlation).expect("positions by themselves");
        let mut columns = Worker::with_follower(&plan, Box::new(columns));
        let mut general = Worker::with_follower(&plan, Box::new(plan.account.general(correlation)));
        for (block, lanes) in [(0, 1024), (1, 77), (2, 8), (3, 513)] {
            columns.run_block(block, lanes);
            general.run_block(block, lanes);
            let of = |worker: &Worker<'_>| {
                let mut hits = worker.follower().hits().to_vec();
                hits.sort_by_key(|hit| (hit.lane, hit.level));
                hits
            };
            assert_eq!(of(&columns), of(&general), "{name}, block {block}");
        }
        assert_eq!(columns.tally(), general.tally(), "{name}");
        let liquidated = |level: &liqsim::stats::LevelTally| level.liquidated.mapped(0.0, 1.0).powers[0];
        assert!(liquidated(&columns.tally().levels[4]) > 500.0, "{name} is too tame to show anything");
    }
}

#[test]
fn instruction_sets_give_the_same_bits() {
    let forced = Forced::begin();
    for (name, scenario) in cases().into_iter().step_by(4) {
        let plan = Plan::new(&scenario).unwrap();
        let run = |set| {
            forced.set(set);
            let mut worker = Worker::new(&plan);
            worker.run_block(0, 300);
            worker.tally().clone()
        };
        let wide = run(InstructionSet::Avx512);
        assert_eq!(run(InstructionSet::Baseline), wide, "{name}");
        assert_eq!(run(InstructionSet::Avx2), wide, "{name}");
    }
}

/// What moves an account besides prices and funding, or acts on it, is left to the general follower.
#[test]
fn interest_policies_steps_and_shared_collateral_are_not_for_columns() {
    const GBM: &str = r#"assets.A.model = { kind = "gbm", drift = 0.1, volatility = 0.8 }"#;
    const PARTIAL: &str =
        r#"{ contract = "linear", maintenance = 0.005, liquidation = { fee = 0, partial = "20%" } }"#;
    let is_taken = |venue, account, positions| {
        let plan = Plan::new(&scenario("", GBM, venue, account, positions)).unwrap();
        plan.account.isolated(plan.law.correlation()).is_some()
    };
    assert!(is_taken(FLAT, CONSTANT, BOTH));
    assert!(!is_taken(FLAT, r#"borrow = { rate = "10%" }"#, BOTH));
    assert!(!is_taken(FLAT, "[policy]\nstop_loss = { distance = \"5%\" }", BOTH));
    assert!(!is_taken(FLAT, "[policy]\nexit_after = \"14d\"", BOTH));
    assert!(!is_taken(PARTIAL, CONSTANT, BOTH));
    assert!(!is_taken(FLAT, "margin = \"cross\"", BOTH));
    assert!(!is_taken(FLAT, CONSTANT, r#"{ asset = "A", side = "long" }"#));
}
