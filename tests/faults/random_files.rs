//! Results, parts of runs and tables of tiers with random nodes of them changed: whatever they hold, they are refused or shown, compared and
//! joined, and nothing panics. Each is named by its number, so that one that fails can be run alone.
//! `LIQSIM_RANDOM_FILES` sets how many of each, `LIQSIM_FIRST_FILE` where to start.

use std::panic::{AssertUnwindSafe, catch_unwind};

use liqsim::engine::RunOptions;
use liqsim::estimate::Partial;
use liqsim::report::html::Document;
use liqsim::report::{Format, Layout, RUN_FORMATS, render_comparisons, render_file};
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse, venue_of_text};
use liqsim::study::{
    CarriedFiles, ComparisonOptions, PartFile, PartRun, PartScenario, check_limits, compare, merge, run,
    sound,
};
use liqsim::venue::import_tiers;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

const TEXTS: [&str; 3] = [
    r#"simulation = { horizon = "7d", paths = 3000 }
assets.BTC = { price = 64_700.0, model = { kind = "merton", drift = 0.0, volatility = 0.6, jumps = { rate = 20, mean = -0.02, std_dev = 0.05 } } }
account = { equity = 10_000.0, leverage = [2, 5, 20], venue = "binance-usdm-btcusdt", positions = [{ asset = "BTC", side = "long" }] }
policy = { stop_loss = { distance = "8%" } }
limits = [{ metric = "liquidation_probability", max = "5%" }]"#,
    r#"simulation = { horizon = "30d", paths = 2000, monitoring = "1d" }
assets.BTC = { price = 64_700.0, model = { kind = "garch", step = "1d", omega = 0.00002, alpha = 0.09, beta = 0.9, log_drift = 0 } }
assets.ETH = { price = 3_000.0, model = { kind = "gbm", drift = 0.0, volatility = 0.8 } }
account = { equity = 10_000.0, leverage = [2, 8], margin = "cross", venue = { contract = "linear", maintenance = 0.005, funding = { rate = "1bp" } }, positions = [{ asset = "BTC", side = "long", share = 0.5 }, { asset = "ETH", side = "short", share = 0.5 }] }"#,
    r#"simulation = { horizon = "30d", precision = "20%", max_paths = 40_000 }
assets.BTC = { price = 64_700.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
account = { equity = 1.0, leverage = [1.5, 2], venue = "loan-aave-like", positions = [{ asset = "BTC", side = "long" }] }"#,
];

fn scenario(text: &str) -> Scenario {
    parse(Source::new("files", text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The nodes of a value: how many there are, and the one at a number changed.
fn change(value: &mut Value, at: &mut usize, edit: &mut dyn FnMut(&mut Value)) {
    if *at == 0 {
        edit(value);
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| change(inner, at, edit)),
        Value::Object(table) => table.values_mut().for_each(|inner| change(inner, at, edit)),
        _ => {}
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(nodes).sum(),
        Value::Object(table) => table.values().map(nodes).sum(),
        _ => 0,
    }
}

/// A value that stands where none like it belongs.
fn odd(random: &mut StdRng) -> Value {
    let odd = [
        Value::Null,
        json!(-1),
        json!(0),
        json!(-0.0),
        json!(5.0),
        json!(1e308),
        json!(1e-320),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("</script><b>"),
        json!("\u{202E}\u{7}\n"),
        json!([]),
        json!({}),
        json!(true),
        json!([[0, 1], [0, 1]]),
        json!(vec![1e300; 40]),
    ];
    odd.choose(random).cloned().unwrap_or_default()
}

/// Changes one to three nodes.
fn mutated(value: &Value, random: &mut StdRng) -> Value {
    let mut value = value.clone();
    for _ in 0..random.random_range(1..=3) {
        let mut at = random.random_range(0..nodes(&value));
        let kind = random.random_range(0..8);
        let new = odd(random);
        let pick: usize = random.random_range(0..1000);
        let factor: f64 = random.random_range(-3.0..3.0);
        let mut edit = |node: &mut Value| match (kind, &mut *node) {
            (0, Value::Array(list)) if !list.is_empty() => {
                list.remove(pick % list.len());
            }
            (1, Value::Array(list)) if !list.is_empty() => {
                let copy = list[pick % list.len()].clone();
                list.push(copy);
            }
            (2, Value::Array(list)) => list.reverse(),
            (0..=2, Value::Object(table)) if !table.is_empty() => {
                let key = table.keys().nth(pick % table.len()).cloned().unwrap_or_default();
                table.remove(&key);
            }
            (3 | 4, Value::Number(number)) => {
                let moved = number.as_f64().unwrap_or(0.0) * factor;
                *node = match number.as_u64() {
                    Some(count) => json!(count.wrapping_add(pick as u64)),
                    None => json!(moved),
                };
            }
            _ => *node = new.clone(),
        };
        change(&mut value, &mut at, &mut edit);
    }
    value
}

/// A text of JSON with one to three of its whole numbers changed; sums of parts have more digits than a value of JSON holds.
fn with_other_numbers(text: &str, random: &mut StdRng) -> String {
    const NUMBERS: [&str; 8] = [
        "0",
        "1",
        "7",
        "1024",
        "18446744073709551615",
        "170141183460469231731687303715884105727",
        "-1",
        "1e308",
    ];
    let mut text = text.to_owned();
    for _ in 0..random.random_range(1..=3) {
        let starts: Vec<usize> = text
            .char_indices()
            .zip(text.bytes().skip(1))
            .filter(|((_, char), next)| !char.is_ascii_digit() && next.is_ascii_digit())
            .map(|((at, _), _)| at + 1)
            .collect();
        let Some(start) = starts.choose(random).copied() else { break };
        let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(start..start + digits, NUMBERS.choose(random).copied().unwrap_or("0"));
    }
    text
}

/// Runs many cases, each from a random stream of its own, and names those that panic.
fn many(kind: &str, few: u64, case: impl Fn(&mut StdRng)) {
    let number = |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let first: u64 = number("LIQSIM_FIRST_FILE", 0);
    for id in first..first + number("LIQSIM_RANDOM_FILES", few) {
        let outcome = catch_unwind(AssertUnwindSafe(|| case(&mut StdRng::seed_from_u64(id))));
        assert!(outcome.is_ok(), "{kind} number {id} panics");
    }
}

#[test]
fn changed_results_are_refused_or_shown() {
    let right: Vec<(Scenario, RunResult, Value)> = TEXTS
        .iter()
        .map(|text| {
            let scenario = scenario(text);
            let result = run(&scenario, &RunOptions::default()).unwrap();
            let value = serde_json::to_value(&result).unwrap();
            (scenario, result, value)
        })
        .collect();
    many("result", 600, |random| {
        let (scenario, result, value) = right.choose(random).unwrap();
        let text = mutated(value, random).to_string();
        let document = Document::parse(&text);
        let Ok(found) = serde_json::from_str::<RunResult>(&text) else {
            return;
        };
        if sound(&found).is_err() {
            return;
        }
        // What passes as a result can be shown, compared and judged.
        assert!(document.is_ok(), "{text}");
        let all = [found.clone()];
        for format in RUN_FORMATS.iter().filter(|format| format.extension() != "png") {
            render_file(&all, *format).unwrap();
        }
        let comparisons = [
            compare(result, &found, ComparisonOptions::default()),
            compare(&found, result, ComparisonOptions::default()),
        ];
        for format in [Format::Table, Format::Junit, Format::Sarif, Format::Markdown] {
            render_comparisons(&comparisons, format, Layout::FILE).unwrap();
        }
        let _ = check_limits(&found, &scenario.limits);
        // What was read is written and read again as itself.
        let again: RunResult = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(again, found);
    });
}

#[test]
fn changed_parts_are_refused_or_joined() {
    let options = RunOptions::default();
    let right: Vec<(Scenario, PartScenario, Partial, Partial)> = TEXTS
        .iter()
        .map(|text| {
            let scenario = scenario(text);
            let mut run = PartRun::new(&scenario).unwrap();
            let all = run.blocks();
            let (one, two) = (run.run(0..1, &options).unwrap(), run.run(1..all, &options).unwrap());
            let source = PartScenario {
                file: "files.toml".into(),
                text: (*text).to_owned(),
                overrides: Vec::new(),
                paths: None,
                seed: None,
                files: CarriedFiles::default(),
            };
            (scenario, source, one, two)
        })
        .collect();
    many("part", 300, |random| {
        let (scenario, source, one, two) = right.choose(random).unwrap();
        // Bytes that were damaged are told by their checksum.
        let mut bytes = PartFile::packed(source, one).unwrap();
        let at = random.random_range(0..bytes.len());
        bytes[at] ^= 1 << random.random_range(0..8);
        assert!(PartFile::parse(&bytes).is_err());
        assert!(PartFile::parse(&bytes[..at]).is_err());
        // Those that somebody made on purpose have a right checksum.
        let text = with_other_numbers(&serde_json::to_string(one).unwrap(), random);
        let Ok(found) = serde_json::from_str::<Partial>(&text) else { return };
        let Ok(packed) = PartFile::packed(source, &found) else { return };
        let read = PartFile::parse(&packed).unwrap().partial;
        let mut joined = two.clone();
        if joined.merge(&read).is_ok() && joined.is_of(scenario) {
            let _ = merge(scenario, &joined, &options);
        }
        let _ = merge(scenario, &read, &options);
    });
}

#[test]
fn changed_tiers_are_refused_or_make_a_venue() {
    let right = json!([{
        "symbol": "BTC/USDT:USDT",
        "tiers": [
            { "tier": 1, "symbol": "BTC/USDT:USDT", "currency": "USDT", "minNotional": 0, "maxNotional": 50_000, "maintenanceMarginRate": 0.004, "maxLeverage": 125 },
            { "tier": 2, "symbol": "BTC/USDT:USDT", "currency": "USDT", "minNotional": 50_000, "maxNotional": 600_000, "maintenanceMarginRate": 0.005, "maxLeverage": 100 },
        ],
    }]);
    let of_ccxt = json!({ "BTC/USDT:USDT": right[0]["tiers"] });
    let of_binance = json!([{ "symbol": "BTCUSDT", "brackets": [
        { "bracket": 1, "initialLeverage": 125, "notionalCap": 50_000, "notionalFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0 },
        { "bracket": 2, "initialLeverage": 100, "notionalCap": 600_000, "notionalFloor": 50_000, "maintMarginRatio": 0.005, "cum": 50.0 },
    ]}]);
    let all = [of_ccxt, of_binance];
    assert!(all.iter().all(|one| import_tiers(&one.to_string()).is_ok()));
    many("table of tiers", 2_000, |random| {
        let text = mutated(all.choose(random).unwrap(), random).to_string();
        let Ok(found) = import_tiers(&text) else { return };
        for tiers in found {
            // What is taken is a venue: the file that is written of it is read.
            let file = tiers.to_toml("somewhere", "2026-01-31");
            if let Err(problems) = venue_of_text("imported", &file) {
                panic!("{text}\n{file}\n{problems}");
            }
        }
    });
}
