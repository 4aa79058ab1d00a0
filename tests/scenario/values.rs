//! Scenarios from values in place of text, and back to text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use liqsim::scenario::{PathBudget, Source, WriteError, from_value, load, parse};
use serde_json::{Value, json};

/// Every scenario that is shipped.
fn shipped() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml")
                && fs::read_to_string(&path).unwrap().contains("[account]")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 20, "{files:?}");
    files
}

fn value() -> Value {
    json!({
        "name": "values",
        "simulation": { "horizon": "7d", "paths": 1000 },
        "assets": { "BTC": { "price": 64_700, "model": { "kind": "gbm", "drift": 0, "volatility": "60%" } } },
        "account": {
            "equity": 1000, "leverage": [3], "venue": { "contract": "linear", "maintenance": 0.005 },
            "positions": [{ "asset": "BTC", "side": "short" }], "funding": null,
        },
    })
}

#[test]
fn values_and_text_are_the_same_scenario() {
    for file in shipped() {
        let text = fs::read_to_string(&file).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let source = || Source::of_file(&file, text.as_str());
        let (values, text) =
            (from_value(source(), &serde_json::to_value(table).unwrap(), &[]), parse(source(), &[]));
        let (values, text) = (values.unwrap(), text.unwrap());
        assert_eq!(values.name, text.name);
        // The order of the assets is that of their names where there is no text.
        if text.assets.len() == 1 {
            assert_eq!(values.identity(), text.identity(), "{}", file.display());
        }
    }
}

#[test]
fn what_ran_reads_back_as_itself() {
    for file in shipped() {
        let overrides = ["simulation.horizon=3d".to_owned(), "name=\"a \\\"title\\\"\"".to_owned()];
        let Ok(scenario) = load(&file, &overrides) else { continue };
        let scenario = scenario.with(Some(1234), Some(99));
        let toml = scenario.to_toml().unwrap();
        let again = parse(Source::of_file(&file, toml.as_str()), &[]).unwrap();
        assert_eq!(again, scenario, "{}:\n{toml}", file.display());
        assert_eq!(again.identity(), scenario.identity());
        assert_eq!(again.to_toml().unwrap(), toml);
        assert_eq!((again.simulation.paths, again.simulation.seed), (PathBudget::Fixed(1234), 99));
    }
}

#[test]
fn a_bundle_needs_no_other_file() {
    for name in ["btc-bootstrap.toml", "model-bootstrap.toml", "btc-perp-30d.toml"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        if !file.exists() {
            continue;
        }
        let scenario = load(&file, &[]).unwrap();
        let bundle = scenario.bundle().unwrap();
        assert_eq!(bundle.scenario().unwrap().identity(), scenario.identity(), "{name}");
        assert_eq!(bundle.files.is_empty(), !name.contains("bootstrap"), "{name}");
        // What was changed or lost on the way is noticed.
        for path in bundle.files.keys() {
            let mut damaged = bundle.clone();
            damaged.files.insert(path.clone(), Arc::from(&b"time,close\n1704067200,1\n1704070800,2\n"[..]));
            let mut lost = bundle.clone();
            lost.files.remove(path);
            for other in [damaged, lost] {
                let problems = other.scenario().unwrap_err().to_string();
                assert!(problems.contains("is not the one that was bundled"), "{problems}");
            }
        }
    }
}

#[test]
fn a_scenario_that_was_changed_in_code_has_no_text() {
    let mut scenario = from_value(Source::new("values", ""), &value(), &[]).unwrap();
    assert!(scenario.to_toml().unwrap().contains("volatility = \"60%\""));
    scenario.account.equity = 5.0;
    assert_eq!(scenario.to_toml(), Err(WriteError::Changed));
    scenario.written = Default::default();
    assert_eq!(scenario.to_toml(), Err(WriteError::NeverWritten));
}

#[test]
fn problems_of_values_have_a_key_as_their_place() {
    for (pointer, wrong, key) in [
        ("/assets/BTC/model/volatility", json!(-0.47), "assets.BTC.model.volatility"),
        ("/account/leverage/0", json!("x"), "account.leverage[0]"),
        ("/account/positions/0/asset", json!("ETH"), "account.positions[0].asset"),
        ("/simulation/horizon", json!(7), "simulation.horizon"),
        ("/account/venue/maintenance", Value::Null, "account.venue"),
        ("/account/equity", json!([1, null]), "account.equity"),
    ] {
        let mut value = value();
        *value.pointer_mut(pointer).unwrap() = wrong;
        let problems = from_value(Source::new("values", ""), &value, &[]).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems}");
        let problem = problems.iter().next().unwrap();
        assert_eq!(problem.place.key(), Some(key), "{problems}");
        assert!(problems.to_string().contains(&format!("values: {key}")), "{problems}");
        let object = serde_json::to_value(problem).unwrap();
        assert_eq!((object["key"].as_str(), &object["line"]), (Some(key), &Value::Null));
    }
}

#[test]
fn places_in_a_text_know_their_keys_too() {
    let text = "simulation.horizon = \"7d\"\naccount = { leverage = [2, \"x\"] }";
    let problems = parse(Source::new("text", text), &[]).unwrap_err();
    let keys: Vec<_> = problems.iter().filter_map(|problem| problem.place.key()).collect();
    assert!(keys.contains(&"account.leverage[1]"), "{keys:?}");
}

#[test]
fn a_precision_that_was_set_in_place_of_paths_is_in_the_text() {
    let options = ["simulation.precision=0.01".to_owned()];
    let scenario = from_value(Source::new("values", ""), &value(), &options).unwrap();
    let text = scenario.to_toml().unwrap();
    assert!(text.contains("precision = 0.01") && !text.contains("paths = 1000"), "{text}");
    assert_eq!(parse(Source::new("again", text), &[]).unwrap().identity(), scenario.identity());
}
