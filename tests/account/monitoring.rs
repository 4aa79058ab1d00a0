//! `monitoring` names the dates on which the venue looks at the price, and nothing else is one: no payment, no interest, no horizon. A position
//! that is closed between two of them loses its collateral at most; the rest is bad debt.

use std::sync::atomic::AtomicBool;

use liqsim::engine::{Plan, RunOptions, Worker};
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::run_levels as run;

fn scenario(simulation: &str, asset: &str, account: &str) -> Scenario {
    let text = format!(
        "[simulation]\nseed = 1\n{simulation}\n[assets.A]\nprice = 100.0\n{asset}\n[account]\nequity = 1_000.0\n{account}\n"
    );
    parse(Source::new("monitoring.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn result(scenario: &Scenario) -> RunResult {
    let stop = AtomicBool::new(false);
    let options = RunOptions { threads: None, stop: &stop, progress: &|_| () };
    run(scenario, &options).unwrap()
}

fn gbm(volatility: f64) -> String {
    format!("model = {{ kind = \"gbm\", drift = 0.0, volatility = {volatility} }}")
}

fn long(leverage: &str, venue: &str) -> String {
    format!(
        "leverage = {leverage}\nvenue = {{ contract = \"linear\", maintenance = 0.005{venue} }}\n\
         positions = [{{ asset = \"A\", side = \"long\" }}]"
    )
}

/// Looks at 24 h and, too late, at 48 h; closed at 36 h. A naive simulation of 2,000,000 paths found mean returns of 0.0642(6) and 0.4895(13),
/// bad debts of 0.0660 and 0.4969. Four standard errors of the difference: false alarm once in 16,000.
#[test]
fn a_horizon_between_two_monitoring_dates_is_none() {
    let simulation = "horizon = \"36h\"\npaths = 200_000\nmonitoring = \"1d\"";
    let result = result(&scenario(simulation, &gbm(0.8), &long("[20, 50]", "")));
    let known = [(0.0642, 0.0006, 0.0660), (0.4895, 0.0013, 0.4969)];
    for (level, (mean, error, debt)) in result.levels.iter().zip(known) {
        let (found, owed) = (level.mean_return, level.bad_debt);
        assert!((found.value - mean).abs() < 4.0 * found.std_error.hypot(error), "{found:?}");
        assert!((owed.value - debt).abs() < 4.0 * owed.std_error.hypot(error), "{owed:?}");
        assert_eq!(level.returns.quantiles["0.01"], -1.0);
    }
}

/// One path: a fall of 20 % after the only look leaves 8x with 1 − 1.6: everything is lost, and 0.6 more.
#[test]
fn a_fall_after_the_last_look_is_the_venues_loss() {
    let asset = format!("{}\nstress = [{{ at = \"70d\", shock = \"-20%\" }}]", gbm(1e-6));
    let simulation = "horizon = \"90d\"\npaths = 64\nmonitoring = \"60d\"";
    // Paid at 100, 100 and 80.
    for (flows, paid) in [("", 0.0), (", funding = { rate = \"1bp\", every = \"30d\" }", 8.0 * 2.8e-4)] {
        let level = &result(&scenario(simulation, &asset, &long("[8]", flows))).levels[0];
        assert_eq!(level.liquidation_probability.value, 0.0, "{flows}");
        assert!((level.mean_return.value + 1.0).abs() < 1e-12, "{flows}: {:?}", level.mean_return);
        assert!((level.bad_debt.value - 0.6 - paid).abs() < 1e-6, "{flows}: {:?}", level.bad_debt);
        assert_eq!(level.value_at_risk["0.95"].value, 1.0);
    }
}

/// The price is 20 % down from the 70th day to the 80th, when nobody looks: not at a payment, not as interest is added.
#[test]
fn a_payment_is_no_look() {
    let asset = format!(
        "{}\nstress = [{{ at = \"70d\", shock = \"-20%\" }}, {{ at = \"80d\", shock = \"25%\" }}]",
        gbm(1e-6)
    );
    for (monitoring, liquidated) in [("60d", 0.0), ("75d", 1.0), ("continuous", 1.0)] {
        let simulation = format!("horizon = \"90d\"\npaths = 64\nmonitoring = \"{monitoring}\"");
        for flows in [
            "",
            ", funding = { rate = \"0.1bp\", every = \"1d\" }",
            ", borrow = { rate = \"1%\" }",
            ", borrow = { rate = \"1%\", compounding = \"simple\" }",
        ] {
            let level = &result(&scenario(&simulation, &asset, &long("[8]", flows))).levels[0];
            assert_eq!(level.liquidation_probability.value, liquidated, "{monitoring} {flows}");
        }
    }
}

/// One look at the horizon, in a year of volatility 1 a share of N((ln(LP/P) + T/2)/√T) = 0.37239 of all paths is below the liquidation price.
/// Flows of next to nothing are no looks in between: exactly the same paths.
#[test]
fn idle_flows_change_nothing() {
    let simulation = "horizon = \"28d\"\npaths = 20_000\nmonitoring = \"28d\"\nsampling = \"pseudo\"";
    let idle = [
        ", funding = { rate = 1e-13, every = \"8h\" }",
        ", borrow = { rate = 1e-11 }",
        ", funding = { rate = 1e-13, every = \"1d\" }, borrow = { rate = 1e-11, compounding = \"continuous\" }",
    ];
    let plain = result(&scenario(simulation, &gbm(1.0), &long("[2, 8, 20]", "")));
    let p = plain.levels[1].liquidation_probability;
    assert!((p.value - 0.37239).abs() < 4.0 * p.std_error, "{p:?}");
    for flows in idle {
        let flowing = result(&scenario(simulation, &gbm(1.0), &long("[2, 8, 20]", flows)));
        // The paths are others where bars end at payments.
        for (a, b) in plain.levels.iter().zip(&flowing.levels) {
            let (p, q) = (a.liquidation_probability, b.liquidation_probability);
            assert!((p.value - q.value).abs() < 4.0 * p.std_error.hypot(q.std_error), "{flows}: {p:?} {q:?}");
        }
        // On the same bars the money is the same: an account whose payments are nothing, beside one that makes none.
        let plan = Plan::new(&scenario(simulation, &gbm(1.0), &long("[2, 8, 20]", flows))).unwrap();
        let mut bare = plan.clone();
        bare.account.schedule.clear();
        bare.account.flows = vec![liqsim::venue::Flows::default()];
        let mut with = Worker::new(&plan);
        let mut without = Worker::with_follower(&plan, bare.follower());
        (0..4).for_each(|block| {
            with.run_block(block, 1024);
            without.run_block(block, 1024);
        });
        let (with_tally, without_tally) = (with.tally().clone(), without.tally().clone());
        for level in 0..3 {
            let sums = |worker: &Worker<'_>, tally: &liqsim::stats::Tally| {
                let mut returns = worker.follower().survivor_returns(tally, level);
                returns += tally.levels[level].liquidated.mapped(0.0, 1.0);
                let cell = &tally.levels[level];
                let (lost, debt) = (cell.liquidated.mapped(0.0, 1.0), cell.bad_debt.mapped(0.0, 1.0));
                [returns.powers[1], returns.powers[2], lost.powers[0], lost.powers[1], debt.powers[1]]
            };
            let (a, b) = (sums(&with, &with_tally), sums(&without, &without_tally));
            for (a, b) in a.into_iter().zip(b) {
                assert!((a - b).abs() < 1e-9 * 4096.0, "{flows}: {a} {b}");
            }
        }
    }
}

/// Whatever the venue, the owner of isolated margin loses the collateral at most: random terms, dates and flows from a fixed seed.
#[test]
fn isolated_margin_loses_its_collateral_at_most() {
    let mut state = 7_u64;
    let mut draw = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut insolvent = 0;
    for case in 0..60 {
        let contract = ["linear", "inverse", "spot"][draw(3) as usize];
        let side = ["long", "short"][draw(2) as usize];
        let monitoring = ["continuous", "1d", "7d", "3d"][draw(4) as usize];
        let flows = ["", "funding = { rate = \"20bp\", every = \"8h\" }", "borrow = { rate = \"200%\" }"]
            [draw(3) as usize];
        let flows = if contract == "spot" && flows.starts_with("funding") { "" } else { flows };
        let terms =
            if contract == "spot" { "margin_level = { liquidation = 1.02 }" } else { "maintenance = 0.01" };
        let fee = ["0bp", "10bp"][draw(2) as usize];
        let account = format!(
            "leverage = [1.5, 4, 12]\nvenue = {{ contract = \"{contract}\", {terms}, taker_fee = \"{fee}\" }}\n\
             positions = [{{ asset = \"A\", side = \"{side}\" }}]\n{flows}"
        );
        let simulation = format!("horizon = \"10d\"\npaths = 2_000\nmonitoring = \"{monitoring}\"");
        for level in &result(&scenario(&simulation, &gbm(1.5), &account)).levels {
            let what = format!("case {case}: {contract} {side} {monitoring} {flows} {}x", level.leverage);
            assert!(level.mean_return.value >= -1.0, "{what}: {:?}", level.mean_return);
            assert!(level.returns.quantiles["0.01"] >= -1.0, "{what}");
            assert!(level.bad_debt.value >= 0.0 && level.loss_probability.value <= 1.0, "{what}");
            insolvent += usize::from(level.bad_debt.value > 0.0);
        }
    }
    assert!(insolvent > 20, "{insolvent}");
}

/// The price only rises: no drawdown at any quantile, neither of an account with orders nor of one that pays funding.
#[test]
fn a_price_that_only_rises_leaves_no_drawdown() {
    let rising = "model = { kind = \"gbm\", drift = 1.0, volatility = 1e-6 }";
    let simulation = "horizon = \"30d\"\npaths = 64";
    for rest in
        ["[policy]\nstop_loss = { distance = \"10%\" }", "funding = { rate = \"-1bp\", every = \"8h\" }"]
    {
        let account = format!("{}\n{rest}", long("[2]", ""));
        let level = &result(&scenario(simulation, rising, &account)).levels[0];
        let drawdown = level.max_drawdown.as_ref().unwrap();
        assert!(
            drawdown.values().all(|fall| (fall.low, fall.value, fall.high) == (0.0, 0.0, 0.0)),
            "{drawdown:?}"
        );
    }
    // And one that falls to nothing has lost everything, not a bin more.
    let asset = format!("{}\nstress = [{{ at = \"10d\", shock = \"-90%\" }}]", gbm(1e-6));
    let account = long("[2]", ", funding = { rate = \"1bp\", every = \"8h\" }");
    let level = &result(&scenario(simulation, &asset, &account)).levels[0];
    assert!(level.max_drawdown.as_ref().unwrap().values().all(|fall| fall.value == 1.0));
}
