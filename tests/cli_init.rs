//! `init`: the scenario it writes is right, and it overwrites nothing.

use std::path::Path;
use std::process::{Command, Output};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn every_starter_is_valid_and_lists_its_leverages() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["gbm", "merton"] {
        for side in ["long", "short"] {
            for venue in liqsim::venue::catalogue_names() {
                let made = liqsim(
                    folder.path(),
                    &["init", "--model", model, "--side", side, "--venue", venue, "--force"],
                );
                assert!(made.status.success(), "{made:?}");
                let checked = liqsim(folder.path(), &["validate", "liqsim.toml"]);
                assert!(checked.status.success(), "{checked:?}");
                let text = std::fs::read_to_string(folder.path().join("liqsim.toml")).unwrap();
                assert!(text.contains("leverage = [1, 2"), "{text}");
                assert!(text.contains(&format!("side = \"{side}\"")) && text.contains(venue), "{text}");
            }
        }
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
        ("--model", "heston", "merton"),
        ("--side", "both", "short"),
        ("--venue", "nowhere", "binance-usdm-btcusdt"),
        ("--leverage", "40..1", "lower leverage"),
        ("--leverage", "0", "such as 10"),
        ("--leverage", "1..500", "500"),
        ("-o", "no/such/folder/a.toml", "no/such/folder"),
    ] {
        let refused = liqsim(folder.path(), &["init", flag, value]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{message}");
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
