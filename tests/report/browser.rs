//! The report in a real browser: Chromium, without a window and without a network. Skipped where there is none.
//!
//! The page is shown in a frame of 1280 and one of 390 pixels. A script in it (tests/browser) listens for errors, uses the
//! slider and the switches, looks at the drawings, changes to dark and runs axe-core's accessibility checks.

// A skipped test says so.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use liqsim::engine::RunOptions;
use liqsim::report::html::{Document, ScenarioText, render};
use liqsim::scenario;
use liqsim::study::run;
use serde_json::{Value, json};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const LONGEST: Duration = Duration::from_secs(120);
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1700,1000",
    "--virtual-time-budget=30000",
    "--dump-dom",
];

fn browser() -> Option<&'static str> {
    let works = |name: &&&str| {
        let quiet = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success())
    };
    BROWSERS.iter().find(works).copied()
}

/// The page with the scripts of the test in it.
fn instrumented(page: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let script = |name: &str| format!("<script>{}</script>", fs::read_to_string(here.join(name)).unwrap());
    let (head, rest) = page.split_once("<head>").unwrap();
    let body = rest.strip_suffix("</body>\n</html>").or(rest.strip_suffix("</body>\n</html>\n")).unwrap();
    format!(
        "{head}<head>{}{body}{}{}</body></html>",
        script("before.js"),
        script("axe.min.js"),
        script("after.js")
    )
}

/// What the script found in the wide and in the narrow frame.
fn look_at(browser: &str, page: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let frames = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/frames.html");
    fs::copy(frames, folder.path().join("frames.html")).unwrap();
    fs::write(folder.path().join("page.html"), instrumented(page)).unwrap();
    let dump = folder.path().join("dump.html");
    let mut child = Command::new(browser)
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", folder.path().join("frames.html").display()))
        .stdout(fs::File::create(&dump).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{browser} did not finish");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let dump = fs::read_to_string(dump).unwrap();
    let found: Vec<Value> = dump
        .split("<pre class=\"found\">")
        .skip(1)
        .map(|part| {
            let text = part.split("</pre>").next().unwrap();
            let text =
                text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
            serde_json::from_str(&text).unwrap()
        })
        .collect();
    assert_eq!(found.len(), 2, "both frames answer: {}", &dump[..dump.len().min(2000)]);
    found
}

fn run_of(file: &str) -> Document {
    run_with(file, 20_000)
}

fn run_with(file: &str, paths: u64) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    let loaded = scenario::load(&path, &[format!("simulation.paths={paths}")]).unwrap();
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    Document::of_run(&run(&loaded, &options).unwrap()).unwrap()
}

fn estimate(value: f64) -> Value {
    json!({ "value": value, "std_error": 0.01, "low": value - 0.02, "high": value + 0.02 })
}

/// A run whose account was followed step by step: it has everything that a result can have.
fn followed() -> Document {
    let Document::Run(mut result) = run_of("btc-flat-rate.toml") else { panic!("a run is a run") };
    for (k, level) in result["levels"].as_array_mut().unwrap().iter_mut().enumerate() {
        let fall = 0.05 * (k + 1) as f64;
        let dates = || (1..=20).map(f64::from);
        level["exits"] = json!({ "horizon": estimate(0.9 - fall), "liquidated": estimate(fall), "stopped": estimate(0.1) });
        level["survival"] = dates()
            .map(|day| json!({ "days": day, "probability": estimate(0.97 - fall * day / 20.0) }))
            .collect();
        level["costs"] = json!({ "fees": { "mean": estimate(0.01 + fall), "p05": 0.0, "p50": 0.01, "p95": 0.02 }, "funding": { "mean": estimate(-fall), "p05": 0.0, "p50": 0.0, "p95": 0.0 } });
        level["max_drawdown"] = json!({ "0.5": estimate(fall), "0.95": estimate(2.0 * fall) });
        level["equity_over_time"] = dates()
            .map(|day| {
                let quantiles = [("0.05", -1.0), ("0.25", -0.5), ("0.5", 0.0), ("0.75", 0.5), ("0.95", 1.0)];
                let at = |z: f64| estimate((1.0 + z * fall * (day / 20.0).sqrt()).max(0.0));
                let quantiles: serde_json::Map<_, _> =
                    quantiles.map(|(p, z)| (p.to_owned(), at(z))).into_iter().collect();
                json!({ "days": day, "quantiles": quantiles })
            })
            .collect();
    }
    Document::Run(result)
}

fn replay() -> Document {
    let row = |leverage: f64, days: f64| {
        let share = 1.0 - 1.0 / leverage - 0.1 / days;
        json!({ "leverage": leverage, "horizon_days": days, "starts": 1000, "realised": estimate(share), "predicted": estimate(share + 0.01) })
    };
    let levels: Vec<Value> =
        [2.0, 5.0, 10.0, 20.0].iter().flat_map(|l| [row(*l, 7.0), row(*l, 30.0)]).collect();
    let text = json!({ "scenario": "history", "levels": levels }).to_string();
    Document::parse(&text).unwrap().remove(0)
}

