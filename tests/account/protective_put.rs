//! A put beside the account, against closed forms.
//!
//! False alarms for another seed: some 20 comparisons at four standard errors, at most 0.2 %.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Problems, Source, parse};
use liqsim::study::run_levels as run;
use statrs::distribution::{ContinuousCDF, Normal};

const VOLATILITY: f64 = 0.7;

fn try_run(
    contract: &str,
    side: &str,
    leverage: &str,
    model: &str,
    policy: &str,
) -> Result<RunResult, Problems> {
    let text = format!(
        r#"
        simulation = {{ horizon = "30d", paths = 40_000, seed = 2 }}
        assets.X = {{ price = 250.0, {model} }}
        account = {{ equity = 1_000.0, leverage = {leverage}, positions = [{{ asset = "X", side = "{side}" }}],
            venue = {{ contract = "{contract}", maintenance = 0.01, taker_fee = "5bp" }} }}
        policy = {{ {policy} }}
        "#
    );
    let scenario = parse(Source::new("put.toml", &text), &[])?;
    Ok(run(&scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} })
        .unwrap())
}

fn run_put(contract: &str, leverage: &str, model: &str, policy: &str) -> RunResult {
    try_run(contract, "long", leverage, model, policy).unwrap_or_else(|problems| panic!("{problems}"))
}

fn gbm() -> String {
    format!(r#"model = {{ kind = "gbm", drift = 0.0, volatility = {VOLATILITY} }}"#)
}

fn put(strike: f64, expiry: &str, implied: f64) -> String {
    format!(
        r#"protective_put = {{ strike = {strike}, expiry = "{expiry}", implied_volatility = {implied} }}"#
    )
}

fn cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Black and Scholes (1973) without interest, at a price of 1.
fn premium(strike: f64, days: f64, volatility: f64) -> f64 {
    let spread = volatility * (days / 365.0).sqrt();
    let d1 = -strike.ln() / spread + 0.5 * spread;
    strike * cdf(spread - d1) - cdf(-d1)
}

/// What was bought without debt, and a put to the horizon: worth at least the strike, whatever happens.
#[test]
fn nothing_is_lost_below_the_strike() {
    let result = run_put("linear", "[1]", &gbm(), &put(0.9, "30d", 0.7));
    let level = &result.levels[0];
    let paid = 1.0 + premium(0.9, 30.0, 0.7);
    let floor = (0.9 * (1.0 - 5e-4) - 5e-4) / paid - 1.0;
    // The fee of the close is on the price, so the worst is not at the strike but above it; a fee more is next to nothing.
    for key in ["0.01", "0.05"] {
        assert!((level.returns.quantiles[key] - floor).abs() < 1.5e-3, "{key} {floor}");
    }
    let spread = VOLATILITY * (30.0_f64 / 365.0).sqrt();
    // Below the strike everything that was put up but the floor is lost; above, x·(1 − fee) − fee is what is left.
    let needed: f64 = (paid + 5e-4) / (1.0 - 5e-4);
    let loss = cdf((needed.ln() + 0.5 * spread * spread) / spread);
    let found = level.loss_probability;
    assert!((found.value - loss).abs() < 4.0 * found.std_error, "{found:?} {loss}");
}

/// With the model's own volatility the premium is the mean of what the put brings, at the horizon or before; with another,
/// the difference of the two premiums is the cost. Liquidation is not touched by it.
#[test]
fn the_cost_is_the_difference_of_the_premiums() {
    let plain = run_put("linear", "[1, 4, 12]", &gbm(), "exit_after = \"30d\"");
    for (expiry, days) in [("10d", 10.0), ("30d", 30.0), ("90d", 90.0)] {
        for implied in [0.7, 0.9] {
            let result = run_put("linear", "[1, 4, 12]", &gbm(), &put(0.95, expiry, implied));
            for (level, plain) in result.levels.iter().zip(&plain.levels) {
                // Past the horizon the mark is at the implied volatility, so what is lost is of the first 30 days.
                let expected = match days > 30.0 && implied != VOLATILITY {
                    true => continue,
                    false => {
                        level.leverage * (premium(0.95, days, implied) - premium(0.95, days, VOLATILITY))
                    }
                };
                let cost = level.costs.as_ref().unwrap()["options"].mean;
                let what = format!("{expiry} {implied} {}x: {cost:?} {expected}", level.leverage);
                assert!((cost.value - expected).abs() < 4.0 * cost.std_error, "{what}");
                let (p, q) = (level.liquidation_probability, plain.liquidation_probability);
                assert!((p.value - q.value).abs() <= 4.0 * p.std_error.hypot(q.std_error), "{what}");
                // Gains, costs and bad debt add up, on the equity and the premium together.
                let committed = 1.0 + level.leverage * premium(0.95, days, implied);
                let paid: f64 = level.costs.iter().flatten().map(|(_, cost)| cost.mean.value).sum();
                let gained = committed * level.mean_return.value - level.bad_debt.value;
                let error = committed * level.mean_return.std_error;
                assert!((gained + paid).abs() < 4.0 * error, "{what}: {gained} {paid}");
            }
        }
    }
}

/// The price falls by 30 % once: a put at 90 % pays 20 % of the entry price, in coins at the price of the moment.
#[test]
fn the_payoff_is_in_what_the_account_settles_in() {
    let fall = r#"model = { kind = "gbm", drift = 0.0, volatility = 1e-6 }, stress = [{ at = "5d", shock = "-30%" }]"#;
    let bought = premium(0.9, 20.0, 0.5);
    for (contract, price, lost) in [("linear", 1.0, 0.3), ("inverse", 0.7, 1.0 / 0.7 - 1.0)] {
        let result = run_put(contract, "[1]", fall, &put(0.9, "20d", 0.5));
        let level = &result.levels[0];
        let expected = bought - 0.2 / price;
        let cost = level.costs.as_ref().unwrap()["options"].mean.value;
        assert!((cost - expected).abs() < 1e-6, "{contract}: {cost} {expected}");
        let fees = 5e-4 * (1.0 + if contract == "linear" { 0.7 } else { 1.0 / 0.7 });
        let expected = (1.0 - lost - fees + 0.2 / price) / (1.0 + bought) - 1.0;
        let found = level.mean_return.value;
        assert!((found - expected).abs() < 1e-5, "{contract}: {found} {expected}");
    }
}

#[test]
fn a_put_on_a_short_is_refused() {
    let message = try_run("linear", "short", "[2]", &gbm(), &put(1.1, "30d", 0.7)).unwrap_err().to_string();
    assert!(message.contains("a put protects a long position"), "{message}");
}
