//! The page in Chromium, with real clicks and keys (tests/browser/serve.mjs). Skipped without Chromium or Node.

// A skipped test says so.
#![allow(clippy::print_stderr)]

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::client::{ONE, Page};

fn works(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn browser() -> Option<&'static str> {
    let found =
        ["chromium", "chromium-browser", "google-chrome", "chrome"].into_iter().find(|name| works(name));
    match found.filter(|_| works("node")) {
        Some(name) => Some(name),
        None => {
            eprintln!("skipped: no Chromium or no Node here (on Debian: apt-get install chromium nodejs)");
            None
        }
    }
}

/// What the script saw; pictures go to the folder of `LIQSIM_PICTURES` where that is set.
fn seen(browser: &str, page: &Page, moves: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/serve.mjs");
    let output = Command::new("node")
        .args([script, browser, &page.address, folder.path().to_str().unwrap(), moves])
        .output()
        .unwrap();
    if let Some(pictures) = std::env::var_os("LIQSIM_PICTURES") {
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "png" || extension == "html") {
                fs::copy(&path, std::path::Path::new(&pictures).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = browser() else { return };
    let page = Page::new(ONE, &["simulation.paths=100_000"]);
    let found = seen(browser, &page, "10");
    let none = Value::Array(Vec::new());
    assert!(found["failure"].is_null(), "{found:#}");
    assert_eq!(found["errors"], none);
    let text = |moment: &str, key: &str| found[moment][key].as_str().unwrap_or_default().to_owned();
    assert!(text("start", "state").starts_with("Fine"), "{found:#}");
    assert!(text("start", "changes").starts_with("As in the file"));
    // A click changes the answer, its undoing brings it back.
    assert!(text("short", "sentence").contains("short") && text("short", "changes").contains("long → short"));
    assert_ne!(text("short", "number"), text("start", "number"));
    assert_eq!(text("short", "pressed"), "true");
    assert_eq!(text("undone", "number"), text("start", "number"));
    // Keys, quick ones too: what is shown at last is the last.
    assert!(text("moved", "changes").contains("volatility"), "{found:#}");
    assert!(text("quick", "assumes").contains(&format!("{} %", text("quick", "field"))), "{found:#}");
    // Levels by a click, by keys, by typing.
    assert_ne!(text("clicked", "head"), text("keyed", "head"));
    assert_eq!(format!("#{}", text("clicked", "head").rsplit(' ').next().unwrap()), text("clicked", "hash"));
    assert!(text("typed", "sentence").starts_with("Opened at 4.37x"), "{found:#}");
    // What is wrong is said at its field.
    assert!(text("wrong", "message").contains("must be greater than 0"), "{found:#}");
    assert_eq!((text("wrong", "invalid").as_str(), &found["wrong"]["kept"]), ("true", &Value::Bool(true)));
    assert_eq!(found["mended"]["hidden"], true);
    // What is taken along.
    assert!(found["toml"].as_str().unwrap().contains("equity = 7000"), "{}", found["toml"]);
    let command = found["command"].as_str().unwrap();
    assert!(command.starts_with("liqsim run ") && command.contains("account.equity=7000"), "{command}");
    assert!(found["report"].is_string(), "{found:#}");
    let reached = found["reached"].to_string();
    for control in
        ["leverage", "leverage-slider", "volatility", "copy-toml", "report", "field-simulation.horizon"]
    {
        assert!(reached.contains(control), "{control} is not reached with Tab: {reached}");
    }
    // Accessible and never wider than the screen.
    for violations in
        [&found["light"], &found["dark"], &found["wrong"]["violations"], &found["phone"]["violations"]]
    {
        assert_eq!(*violations, none);
    }
    for overflow in [&found["overflow"], &found["phone"]["overflow"], &found["narrow"]["overflow"]] {
        assert!(overflow.as_i64().unwrap() <= 0, "{found:#}");
    }
    assert_eq!(found["phone"]["mini"], "block", "the answer stays in sight on a phone");
    assert_eq!(text("reset", "number"), text("start", "number"));
    assert_eq!(found["reset"]["disabled"], true);
}

/// From the event to the painted number. Says the figures; what they must be depends on the machine and on who else is on it.
#[test]
#[ignore = "a measurement, for a quiet machine"]
fn how_soon_a_number_is_painted() {
    let Some(browser) = browser() else { return };
    let several = include_str!("../../scenarios/btc-eth-cross-pair.toml");
    for (name, text) in [("one position", ONE), ("several positions", several)] {
        let page = Page::new(text, &[]);
        let found = seen(browser, &page, "200");
        let mut times: Vec<f64> = found["times"]
            .as_array()
            .unwrap_or_else(|| panic!("{found:#}"))
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[(share * (times.len() - 1) as f64).round() as usize];
        eprintln!(
            "{name}: {} moves, median {:.0} ms, 95 of 100 within {:.0} ms, all within {:.0} ms",
            times.len(),
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
}
