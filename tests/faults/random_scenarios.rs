//! Random scenarios, models times venues times accounts times policies times monitoring times sampling, and those that come with the
//! program, with some of their numbers changed, run with few paths: none panics or hangs, and what comes back can be read again, shown
//! and compared, and makes sense. Each is named by its number, so that one that fails can be run alone.
//! `LIQSIM_RANDOM_SCENARIOS` sets how many, `LIQSIM_FIRST_SCENARIO` where to start.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use liqsim::engine::RunOptions;
use liqsim::report::html::Document;
use liqsim::report::{Format, Layout, RUN_FORMATS, render_comparisons, render_file};
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Estimate;
use liqsim::study::{
    CarriedFiles, ComparisonOptions, PartFile, PartRun, PartScenario, check_limits, compare, merge, run,
    sound,
};
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

/// A run that takes longer hangs: a thousand paths take five seconds at most in a program that is optimised, and tests are not.
const HANGS: Duration = Duration::from_secs(60);

/// The scenarios that come with the program.
fn shipped() -> Vec<String> {
    let files = std::fs::read_dir("scenarios").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    let text = |file| std::fs::read_to_string(file).unwrap().replace("prices/", "scenarios/prices/");
    files
        .into_iter()
        .map(text)
        .map(|text| text.split("[sweep]").next().unwrap_or_default().to_owned())
        .collect()
}

/// The numbers in a text that may be changed: no lengths of time, which make a run as long as one likes, and no part of a name.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'_' | b'.');
    let (mut found, mut at, mut line) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        if bytes[at] == b'\n' {
            line = at + 1;
        }
        let length = bytes[at..].iter().take_while(|byte| is_of_number(byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let is_name = before.is_ascii_alphanumeric() || matches!(before, b'-' | b'/');
        let is_time = bytes.get(at + length).is_some_and(|next| b"smhdwy-".contains(next));
        let key = text[line..].trim_start();
        let is_kept = ["name", "paths", "seed", "simulation", "#"].iter().any(|word| key.starts_with(word));
        if !is_name && !is_time && !is_kept && bytes[at].is_ascii_digit() {
            found.push(at..at + length);
        }
        at += length;
    }
    found
}

/// A text with one to three of its numbers changed: a little, much, in their sign, or to one that is odd.
fn changed(text: &str, random: &mut StdRng) -> String {
    let mut text = text.to_owned();
    for _ in 0..random.random_range(1..=3) {
        let Some(place) = numbers(&text).choose(random).cloned() else { break };
        let old: f64 = text[place.clone()].replace('_', "").parse().unwrap_or(1.0);
        let new = match random.random_range(0..10) {
            0..5 => old * 10_f64.powf(random.random_range(-0.5..0.5)),
            5..7 => old * 10_f64.powf(random.random_range(-4.0..4.0)),
            7 => -old,
            8 => (old + random.random_range(-2.0..2.0)).round(),
            _ => *[0.0, -0.0, 1e-320, 1e-12, 1e12, 1e300, 0.999_999, 1.000_001].choose(random).unwrap(),
        };
        let is_plain = new.fract() == 0.0 && new.abs() < 1e9;
        text.replace_range(place, &if is_plain { format!("{new}") } else { format!("{new:e}") });
    }
    text
}

/// The text of one random scenario: of every three one made of parts, one of these with changed numbers, and one that comes with the
/// program with changed numbers.
fn text(number: u64, shipped: &[String]) -> String {
    let mut random = StdRng::seed_from_u64(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    match number % 3 {
        0 => composed(number),
        1 => changed(&composed(number), &mut random),
        _ => changed(shipped.choose(&mut random).unwrap(), &mut random),
    }
}

/// A random scenario made of parts.
fn composed(number: u64) -> String {
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

/// Whether a run from a file of its only part is the same.
fn comes_back_from_a_part(scenario: &Scenario, result: &RunResult, options: &RunOptions<'_>) -> bool {
    let mut run = PartRun::new(scenario).unwrap();
    let all = run.blocks();
    let part = run.run(0..all, options).unwrap();
    let file = "random.toml".into();
    let source = PartScenario {
        file,
        text: String::new(),
        overrides: Vec::new(),
        paths: None,
        seed: None,
        files: CarriedFiles::default(),
    };
    let read = PartFile::parse(&PartFile::packed(&source, &part).unwrap()).unwrap().partial;
    merge(scenario, &read, options).is_ok_and(|merged| merged == *result)
}

/// What is wrong with the run of a scenario; none if it is refused or sound.
fn trouble(number: u64, text: &str, slowest: &mut (Duration, u64)) -> Option<String> {
    let scenario = parse(Source::new("random.toml", text), &[]).ok()?;
    // As many paths as the scenario says, where they are few: those that come with the program say more.
    let paths = scenario.simulation.paths.most().min(1 + number % 400);
    let scenario = scenario.with(Some(paths), Some(number));
    let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} };
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // A run may refuse, with reasons.
        let result = run(&scenario, &options).ok()?;
        let took = start.elapsed();
        let mut wrong = Vec::new();
        let json = serde_json::to_string(&result).unwrap();
        match serde_json::from_str::<RunResult>(&json) {
            // Numbers that are none are written as null, which no reader takes.
            Err(error) => wrong.push(format!("its file cannot be read again: {error}")),
            Ok(again) if again != result => wrong.push("its file reads as another result".to_owned()),
            Ok(_) => wrong.extend(sound(&result).err().map(|error| format!("its file is refused: {error}"))),
        }
        wrong.extend(Document::parse(&json).err().map(|error| format!("its page is refused: {error}")));
        check("", &serde_json::from_str(&json).unwrap(), &mut wrong);
        if wrong.is_empty() {
            for format in RUN_FORMATS.iter().filter(|format| format.extension() != "png") {
                render_file(std::slice::from_ref(&result), *format).unwrap();
            }
            let comparison = compare(&result, &result, ComparisonOptions::default());
            render_comparisons(&[comparison], Format::Markdown, Layout::FILE).unwrap();
            let _ = check_limits(&result, &scenario.limits);
            if number.is_multiple_of(5) && !comes_back_from_a_part(&scenario, &result, &options) {
                wrong.push("it is another one from a part".to_owned());
            }
        }
        if took > HANGS {
            wrong.push(format!("it took {took:?}"));
        }
        Some((took, wrong))
    }));
    match outcome {
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(format!("a panic: {}", message.unwrap_or_default()))
        }
        Ok(None) => None,
        Ok(Some((took, wrong))) => {
            *slowest = (took, number).max(*slowest);
            (!wrong.is_empty()).then(|| wrong.join("\n"))
        }
    }
}

