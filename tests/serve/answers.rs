//! The answers are those of `run`, the messages those of the scenario, and the newest question wins.

use std::time::{Duration, Instant};

use liqsim::engine::RunOptions;
use liqsim::scenario::{self, Scenario, Source, parse};
use liqsim::study::{run, run_levels};
use serde_json::{Value, json};

use super::client::{ONE, Page, reply};

fn change(path: Value, value: Value) -> Value {
    json!({ "path": path, "value": value })
}

fn scenario_of(options: &[&str]) -> Scenario {
    let options: Vec<String> = options.iter().map(ToString::to_string).collect();
    parse(Source::new("scenario.toml", ONE), &options).unwrap()
}

/// The result of the same scenario without a page.
fn result(options: &[&str]) -> Value {
    serde_json::to_value(run(&scenario_of(options), &RunOptions::default()).unwrap()).unwrap()
}

#[test]
fn an_answer_is_the_result_of_run_for_the_same_scenario() {
    let page = Page::new(ONE, &["simulation.paths=20000"]);
    let changes = json!([
        change(json!(["assets", "BTC", "model", "volatility"]), json!("61%")),
        change(json!(["account", "positions", 0, "side"]), json!("short")),
        change(json!(["simulation", "horizon"]), json!("14d")),
        change(json!(["policy", "stop_loss", "distance"]), json!("9%")),
    ]);
    let options = [
        "simulation.paths=20000",
        "assets.BTC.model.volatility=61%",
        "account.positions.0.side=short",
        "simulation.horizon=14d",
        "policy.stop_loss.distance=9%",
    ];
    // First the level that is looked at, and no curve.
    let coarse = page.answer(&changes, Some(5.0), 0);
    assert_eq!((&coarse["stage"], &coarse["stages"]), (&json!(0), &json!(2)));
    let level = scenario_of(&[&options[..], &["account.leverage=5", "simulation.paths=2048"]].concat());
    let level = run_levels(&level, &RunOptions::default()).unwrap();
    assert_eq!(coarse["result"], serde_json::to_value(level).unwrap());
    let fine = page.answer(&changes, None, 1);
    assert_eq!(fine["result"], result(&options));
    assert_eq!(fine["result"]["paths"], 20_000);
    // Asked again it is the same, and beyond the last stage there is none.
    assert_eq!(page.answer(&changes, None, 7), fine);
}

#[test]
fn a_level_that_the_file_does_not_list_is_computed() {
    let page = Page::new(ONE, &["simulation.paths=3000"]);
    let answer = page.answer(&json!([]), Some(4.3), 0);
    let levels = answer["result"]["levels"].as_array().unwrap();
    let level = levels.iter().find(|level| level["leverage"] == 4.3).unwrap();
    assert!(level["liquidation_probability"]["value"].as_f64().unwrap() > 0.0);
    assert!(answer["sentence"].as_str().unwrap().starts_with("Opened at 4.3x"), "{}", answer["sentence"]);
}

/// A venue that allows less than the file's highest levels is shown with the others.
#[test]
fn levels_that_a_venue_does_not_allow_give_way_to_the_one_looked_at() {
    let page = Page::new(ONE, &["simulation.paths=3000"]);
    let changes = json!([change(json!(["account", "venue"]), json!("hyperliquid-btc"))]);
    let answer = page.answer(&changes, Some(5.0), 9);
    assert_eq!(answer["left_out"], json!([50.0, 100.0]), "hyperliquid allows 40x");
    let problems = page.problems(&changes, Some(100.0));
    assert!(problems[0]["key"].as_str().unwrap().starts_with("account.leverage"), "{problems:?}");
    assert!(problems[0]["message"].as_str().unwrap().contains("40"), "{problems:?}");
}

#[test]
fn a_wrong_value_is_answered_with_its_key_and_what_would_be_right() {
    let page = Page::new(ONE, &["simulation.paths=3000"]);
    let wrong = |path: Value, value: Value| page.problems(&json!([change(path, value)]), None).remove(0);
    let found = wrong(json!(["account", "equity"]), json!(-5));
    assert_eq!(found["key"], "account.equity");
    assert!(found["message"].as_str().unwrap().contains("must be greater than 0"), "{found}");
    let found = wrong(json!(["simulation", "horizon"]), json!("30"));
    assert_eq!(found["key"], "simulation.horizon");
    let found = wrong(json!(["assets", "BTC", "model", "volatility"]), json!("much"));
    assert_eq!(found["key"], "assets.BTC.model.volatility");
    let found = wrong(json!(["account", "venue"]), json!("no-such-venue"));
    assert_eq!(found["key"], "account.venue");
    let found = wrong(json!(["account", "positions", 0, "side"]), json!("up"));
    assert_eq!(found["key"], "account.positions[0].side");
    // All of them at once.
    let both = json!([
        change(json!(["account", "equity"]), json!(-5)),
        change(json!(["simulation", "horizon"]), json!("x"))
    ]);
    assert_eq!(page.problems(&both, None).len(), 2);
    // A name that would be an option of its own is a name.
    let name = json!([change(json!(["account", "a=1 b\".c"]), json!(1))]);
    assert!(!page.problems(&name, None).is_empty());
}

