//! Random scenarios, models times venues times accounts times policies times monitoring times sampling, run with few
//! paths: none panics, and what comes back can be read again and makes sense. Each is named by its number, so that one
//! that fails can be run alone. `LIQSIM_RANDOM_SCENARIOS` sets how many, `LIQSIM_FIRST_SCENARIO` where to start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Source, parse};
use liqsim::study::run;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

const MODELS: [&str; 12] = [
    r#"{ kind = "gbm", drift = 0.2, volatility = 0.9 }"#,
    r#"{ kind = "gbm", drift = -3.0, volatility = 0.01 }"#,
    r#"{ kind = "merton", drift = 0.0, volatility = 0.5, jumps = { rate = 60, mean = -0.03, std_dev = 0.08 } }"#,
    r#"{ kind = "merton", drift = 0.0, volatility = 0.3, jumps = { rate = 0, mean = 0, std_dev = 0 } }"#,
    r#"{ kind = "kou", drift = 0.1, volatility = 0.4, jumps = { rate = 40, up_probability = 0.4, up_mean = 0.04, down_mean = 0.07 } }"#,
    r#"{ kind = "heston", drift = 0.1, variance = 0.5, long_run_variance = 0.6, mean_reversion = 5, vol_of_vol = 1.5, correlation = -0.6 }"#,
    r#"{ kind = "bates", drift = 0, variance = 0.5, long_run_variance = 0.6, mean_reversion = 5, vol_of_vol = 1.5, correlation = -0.6, jumps = { rate = 30, mean = -0.02, std_dev = 0.06 } }"#,
    r#"{ kind = "garch", step = "1d", omega = 0.00002, alpha = 0.09, beta = 0.9, log_drift = 0 }"#,
    r#"{ kind = "garch", step = "1h", omega = 0.000001, alpha = 0.05, beta = 0.93, dof = 4.5, log_drift = 0.1 }"#,
    r#"{ kind = "regime", states = [{ drift = 0.2, volatility = 0.4 }, { drift = -0.5, volatility = 1.4 }], switching_rates = [[0, 6], [20, 0]] }"#,
    r#"{ kind = "hawkes", drift = 0, volatility = 0.4, jumps = { rate = 20, excitation = 40, decay = 90, mean = -0.02, std_dev = 0.05 } }"#,
    r#"{ kind = "gbm", drift = 0.0, volatility = 6.0 }"#,
];

const VENUES: [&str; 16] = [
    r#""binance-usdm-btcusdt""#,
    r#""bybit-linear-btcusdt""#,
    r#""bybit-inverse-btcusd""#,
    r#""hyperliquid-btc""#,
    r#""okx-swap-ethusdt""#,
    r#""bitmex-xbtusd""#,
    r#""kraken-pf-ethusd""#,
    r#""dydx-v4-btcusd""#,
    r#""deribit-btc-linear""#,
    r#""loan-aave-like""#,
    r#"{ contract = "linear", maintenance = 0.005 }"#,
    r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%", slippage = "1%" } }"#,
    r#"{ contract = "spot", margin_level = { liquidation = 1.05 }, taker_fee = "10bp", liquidation = { fee = "1%" } }"#,
    r#"{ contract = "spot", loan = { liquidation = 0.85 }, borrow = { rate = "12%" } }"#,
    r#"{ contract = "linear", maintenance = 0.02, maintenance_basis = "entry", borrow = { rate = "20%" } }"#,
    r#"{ contract = "linear", tiers = [{ up_to = 2_000, rate = "0.4%", max_leverage = 100 }, { rate = "3%", max_leverage = 20 }], liquidation = { fee = "0.5%", slippage = "0.2%", partial = { fraction = "25%" } } }"#,
];

const POLICIES: [&str; 14] = [
    "",
    "",
    "",
    r#"stop_loss = { distance = "8%", slippage = "10bp" }"#,
    r#"stop_loss = { loss = "40%" }"#,
    r#"take_profit = { gain = "50%" }"#,
    r#"trailing_stop = { distance = "10%" }"#,
    r#"margin_call = { level = 1.5, target = 2.5 }"#,
    r#"margin_call = { level = 1.5, target = 2.0, reserve = 500, delay = "4h", otherwise = "close" }"#,
    r#"add_margin = { amount = 50, every = "2d" }"#,
    r#"deleverage = { target = 3, above = 8 }"#,
    r#"deleverage = { target = 3, every = "1d" }"#,
    "exit_after = \"3d\"",
    r#"protective_put = { strike = "90%", expiry = "10d", implied_volatility = 0.6 }"#,
];

const FUNDING: [&str; 5] = [
    "",
    "",
    r#"funding = { rate = "1bp", every = "8h" }"#,
    r#"funding = { rate = "-20bp", every = "4h", basis = "entry" }"#,
    r#"funding = { model = "ou", mean = "1bp", reversion = 200, volatility = 0.03, correlation = 0.3, every = "8h" }"#,
];

const POSITIONS: [&str; 9] = [
    r#"{ asset = "X", side = "long" }"#,
    r#"{ asset = "X", side = "long" }"#,
    r#"{ asset = "X", side = "short" }"#,
    r#"{ asset = "X", side = "long", share = 0.6 }, { asset = "Y", side = "short", share = 0.4 }"#,
    r#"{ asset = "X", side = "long", share = 0.7 }, { asset = "X", side = "short", share = 0.3 }"#,
    r#"{ asset = "X", side = "long" }, { asset = "Y", side = "long" }"#,
    r#"{ asset = "X", side = "long", entry = 240, quantity = 20, margin = 900 }"#,
    r#"{ asset = "X", side = "short", entry = 270, quantity = 20, margin = 900 }"#,
    r#"{ asset = "Y", side = "long", share = 0.999999 }, { asset = "X", side = "long", share = 0.000001 }"#,
];