#[test]
fn no_random_scenario_panics_or_says_what_cannot_be() {
    let from_environment =
        |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let first: u64 = from_environment("LIQSIM_FIRST_SCENARIO", 0);
    let count: u64 = from_environment("LIQSIM_RANDOM_SCENARIOS", 1_500);
    let (mut slowest, shipped) = ((Duration::ZERO, 0), shipped());
    let (mut ran, mut failed) = (0, Vec::new());
    for number in first..first + count {
        let text = text(number, &shipped);
        if count == 1 {
            eprintln!("{text}");
        }
        ran += u64::from(parse(Source::new("random.toml", text.as_str()), &[]).is_ok());
        if let Some(wrong) = trouble(number, &text, &mut slowest) {
            eprintln!("random scenario {number}: {wrong}");
            failed.push(format!("--- {number}\n{text}\n{wrong}\n"));
        }
        if number % 2_000 == 1_999 {
            eprintln!("{number}: {ran} ran, {} failed, slowest {slowest:?}", failed.len());
        }
    }
    let told = format!("{ran} of {count} random scenarios ran, the slowest {slowest:?}");
    assert!(failed.is_empty(), "{told}, {} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count < 100 || 4 * ran > count, "{told}");
}

/// Times to events are divided by rates: a negative zero would bring events without end.
#[test]
fn a_negative_zero_is_zero() {
    for model in [
        r#"{ kind = "merton", drift = ZERO, volatility = 0.5, jumps = { rate = ZERO, mean = ZERO, std_dev = ZERO } }"#,
        r#"{ kind = "kou", drift = 0.1, volatility = 0.4, jumps = { rate = ZERO, up_probability = ZERO, up_mean = 0.04, down_mean = 0.07 } }"#,
        r#"{ kind = "regime", states = [{ drift = 0.2, volatility = 0.4 }, { drift = -0.5, volatility = 1.4 }], switching_rates = [[0, 6], [ZERO, 0]] }"#,
        r#"{ kind = "hawkes", drift = 0, volatility = 0.4, jumps = { rate = ZERO, excitation = ZERO, decay = 90, mean = -0.02, std_dev = 0.05 } }"#,
    ] {
        let result = |zero: &str| {
            let text = format!(
                "simulation = {{ horizon = \"7d\", paths = 300 }}\nassets.X = {{ price = 250.0, model = {} }}\n\
                 account = {{ equity = 1000, leverage = [5], venue = {{ contract = \"linear\", maintenance = \"1%\", taker_fee = \"{zero}%\" }}, \
                 positions = [{{ asset = \"X\", side = \"long\" }}] }}",
                model.replace("ZERO", zero)
            );
            let scenario =
                parse(Source::new("zero", text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
            run(&scenario, &RunOptions::default()).unwrap().levels
        };
        assert_eq!(result("-0.0"), result("0.0"), "{model}");
    }
}

/// A price that falls below 1e-16 of itself, where the last digits of the collateral decide whether 1x is liquidated: said never to be, and
/// counted on every path.
#[test]
fn a_level_that_is_never_liquidated_survives_at_every_date() {
    let text = r#"
        simulation = { horizon = "7d", paths = 1_000_000, monitoring = "continuous" }
        account = { equity = 1000, leverage = [1, 2, 3, 5, 10, 20, 50], venue = "flat-0.5pct", positions = [{ asset = "X", side = "long" }] }
        [assets.X]
        price = 1.9931863651528423e2
        [assets.X.model]
        kind = "merton"
        drift = 0.0
        volatility = 2.628411431496405e-4
        jumps = { rate = 30.8, mean = -9.0e-5, std_dev = 3.030149736876368 }
        "#;
    assert_eq!(trouble(160_004, text, &mut (Duration::ZERO, 0)), None);
}

/// Only some levels of a path are followed to their end: of few paths, some levels have none.
#[test]
fn results_of_few_paths_are_read_again() {
    let text = std::fs::read_to_string("scenarios/btc-varying-funding-30d.toml").unwrap();
    for paths in 1..=12 {
        // As many paths as the number says, and one more.
        assert_eq!(trouble(paths - 1, &text, &mut (Duration::ZERO, 0)), None, "{paths} paths");
    }
}

/// Weighted replicates of a probability near one have means on both sides of it.
#[test]
fn a_probability_of_weighted_replicates_is_in_its_interval() {
    for replicates in [[1.0007, 1.0009, 1.0008], [0.9993, 1.0009, 1.0008], [0.0, 1e-9, 0.0]] {
        let Estimate { value, low, high, .. } = Estimate::of_replicates(replicates.into_iter());
        assert!((0.0..=1.0).contains(&value) && low <= value && value <= high, "{low} {value} {high}");
    }
}