/// A sweep over two keys; the liquidation probability rises along both.
fn sweep() -> Document {
    let estimate = |value: f64| json!({ "value": value, "std_error": 0.001, "low": value - 0.002, "high": value + 0.002 });
    let cell = |volatility: f64, days: f64| {
        let level = |leverage: f64| {
            let p = 1.0 - (-0.02 * leverage * volatility * days.sqrt()).exp();
            json!({ "leverage": leverage, "liquidation_probability": estimate(p), "mean_return": estimate(-0.1 * p), "expected_shortfall": estimate(p.sqrt()) })
        };
        let levels: Vec<Value> = [2.0, 5.0, 10.0, 20.0].map(level).to_vec();
        json!({ "label": format!("{volatility} {days}d"), "values": [volatility.to_string(), format!("{days}d")], "identity": "0", "levels": levels })
    };
    let cells: Vec<Value> =
        [0.4, 0.6, 0.8].iter().flat_map(|v| [1.0, 7.0, 30.0].map(|days| cell(*v, days))).collect();
    Document::Sweep(json!({
        "axes": [{ "name": "volatility", "values": ["0.4", "0.6", "0.8"] }, { "name": "horizon", "values": ["1d", "7d", "30d"] }],
        "is_grid": true,
        "cells": cells
    }))
}

fn checked() -> Document {
    let limit = json!({ "leverage": 5.0, "metric": "liquidation_probability", "max": 0.2, "value": 0.21, "low": 0.205, "high": 0.215, "verdict": "fail", "reason": "the whole interval is above the limit" });
    let scenario = json!({ "scenario": "gate", "file": "gate.toml", "identity": "0", "paths": 1000, "verdict": "fail", "limits": [limit], "baseline": null, "notes": ["A note."] });
    let text = json!({ "verdict": "fail", "scenarios": [scenario] }).to_string();
    let document = Document::parse(&text).unwrap().remove(0);
    assert!(matches!(document, Document::Check(_)));
    document
}

#[test]
fn the_heat_map_of_a_sweep_follows_its_choices_in_a_browser() {
    let Some(browser) = browser() else { return };
    for found in look_at(browser, &render(&[sweep()], &[]).unwrap()) {
        check_page(&found, 1);
        assert_eq!(found["maps"], 3, "{found}");
    }
}

#[test]
fn the_report_works_in_a_browser() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here (on Debian: apt-get install chromium)");
        return;
    };
    let several =
        [checked(), run_of("btc-flat-rate.toml"), run_of("btc-short-7d.toml"), followed(), replay()];
    for (documents, figures) in [(&several[..2], 5), (&several[1..3], 5), (&several[3..], 9)] {
        let texts = [ScenarioText { name: "a.toml".to_owned(), text: "name = \"a\"\n".repeat(30) }];
        for found in look_at(browser, &render(documents, &texts).unwrap()) {
            check(&found, figures);
        }
    }
}

#[test]
fn the_page_of_a_miner_works_in_a_browser() {
    let Some(browser) = browser() else { return };
    let page = render(&[run_with("miner-fleet-on-credit-540d.toml", 2000)], &[]).unwrap();
    for found in look_at(browser, &page) {
        // Its curve is that of the listed levels.
        check_page(&found, 6);
        // The page opens at the level that the answer speaks of.
        assert_eq!(found["before"]["leverage"], "2x");
        assert_ne!(found["before"]["numbers"], found["after"]["numbers"]);
        let titles: Vec<&str> = found["figures"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|figure| figure["title"].as_str())
            .collect();
        for title in [
            "Hashprice and what it has to pay",
            "Default over debt",
            "Cash over time",
            "Machines and coins against the debt",
        ] {
            assert!(titles.contains(&title), "{titles:?}");
        }
        assert!(found["before"]["numbers"].as_str().unwrap().contains("Machines off"), "{}", found["before"]);
    }
}

fn check(found: &Value, least: usize) {
    check_page(found, least);
    let (before, after) = (&found["before"], &found["after"]);
    assert_ne!(before["numbers"], after["numbers"]);
    assert_ne!(before["leverage"], after["leverage"]);
    assert_eq!(after["leverage"], after["spoken"]);
    assert!(after["kind"].as_str().unwrap().starts_with("A level between"), "{after}");
    assert_eq!(found["first"]["kind"], "A level of the scenario.");
    let (before, after) = (before["drawing"].as_object().unwrap(), after["drawing"].as_object().unwrap());
    for (title, drawn) in before {
        // History is what it is at any leverage; what a level between those of the scenario lacks is not drawn there.
        if title != "history" && after.contains_key(title) {
            assert_ne!(drawn, &after[title], "{title} follows the slider at {}", found["width"]);
        }
    }
}

/// What holds for every page: no errors or requests, nothing too wide, accessible in light and dark, pictures with marks.
fn check_page(found: &Value, least: usize) {
    let width = &found["width"];
    let none = Value::Array(Vec::new());
    assert_eq!(found["errors"], none, "at {width}");
    assert_eq!(found["requests"], none, "at {width}");
    assert!(found["overflow"].as_i64().unwrap() <= 0, "nothing is wider than {width}: {}", found["overflow"]);
    for moment in [&found["light"], &found["dark"], &found["open"]] {
        assert_eq!(moment["violations"], none, "accessibility at {width}");
    }
    assert!(found["figures"].is_array() && found["dark"]["figures"].is_array(), "{found}");
    assert_ne!(found["light"]["background"], found["dark"]["background"]);
    for figures in [&found["figures"], &found["switched"], &found["dark"]["figures"]] {
        // There are no axes to switch on a page without runs.
        let Some(figures) = figures.as_array() else { continue };
        assert!(figures.len() >= least, "at {width}: {figures:?}");
        for figure in figures {
            let at_least = |key: &str, least: u64| {
                assert!(figure[key].as_u64().unwrap() >= least, "{key} at {width}: {figure}");
            };
            at_least("marks", 3);
            at_least("texts", 4);
            at_least("rows", 2);
            assert!(figure["alternative"].as_str().unwrap().len() > 40, "{figure}");
        }
    }
}