/// The text of one random scenario.
fn text(number: u64) -> String {
    let mut random = StdRng::seed_from_u64(number);
    let mut of = |choices: &[&'static str]| *choices.choose(&mut random).unwrap();
    let (x, y, venue, policy, funding) = (of(&MODELS), of(&MODELS), of(&VENUES), of(&POLICIES), of(&FUNDING));
    let positions = of(&POSITIONS);
    let margin = of(&["isolated", "isolated", "cross"]);
    let monitoring = of(&["continuous", "continuous", "1h", "7h", "1d"]);
    let sampling = of(&["auto", "auto", "pseudo", "sobol"]);
    let horizon = of(&["6h", "3d", "14d"]);
    let leverage = of(&["[2]", "[1, 3, 10, 30]", "[0.5, 1.5]", "{ from = 1, to = 50, count = 6 }"]);
    let stress = of(&["", "", "assets.X.stress = [{ at = \"1h\", shock = \"-15%\" }]"]);
    let dependence = if positions.contains("\"Y\"") { "correlation = { \"X/Y\" = 0.6 }" } else { "" };
    let paths = random.random_range(1..400);
    let other = if positions.contains("\"Y\"") {
        format!("assets.Y = {{ price = 30.0, model = {y} }}")
    } else {
        String::new()
    };
    let correlation = if random.random_bool(0.5) { dependence } else { "" };
    let policy = if policy.is_empty() { String::new() } else { format!("[policy]\n{policy}") };
    format!(
        r#"name = "random {number}"
{correlation}
simulation = {{ horizon = "{horizon}", paths = {paths}, seed = {number}, monitoring = "{monitoring}", sampling = "{sampling}" }}
assets.X = {{ price = 250.0, model = {x} }}
{other}
{stress}
[account]
equity = 1_000.0
margin = "{margin}"
leverage = {leverage}
venue = {venue}
positions = [{positions}]
{funding}
{policy}
"#
    )
}

/// What must hold of every value with an interval, of every drawdown and of every probability, wherever it stands.
fn check(place: &str, value: &Value, wrong: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let number = |key: &str| object.get(key).and_then(Value::as_f64);
            if let (Some(value), Some(low), Some(high)) = (number("value"), number("low"), number("high"))
                && !(low <= value && value <= high)
            {
                wrong.push(format!("{place}: {value} is not in [{low}, {high}]"));
            }
            for (key, value) in object {
                let place = format!("{place}.{key}");
                if key.contains("probability")
                    && let Some(probability) = value.get("value").or(Some(value)).and_then(Value::as_f64)
                    && !(0.0..=1.0).contains(&probability)
                {
                    wrong.push(format!("{place}: a probability of {probability}"));
                }
                if place.contains("drawdown") && value.as_f64().is_some_and(|drawdown| drawdown < 0.0) {
                    wrong.push(format!("{place}: a drawdown of {value}"));
                }
                check(&place, value, wrong);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(k, value)| check(&format!("{place}[{k}]"), value, wrong));
        }
        _ => {}
    }
}

/// What is wrong with the run of a scenario; none if it is refused or sound.
fn trouble(text: &str, slowest: &mut Duration) -> Option<String> {
    let scenario = parse(Source::new("random.toml", text), &[]).ok()?;
    let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} };
    let start = Instant::now();
    let result = match catch_unwind(AssertUnwindSafe(|| run(&scenario, &options))) {
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            return Some(format!("a panic: {message}"));
        }
        // A run may refuse, with reasons.
        Ok(Err(_)) => return None,
        Ok(Ok(result)) => result,
    };
    *slowest = start.elapsed().max(*slowest);
    let json = serde_json::to_string(&result).unwrap();
    let mut wrong = Vec::new();
    match serde_json::from_str::<RunResult>(&json) {
        // Numbers that are none are written as null, which no reader takes.
        Err(error) => wrong.push(format!("its file cannot be read again: {error}")),
        Ok(again) if again != result => wrong.push("its file reads as another result".to_owned()),
        Ok(_) => {}
    }
    check("", &serde_json::from_str(&json).unwrap(), &mut wrong);
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

#[test]
fn no_random_scenario_panics_or_says_what_cannot_be() {
    let from_environment =
        |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let first: u64 = from_environment("LIQSIM_FIRST_SCENARIO", 0);
    let count: u64 = from_environment("LIQSIM_RANDOM_SCENARIOS", 400);
    let mut slowest = Duration::ZERO;
    let (mut ran, mut failed) = (0, Vec::new());
    for number in first..first + count {
        let text = text(number);
        ran += u64::from(parse(Source::new("random.toml", text.as_str()), &[]).is_ok());
        if let Some(wrong) = trouble(&text, &mut slowest) {
            failed.push(format!("--- {number}\n{text}\n{wrong}\n"));
        }
    }
    let told = format!("{ran} of {count} random scenarios ran, the slowest in {slowest:?}");
    assert!(failed.is_empty(), "{told}, {} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count < 100 || 4 * ran > count, "{told}");
}
