//! Funding by what a unit of exposure has paid, against the ledger that follows every level on its own, path by path.

use liqsim::account::Hit;
use liqsim::engine::{Plan, Worker};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{AccountTally, Cost};

const GBM: &str = r#"{ kind = "gbm", drift = 0.1, volatility = 0.8 }"#;
const MERTON: &str = r#"{ kind = "merton", drift = 0.1, volatility = 0.5, jumps = { rate = 60.0, mean = -0.02, std_dev = 0.08 } }"#;
const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
const INVERSE: &str = r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp" }"#;
/// The liquidation prices of 8x and 13x wander between tiers.
const TIERED: &str = r#"{ contract = "linear", tiers = [
    { up_to = 6_900, rate = "0.4%", max_leverage = 100 }, { up_to = 7_100, rate = "0.6%", max_leverage = 100 },
    { up_to = 11_900, rate = "1%", max_leverage = 50 }, { up_to = 12_300, rate = "1.5%", max_leverage = 50 },
    { rate = "2%", max_leverage = 40 } ], taker_fee = "5bp", liquidation = { fee = "0.5%" } }"#;

fn scenario(model: &str, venue: &str, side: &str, funding: &str) -> Scenario {
    let text = format!(
        r#"
        name = "funded"
        simulation = {{ horizon = "14d", paths = 20_000, seed = 5 }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        leverage = [1, 2, 3, 5, 8, 13, 21, 34]
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        funding = {{ {funding}, every = "8h" }}
        "#
    );
    parse(Source::new("funded.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn cases() -> Vec<Scenario> {
    const OU: &str = r#"model = "ou", mean = "2bp", reversion = 200, volatility = 0.03, correlation = 0.3"#;
    let mut cases = Vec::new();
    for model in [GBM, MERTON] {
        for side in ["long", "short"] {
            for venue in [FLAT, INVERSE, TIERED] {
                // 42 payments of 20 bp move the barriers by 8 %.
                for funding in [r#"rate = "20bp""#, r#"rate = "-20bp", basis = "entry""#, OU] {
                    cases.push(scenario(model, venue, side, funding));
                }
            }
        }
    }
    cases
}

fn ordered(hits: &[Hit]) -> Vec<Hit> {
    let mut hits = hits.to_vec();
    hits.sort_by_key(|hit| (hit.lane, hit.level));
    hits
}

fn liquidated(worker: &Worker<'_>) -> Vec<(u32, usize)> {
    let mut named = Vec::new();
    worker.follower().for_each_liquidated(&mut |lane, level| named.push((lane, level)));
    named.sort_unstable();
    named
}

fn near(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{what}: {a} {b}");
}

/// Liquidations, their times and what they leave hit by hit; returns as sums.
#[test]
fn the_shared_charge_and_the_ledger_agree_path_by_path() {
    for (case, scenario) in cases().iter().enumerate() {
        let plan = Plan::new(scenario).unwrap();
        let levels = plan.account.levels.len() as u32;
        let mut count = 0;
        let mut funded = Worker::with_follower(&plan, Box::new(plan.account.funded().unwrap()));
        let mut ledger = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
        for block in 0..12 {
            funded.run_block(block, 40);
            ledger.run_block(block, 40);
            assert_eq!(liquidated(&funded), liquidated(&ledger), "case {case}, block {block}");
            let (a, mut b) = (ordered(funded.follower().hits()), ordered(ledger.follower().hits()));
            b.retain(|hit| hit.level == hit.lane % levels);
            assert_eq!(a.len(), b.len(), "case {case}, block {block}");
            for (a, b) in a.iter().zip(&b) {
                near(a.time, b.time, "time");
                near(a.recovered, b.recovered, "recovered");
                near(a.bad_debt, b.bad_debt, "bad debt");
            }
            count += liquidated(&funded).len();
        }
        let tallies = [funded.tally().clone(), ledger.tally().clone()];
        for level in 0..plan.account.levels.len() {
            let a = funded.follower().survivors(&tallies[0], level);
            let b = ledger.follower().survivors(&tallies[1], level);
            assert_eq!(a.returns.powers[0], b.returns.powers[0], "case {case}: survival of level {level}");
            near(a.returns.powers[1], b.returns.powers[1], "return");
            let [a, b] = tallies.each_ref().map(|tally| &tally.levels[level]);
            near(a.liquidated.mapped(0.0, 1.0).powers[1], b.liquidated.mapped(0.0, 1.0).powers[1], "loss");
            near(a.bad_debt.mapped(0.0, 1.0).powers[1], b.bad_debt.mapped(0.0, 1.0).powers[1], "bad debt");
        }
        assert!(count > 200, "case {case} is too tame to show anything: {count} liquidations");
    }
}

/// With one level it is every path's turn: costs, drawdown and equity over time are the ledger's.
#[test]
fn what_is_followed_in_turns_is_what_the_ledger_follows() {
    for (case, mut scenario) in cases().into_iter().enumerate() {
        scenario.account.leverage = vec![[3.0, 5.0, 13.0][case % 3]];
        let plan = Plan::new(&scenario).unwrap();
        let mut funded = Worker::with_follower(&plan, Box::new(plan.account.funded().unwrap()));
        let mut ledger = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
        (0..4).for_each(|block| {
            funded.run_block(block, 256);
            ledger.run_block(block, 256);
        });
        let account = |worker: &mut Worker<'_>| -> AccountTally {
            worker.tally().levels[0].account.as_deref().unwrap().clone()
        };
        let (a, b) = (account(&mut funded), account(&mut ledger));
        for cost in Cost::ALL {
            let sums = |account: &AccountTally| account.costs[cost as usize].mapped(0.0, 1.0).powers;
            sums(&a).iter().zip(&sums(&b)).for_each(|(a, b)| near(*a, *b, &format!("case {case}, {cost:?}")));
        }
        let quantiles = |account: &AccountTally| {
            let bins: Vec<_> = account.equity.iter().chain([&account.kept]).collect();
            let shares = [0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
            let at = |share| bins.iter().map(move |bins| bins.quantile(share * bins.weight()).unwrap());
            shares.into_iter().flat_map(at).collect::<Vec<_>>()
        };
        assert_eq!(a.followed(), b.followed());
        // One bin is 0.1 % wide.
        for (a, b) in quantiles(&a).iter().zip(&quantiles(&b)) {
            assert!((a - b).abs() < 2e-3 * a.abs().max(1.0), "case {case}: {a} {b}");
        }
    }
}

/// Margin that is not straight in the price, or that asks for less than the closing fee, is left to the ledger.
#[test]
fn other_margins_are_followed_level_by_level() {
    for venue in [
        r#"{ contract = "linear", maintenance = 0.005, taker_fee = "60bp" }"#,
        r#"{ contract = "linear", maintenance = 0.01, maintenance_basis = "entry", taker_fee = "5bp" }"#,
        r#"{ contract = "linear", rule = "whole", tiers = [{ up_to = 5000, rate = 0.005, max_leverage = 50 }, { rate = 0.01, max_leverage = 40 }] }"#,
    ] {
        let scenario = scenario(GBM, venue, "long", r#"rate = "1bp""#);
        assert!(Plan::new(&scenario).unwrap().account.funded().is_none(), "{venue}");
    }
}
