//! Every unit of money of an account that is followed step by step is accounted for, path by path.

use liqsim::engine::{Plan, Worker};
use liqsim::model::{Gbm, Model};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{Cost, Exit};

fn scenario(venue: &str, side: &str, account: &str) -> Scenario {
    let text = format!(
        r#"
        name = "accounts"
        simulation = {{ horizon = "10d", paths = 1_000, seed = 4 }}
        assets.X = {{ price = 250.0, model = {{ kind = "merton", drift = 0.0, volatility = 0.7,
            jumps = {{ rate = 60.0, mean = -0.02, std_dev = 0.08 }} }} }}
        [account]
        equity = 1_000.0
        leverage = [1.5, 3, 8, 15]
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    parse(Source::new("accounts.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

const FUNDING: &str = r#"funding = { rate = "3bp", every = "8h" }"#;
const FLOWS: &str = r#"
    funding = { rate = "3bp", every = "8h" }
    borrow = { rate = "15%" }"#;

/// What is left at the horizon is what was put up, plus the profit of the price, less the costs. A policy that never
/// acts sends the same account through the other evaluation.
#[test]
fn equity_and_costs_account_for_every_unit_of_money() {
    let linear =
        r#"{ contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%" } }"#;
    let inverse = r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp" }"#;
    let idle = format!("{FLOWS}\n[policy]\nadd_margin = {{ amount = 1, every = \"20d\" }}");
    let mut open = 0;
    for (venue, power, gain) in [(linear, 1.0, 1.0), (inverse, -1.0, -1.0)] {
        for (side, sign) in [("long", 1.0), ("short", -1.0)] {
            for account in [FUNDING, FLOWS, &idle] {
                let plan = Plan::new(&scenario(venue, side, account)).unwrap();
                for path in 0..60 {
                    let mut worker = Worker::new(&plan);
                    worker.run_block(path, 1);
                    let x = (power * worker.closing_log_prices(0)[0]).exp();
                    for (cell, level) in worker.tally().levels.iter().zip(&plan.levels) {
                        let account = cell.account.as_ref().unwrap();
                        if account.exits[Exit::Liquidated as usize].mapped(0.0, 1.0).powers[0] > 0.0 {
                            continue;
                        }
                        open += 1;
                        let paid: f64 = Cost::ALL
                            .iter()
                            .map(|cost| account.costs[*cost as usize].mapped(0.0, 1.0).powers[1])
                            .sum();
                        let profit = gain * sign * level.leverage * (x - 1.0);
                        let returned = cell.survivors.mapped(0.0, 1.0).powers[1];
                        let cost = |cost: Cost| account.costs[cost as usize].mapped(0.0, 1.0).powers[1];
                        // Whatever the contract, it is the long who pays.
                        assert!(sign * cost(Cost::Funding) > 0.0, "{venue} {side}: {}", cost(Cost::Funding));
                        // Interest on a debt in x is valued when it is charged; x at most doubles here until the close.
                        let slack = if sign * gain < 0.0 { cost(Cost::Interest) } else { 0.0 } + 1e-9;
                        assert!(
                            (returned - (profit - paid)).abs() < slack,
                            "{venue} {side} {}x, path {path}: {returned} is not {profit} − {paid}",
                            level.leverage
                        );
                    }
                }
            }
        }
    }
    assert!(open > 500, "{open}");
}

/// The collateral of an inverse 1x short loses in coins what a coin gains: the value in dollars stands still.
#[test]
fn a_fully_hedged_inverse_short_keeps_its_dollar_value() {
    let mut inverse = scenario(r#"{ contract = "inverse", maintenance = 0.01 }"#, "short", "");
    inverse.account.leverage = vec![1.0];
    let plan = Plan::new(&inverse).unwrap();
    for path in 0..50 {
        let mut worker = Worker::with_evaluation(&plan, Box::new(plan.ledger()));
        worker.run_block(path, 1);
        let ratio = worker.closing_log_prices(0)[0].exp();
        let coins = 1.0 + worker.tally().levels[0].survivors.mapped(0.0, 1.0).powers[1];
        assert!((coins * ratio - 1.0).abs() < 1e-12, "path {path}: {}", coins * ratio);
    }
}

/// The price stands still, so thirty payments of 3 bp on the notional come to leverage times 0.009, whatever the basis.
#[test]
fn funding_of_a_still_price_is_the_rate_times_the_notional_of_every_payment() {
    let idle = "[policy]\nadd_margin = { amount = 1, every = \"20d\" }";
    for contract in ["linear", "inverse"] {
        for (side, sign) in [("long", 1.0), ("short", -1.0)] {
            for basis in ["mark", "entry"] {
                for policy in ["", idle] {
                    let venue = format!("{{ contract = \"{contract}\", maintenance = 0.01 }}");
                    let account = format!(
                        "funding = {{ rate = \"3bp\", every = \"8h\", basis = \"{basis}\" }}\n{policy}"
                    );
                    let mut still = scenario(&venue, side, &account);
                    still.assets[0].model = Model::Gbm(Gbm { drift: 0.0, volatility: 1e-7 });
                    let plan = Plan::new(&still).unwrap();
                    let mut worker = Worker::new(&plan);
                    worker.run_block(0, 1);
                    for (cell, level) in worker.tally().levels.iter().zip(&plan.levels) {
                        let account = cell.account.as_ref().unwrap();
                        let paid = account.costs[Cost::Funding as usize].mapped(0.0, 1.0).powers[1];
                        let owed = sign * level.leverage * 0.009;
                        assert!((paid / owed - 1.0).abs() < 1e-5, "{contract} {side} {basis}: {paid} {owed}");
                    }
                }
            }
        }
    }
}
