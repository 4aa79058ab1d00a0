//! Scenario files go on being read: no key that a released version knew is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The keys of the reference, each behind its table.
fn keys_of_today() -> BTreeSet<(String, String)> {
    let reference = fs::read_to_string(Path::new(ROOT).join("docs/format.md")).unwrap();
    let mut table = String::new();
    let mut keys = BTreeSet::new();
    for line in reference.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            table = title.replace('`', "");
        } else if let Some((key, _)) = line.strip_prefix("| `").and_then(|rest| rest.split_once('`')) {
            keys.insert((table.clone(), key.to_owned()));
        }
    }
    keys
}

/// `keys.txt` holds those of 0.2.0 and grows with each version. A key is renamed with a command that upgrades old files, and not before.
#[test]
fn no_key_of_a_released_version_is_gone() {
    let today = keys_of_today();
    let mut seen = 0;
    for line in include_str!("keys.txt").lines() {
        let (table, keys) = line.split_once(": ").unwrap();
        for key in keys.split(' ') {
            assert!(
                today.contains(&(table.to_owned(), key.to_owned())),
                "`{key}` of `{table}` is gone: scenarios that have it do not run any more"
            );
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen} keys");
}
