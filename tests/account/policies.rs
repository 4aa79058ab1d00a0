//! What the owner does on the way, against closed forms and laws that hold whatever the policy.
//!
//! False alarms for another seed: about 40 comparisons at four standard errors, at most 0.3 %.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Source, parse};
use liqsim::study::run_levels as run;
use statrs::distribution::{ContinuousCDF, Normal};

fn run_text(
    model: &str,
    horizon: &str,
    side: &str,
    leverage: &str,
    account: &str,
    policy: &str,
) -> RunResult {
    let text = format!(
        r#"
        name = "policies"
        simulation = {{ horizon = "{horizon}", paths = 50_000, seed = 11, sampling = "pseudo" }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        leverage = {leverage}
        venue = {{ contract = "linear", maintenance = 0.005 }}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        [policy]
        {policy}
        "#
    );
    let scenario =
        parse(Source::new("policies.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
    run(&scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} }).unwrap()
}

const GBM: &str = r#"{ kind = "gbm", drift = 0.0, volatility = 0.8 }"#;

fn exit(level: &LevelResult, name: &str) -> f64 {
    level.exits.get(name).map_or(0.0, |estimate| estimate.value)
}

/// P(min of a driftless GBM ≤ barrier) by the reflection principle, from the log drift −σ²/2.
fn touches(log_barrier: f64, volatility: f64, years: f64) -> f64 {
    let normal = Normal::standard();
    let (drift, spread) = (-0.5 * volatility * volatility, volatility * years.sqrt());
    let b = -log_barrier.abs();
    let drift = if log_barrier < 0.0 { drift } else { -drift };
    normal.cdf((b - drift * years) / spread)
        + (2.0 * drift * b / (volatility * volatility)).exp() * normal.cdf((b + drift * years) / spread)
}

#[test]
fn a_stop_before_the_liquidation_price_is_hit_first_and_as_often_as_the_reflection_principle_says() {
    for (side, barrier) in [("long", 0.92_f64.ln()), ("short", 1.08_f64.ln())] {
        let result = run_text(GBM, "30d", side, "[1, 5, 10]", "", r#"stop_loss = { distance = "8%" }"#);
        let expected = touches(barrier, 0.8, 30.0 / 365.0);
        for level in &result.levels {
            assert_eq!(level.liquidation_probability.value, 0.0, "{side} {}x", level.leverage);
            let stopped = level.exits["stopped"];
            assert!((stopped.value - expected).abs() < 4.0 * stopped.std_error, "{stopped:?} {expected}");
            let worst = level.returns.quantiles["0.01"];
            assert!((worst + 0.08 * level.leverage).abs() < 1e-3, "{side}: {worst}");
        }
    }
}

#[test]
fn a_jump_can_carry_the_price_past_the_stop_and_past_liquidation() {
    // Every jump multiplies the price by e^-0.5; hardly anything else moves it.
    let model = r#"{ kind = "merton", drift = 0.0, volatility = 0.001, jumps = { rate = 20.0, mean = -0.5, std_dev = 0.0 } }"#;
    let policy = r#"stop_loss = { distance = "5%" }"#;
    // Drift makes up for the jumps: ln(0.95) is not reached by it. At 1x nothing liquidates: the stop fills at the gap.
    let result = run_text(model, "1d", "long", "[1, 10]", "", policy);
    let jumped = 1.0 - (-20.0_f64 / 365.0).exp();
    let [one, ten] = &result.levels[..] else { panic!("two levels") };
    let p = one.exits["stopped"];
    assert!((p.value - jumped).abs() < 4.0 * p.std_error, "{p:?} {jumped}");
    assert!((one.returns.quantiles["0.01"] + 0.39).abs() < 0.02, "the fill is after the gap");
    assert_eq!(exit(ten, "stopped"), 0.0);
    assert_eq!(ten.liquidation_probability.value, p.value);
    assert!(ten.bad_debt.value > 2.0 * p.value);
}

/// A driftless price is as likely to gain 10 % first as to lose 10 %, and in a year at 80 % it does one of both.
#[test]
fn both_sides_inside_one_bar_are_resolved() {
    let policy = r#"
        stop_loss = { distance = "10%" }
        take_profit = { distance = "10%" }"#;
    for side in ["long", "short"] {
        let result = run_text(GBM, "365d", side, "[2]", "", policy);
        let level = &result.levels[0];
        let target = level.exits["target"];
        assert!((target.value - 0.5).abs() < 4.0 * target.std_error, "{side}: {target:?}");
        assert!(exit(level, "stopped") + target.value > 0.999_99);
    }
}

/// For a driftless price the highest log-price before a fall by the share D is exponential with mean D (Taylor 1975,
/// Lehoczky 1977: rate γ/(e^(γd) − 1) with γ = −1 and e^(−d) = 1 − D), so the return is (1 − D)·e^M − 1.
#[test]
fn a_trailing_stop_has_the_law_of_the_highest_price_before_a_drawdown() {
    let distance = 0.1;
    let policy = r#"trailing_stop = { distance = "10%" }"#;
    let level = &run_text(GBM, "730d", "long", "[1]", "", policy).levels[0];
    assert!(exit(level, "stopped") > 0.999_9);
    let n = 50_000.0_f64;
    for (key, p) in [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)] {
        let value = (1.0 - distance) * (-distance * f64::ln(1.0 - p)).exp();
        // Density of M at the quantile is (1 − p)/D.
        let error = value * distance * (p / (1.0 - p) / n).sqrt();
        let found = 1.0 + level.returns.quantiles[key];
        assert!((found - value).abs() < 4.0 * error + 1e-3 * value, "{key}: {found} {value} {error}");
    }
}

/// Whatever the owner does, a driftless price gives nothing: what is lost on average is what was paid. Interest is of every hour: what
/// would happen in a fortnight at 80 % volatility happens in two days at 212 %, a seventh of the steps.
#[test]
fn money_is_lost_to_costs_only() {
    let fees = r#"venue = { contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%" } }"#;
    let flows = r#"
        funding = { rate = "2bp", every = "1h" }
        borrow = { rate = "70%" }"#;
    let policies = [
        (r#"stop_loss = { distance = "6%", slippage = "20bp" }"#, 0.0),
        (r#"trailing_stop = { distance = "6%", slippage = "20bp" }"#, 0.0),
        (r#"take_profit = { distance = "12%" }"#, 0.0),
        (r#"exit_after = "17h""#, 0.0),
        (r#"margin_call = { level = 1.5, target = 4, reserve = 500, delay = "1h" }"#, 0.5),
        (r#"margin_call = { level = 1.5, target = 4, reserve = 300, otherwise = "close" }"#, 0.3),
        (r#"margin_call = { level = 2, target = 4 }"#, 0.0),
        (r#"deleverage = { target = 3, every = "3h" }"#, 0.0),
        (r#"deleverage = { target = 3, above = 5 }"#, 0.0),
        (r#"add_margin = { amount = 50, every = "10h" }"#, 0.2),
    ];
    for side in ["long", "short"] {
        for (policy, committed) in policies {
            let result = run_venue(side, fees, flows, policy);
            for level in &result.levels {
                let paid: f64 = level.costs.iter().flatten().map(|(_, cost)| cost.mean.value).sum::<f64>();
                let gained = (1.0 + committed) * level.mean_return.value - level.bad_debt.value;
                let error = (1.0 + committed) * level.mean_return.std_error;
                assert!(
                    (gained + paid).abs() < 4.0 * error,
                    "{side} {}x {policy}: gained {gained}, paid {paid}, error {error}",
                    level.leverage
                );
            }
        }
    }
}

fn run_venue(side: &str, venue: &str, flows: &str, policy: &str) -> RunResult {
    let text = format!(
        r#"
        name = "policies"
        simulation = {{ horizon = "2d", paths = 12_000, seed = 3 }}
        assets.X = {{ price = 250.0, model = {{ kind = "gbm", drift = 0.0, volatility = 2.12 }} }}
        [account]
        equity = 1_000.0
        leverage = [3, 10]
        {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        {flows}
        [policy]
        {policy}
        "#
    );
    let scenario =
        parse(Source::new("policies.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
    run(&scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} }).unwrap()
}

#[test]
fn a_larger_reserve_never_raises_the_liquidation_probability() {
    let mut before = vec![1.0; 3];
    for reserve in [0.001, 100.0, 500.0, 2_000.0, 10_000.0] {
        let policy = format!("margin_call = {{ level = 1.5, target = 3, reserve = {reserve} }}");
        let result = run_text(GBM, "30d", "long", "[3, 10, 30]", "", &policy);
        for (level, before) in result.levels.iter().zip(&mut before) {
            let p = level.liquidation_probability;
            assert!(p.value <= *before + 3.0 * p.std_error, "{}x with {reserve}", level.leverage);
            *before = p.value;
        }
    }
    assert!(before[2] < 0.1, "a reserve of ten times the equity saves nearly all: {before:?}");
}

#[test]
fn a_policy_that_does_nothing_and_flows_of_zero_change_no_byte() {
    let plain = run_text(GBM, "14d", "long", "[2, 5, 20]", "", "");
    let zero = run_text(
        GBM,
        "14d",
        "long",
        "[2, 5, 20]",
        r#"funding = { rate = 0.0 }
        borrow = { rate = 0.0 }"#,
        "",
    );
    assert_eq!(serde_json::to_string(&plain).unwrap(), serde_json::to_string(&zero).unwrap());
    assert!(plain.levels.iter().all(|level| level.costs.is_none()));
}

/// An owner with a target that is never reached is followed step by step, and liquidated as often as by the extreme.
#[test]
fn an_owner_who_never_acts_is_liquidated_as_often_as_one_without_a_policy() {
    for side in ["long", "short"] {
        let plain = run_text(GBM, "14d", side, "[3, 5, 20]", "", "");
        let never = if side == "long" {
            r#"add_margin = { amount = 1, every = "30d" }"#
        } else {
            "exit_after = \"14d\""
        };
        let followed = run_text(GBM, "14d", side, "[3, 5, 20]", "", never);
        for (a, b) in plain.levels.iter().zip(&followed.levels) {
            let (p, q) = (a.liquidation_probability, b.liquidation_probability);
            // The error that a count has if p is right: that of no event at all would be 0.
            let error = p.std_error.hypot((p.value * (1.0 - p.value) / followed.paths as f64).sqrt());
            assert!((p.value - q.value).abs() < 4.0 * error, "{side}: {p:?} {q:?}");
            let Some((p, q)) = a.time_to_liquidation_days.zip(b.time_to_liquidation_days) else { continue };
            assert!((p.mean - q.mean).abs() < 4.0 * p.std_error.hypot(q.std_error), "{side}: {p:?} {q:?}");
        }
    }
}