#[test]
fn the_command_and_the_text_give_what_the_page_shows() {
    let stop = "[policy]\nstop_loss = { distance = \"8%\", slippage = \"10bp\" }\n";
    let text = format!("{ONE}\n{stop}");
    let page = Page::new(&text, &["simulation.paths=3000"]);
    let changes = json!([
        change(json!(["assets", "BTC", "model", "jumps", "rate"]), json!(12.5)),
        change(json!(["policy", "stop_loss"]), Value::Null),
    ]);
    let question = json!({ "changes": changes, "leverage": 7.5 });
    let (status, body) = page.ask("text", &question);
    assert_eq!(status, 200, "{body}");
    let found: Value = serde_json::from_str(&body).unwrap();
    let identity = page.answer(&changes, Some(7.5), 9)["result"]["identity"].clone();
    let of_text = parse(Source::new("scenario.toml", found["toml"].as_str().unwrap()), &[]).unwrap();
    assert_eq!(identity, of_text.identity().to_string());
    assert!(of_text.policy.is_empty(), "the stop is out");
    assert!(
        found["toml"].as_str().unwrap().find("[simulation]")
            < found["toml"].as_str().unwrap().find("[account]")
    );
    let command = found["command"].as_str().unwrap();
    assert!(command.starts_with("liqsim run scenario.toml --set simulation.paths=3000 "), "{command}");
    assert!(command.contains("--set policy.stop_loss= "), "{command}");
    // As a shell reads it.
    let options: Vec<String> = command
        .split(" --set ")
        .skip(1)
        .map(|word| word.strip_prefix('\'').map_or(word, |word| word.strip_suffix('\'').unwrap()).to_owned())
        .collect();
    let of_command = parse(Source::new("scenario.toml", text), &options).unwrap();
    assert_eq!(identity, of_command.identity().to_string());
}

#[test]
fn the_report_is_the_page_of_the_same_result() {
    let page = Page::new(ONE, &["simulation.paths=3000"]);
    let (status, body) = page.ask("report", &json!({ "changes": [], "leverage": 5.0 }));
    assert_eq!(status, 200);
    assert!(body.starts_with("<!doctype html>") && body.contains("Opened at"));
    let answer = page.answer(&json!([]), Some(5.0), 9);
    assert!(body.contains(answer["result"]["identity"].as_str().unwrap()));
}

#[test]
fn every_number_of_every_scenario_has_a_field_with_its_help() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The forecasts are estimated from years of prices when they are read.
        if path.extension().is_none_or(|extension| extension != "toml")
            || path.to_string_lossy().contains("bootstrap")
        {
            continue;
        }
        let page = Page::of(Source::read(&path).unwrap(), &[]);
        let request =
            format!("GET /{}/scenario HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", page.token, page.port);
        let start: Value = serde_json::from_str(&page.send(&request).2).unwrap();
        let fields = start["fields"].as_array().unwrap();
        let mut values = toml::from_str::<toml::Table>(start["toml"].as_str().unwrap()).unwrap();
        for table in ["limits", "sweep", "name"] {
            values.remove(table);
        }
        values.get_mut("account").unwrap().as_table_mut().unwrap().remove("leverage");
        for (key, value) in numbers("", &toml::Value::Table(values)) {
            let field = fields.iter().find(|field| field["key"] == key.as_str());
            let field = field.unwrap_or_else(|| panic!("{}: no field for {key} = {value}", path.display()));
            assert!(field["help"].as_str().is_some_and(|help| help.len() > 8), "{field}");
            assert_eq!(field["value"].as_f64(), Some(value), "{field}");
            seen += 1;
        }
        let keys: Vec<&Value> = fields.iter().map(|field| &field["key"]).collect();
        assert!(keys.iter().all(|key| keys.iter().filter(|other| other == &key).count() == 1), "{keys:?}");
    }
    assert!(seen > 300, "only {seen} numbers");
}

/// All plain numbers below a value, under the paths of their keys.
fn numbers(path: &str, value: &toml::Value) -> Vec<(String, f64)> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        toml::Value::Integer(integer) => vec![(path.to_owned(), *integer as f64)],
        toml::Value::Float(float) => vec![(path.to_owned(), *float)],
        toml::Value::Array(items) => {
            items.iter().enumerate().flat_map(|(k, item)| numbers(&format!("{path}[{k}]"), item)).collect()
        }
        toml::Value::Table(table) => {
            table.iter().flat_map(|(key, item)| numbers(&below(key), item)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_newest_question_stops_the_one_before_it() {
    // More paths than anybody waits for.
    let page = Page::new(ONE, &["simulation.paths=4_000_000_000", "policy.trailing_stop.distance=5%"]);
    let long = page.begin("run", &json!({ "changes": [], "stage": 9 }));
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    let answer = page.answer(&json!([]), None, 0);
    let waited = start.elapsed();
    assert_eq!(answer["result"]["paths"], 2048);
    // Two seconds, as any stop, on machines that run other tests meanwhile.
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    let (status, _, body) = reply(long);
    assert_eq!((status, body.as_str()), (409, "{\"superseded\":true}"));
}

#[test]
fn a_scenario_file_is_served_with_what_it_names() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/model-bootstrap.toml");
    let page = Page::of(Source::read(&path).unwrap(), &["simulation.paths=2000".to_owned()]);
    let alone = scenario::load(&path, &["simulation.paths=2000".to_owned()]).unwrap();
    let expected = serde_json::to_value(run(&alone, &RunOptions::default()).unwrap()).unwrap();
    assert_eq!(page.answer(&json!([]), None, 9)["result"], expected);
}
