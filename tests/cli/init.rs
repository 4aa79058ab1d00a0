//! `init`: the scenario it writes is right, and it overwrites nothing.

use std::path::Path;
use std::process::{Command, Output};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

const MODELS: [&str; 9] =
    ["gbm", "merton", "kou", "heston", "bates", "garch", "regime", "hawkes", "bootstrap"];

/// A starter of the choices must be valid; returns its text.
fn starter(folder: &Path, choices: &[&str]) -> String {
    let made = liqsim(folder, &[&["init", "--force", "--prices", "prices.csv"], choices].concat());
    assert!(made.status.success(), "{choices:?}: {made:?}");
    let checked = liqsim(folder, &["validate", "liqsim.toml"]);
    assert!(checked.status.success(), "{choices:?}: {checked:?}");
    std::fs::read_to_string(folder.join("liqsim.toml")).unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/prices/btc-usdt-1h-2022-11.csv");
    std::fs::copy(prices, folder.path().join("prices.csv")).unwrap();
    folder
}

#[test]
fn every_starter_is_valid_and_lists_its_leverages() {
    let folder = folder();
    for side in ["long", "short"] {
        for venue in liqsim::venue::catalogue_names() {
            let text = starter(folder.path(), &["--side", side, "--venue", venue]);
            assert!(text.contains("leverage = [1, 2") || text.contains("ltv = [\"30%\""), "{text}");
            assert!(text.contains(&format!("side = \"{side}\"")) && text.contains(venue), "{text}");
        }
        for model in MODELS {
            let text = starter(folder.path(), &["--model", model, "--side", side, "--leverage", "1..40"]);
            assert!(text.contains(&format!("kind = \"{model}\"")), "{text}");
            assert!(text.contains("leverage = [1, 2, 3, 5, 10, 20, 40]"), "{text}");
        }
    }
}

/// Every model runs, and says that more leverage is liquidated more often.
#[test]
fn every_starter_runs() {
    let folder = folder();
    for model in MODELS {
        starter(folder.path(), &["--model", model, "--venue", "hyperliquid-eth"]);
        let run = liqsim(folder.path(), &["run", "liqsim.toml", "--paths", "2000", "--format", "json"]);
        assert!(run.status.success(), "{model}: {run:?}");
        let result: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let p = |level: &serde_json::Value| level["liquidation_probability"]["value"].as_f64().unwrap();
        let levels = result["levels"].as_array().unwrap();
        assert!(p(&levels[levels.len() - 1]) > p(&levels[0]) + 0.1, "{model}: {levels:?}");
    }
}

#[test]
fn leverages_that_the_venue_refuses_are_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = liqsim(folder.path(), &["init", "--venue", "hyperliquid-eth", "--leverage", "1..40"]);
    assert!(made.status.success() && String::from_utf8_lossy(&made.stderr).contains("40x"), "{made:?}");
    let text = std::fs::read_to_string(folder.path().join("liqsim.toml")).unwrap();
    assert!(text.contains("leverage = [1, 2, 3, 5, 10, 20]"), "{text}");
}

#[test]
fn bootstrap_asks_for_its_prices() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["init", "--model", "bootstrap"][..], &["init", "--model", "bootstrap", "--prices", "none.csv"]]
    {
        let refused = liqsim(folder.path(), arguments);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{message}");
        assert!(message.contains("--prices") || message.contains("none.csv"), "{message}");
    }
}

#[test]
fn an_existing_file_is_overwritten_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "mine").unwrap();
    let refused = liqsim(folder.path(), &["init", "-o", "mine.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert!(liqsim(folder.path(), &["init", "-o", "mine.toml", "--force"]).status.success());
    assert!(std::fs::read_to_string(&file).unwrap().contains("[simulation]"));
}

#[test]
fn a_hyphen_prints_the_starter_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let printed = liqsim(folder.path(), &["init", "-o", "-", "--leverage", "10"]);
    assert!(String::from_utf8_lossy(&printed.stdout).contains("leverage = [10]"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn wrong_choices_are_refused_with_the_right_ones() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value, word) in [
        ("--model", "hestn", "merton"),
        ("--side", "both", "short"),
        ("--venue", "nowhere", "binance-usdm-btcusdt"),
        ("--leverage", "40..1", "lower leverage"),
        ("--leverage", "0", "such as 10"),
        ("--leverage", "200..500", "500"),
        ("-o", "no/such/folder/a.toml", "no/such/folder"),
    ] {
        let refused = liqsim(folder.path(), &["init", flag, value]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{message}");
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
