//! Amounts that are known exactly: funding and interest of a price that stands still, and the hedged inverse short.

use liqsim::engine::{Plan, Worker};
use liqsim::model::{Gbm, Model};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Cost;

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

/// The collateral of an inverse 1x short loses in coins what a coin gains: the value in dollars stands still.
#[test]
fn a_fully_hedged_inverse_short_keeps_its_dollar_value() {
    let mut inverse = scenario(r#"{ contract = "inverse", maintenance = 0.01 }"#, "short", "");
    inverse.account.leverage = vec![1.0];
    let plan = Plan::new(&inverse).unwrap();
    for path in 0..50 {
        let mut worker = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
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
                    // A path for the turn of every level.
                    worker.run_block(0, plan.account.levels.len());
                    for (cell, level) in worker.tally().levels.iter().zip(&plan.account.levels) {
                        let account = cell.account.as_ref().unwrap();
                        let sums = account.costs[Cost::Funding as usize].mapped(0.0, 1.0);
                        let paid = sums.powers[1] / account.followed();
                        let owed = sign * level.leverage * 0.009;
                        assert!((paid / owed - 1.0).abs() < 1e-5, "{contract} {side} {basis}: {paid} {owed}");
                    }
                }
            }
        }
    }
}

/// What is charged for ten days on debts of a price that stands still, and for ten minutes, of which simple interest charges
/// the whole hour: 60 borrowed at 0.05 % a day owe 0.00125 (freqtrade, tests/leverage/test_interest.py).
#[test]
fn interest_of_a_still_price_is_what_the_rule_says_of_the_debt() {
    let idle = "[policy]\nadd_margin = { amount = 1, every = \"20d\" }";
    let rate: f64 = 0.1825;
    let growth = |horizon: &str, compounding: &str| match (horizon, compounding) {
        ("10d", "hourly") => (1.0 + rate / 8_760.0).powi(240) - 1.0,
        ("10d", "simple") => rate / 8_760.0 * 240.0,
        ("10d", "continuous") => (rate * 10.0 / 365.0).exp() - 1.0,
        ("10m", "hourly") => 0.0,
        ("10m", "simple") => 0.0005 / 24.0,
        ("10m", "continuous") => (rate / 52_560.0).exp() - 1.0,
        other => panic!("{other:?}"),
    };
    for side in ["long", "short"] {
        for compounding in ["hourly", "simple", "continuous"] {
            for horizon in ["10d", "10m"] {
                for policy in ["", idle] {
                    let venue = r#"{ contract = "spot", margin_level = { liquidation = 1.02 } }"#;
                    let account =
                        format!("borrow = {{ rate = {rate}, compounding = \"{compounding}\" }}\n{policy}");
                    let mut still = scenario(venue, side, &account);
                    still.assets[0].model = Model::Gbm(Gbm { drift: 0.0, volatility: 1e-9 });
                    still.simulation.horizon = horizon.parse().unwrap();
                    still.account.leverage = vec![1.5, 4.0];
                    let plan = Plan::new(&still).unwrap();
                    let mut worker = Worker::new(&plan);
                    worker.run_block(0, 1);
                    for (cell, level) in worker.tally().levels.iter().zip(&plan.account.levels) {
                        let account = cell.account.as_ref().unwrap();
                        let paid = account.costs[Cost::Interest as usize].mapped(0.0, 1.0).powers[1];
                        // A long borrows what it lacks, a short all that it sells.
                        let debt = if side == "long" { level.leverage - 1.0 } else { level.leverage };
                        let owed = debt * growth(horizon, compounding);
                        let what = format!("{side} {compounding} {horizon} {policy}: {paid} {owed}");
                        assert!((paid - owed).abs() <= 1e-8 * owed, "{what}");
                    }
                }
            }
        }
    }
}
