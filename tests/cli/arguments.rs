//! The command line as a user meets it: exit status, messages, help, files.

use std::path::Path;
use std::process::{Command, Output, Stdio};

const COMMANDS: [&str; 14] = [
    "run",
    "safe",
    "sweep",
    "check",
    "compare",
    "calibrate",
    "replay",
    "validate",
    "liquidation-price",
    "venues",
    "models",
    "schema",
    "init",
    "completions",
];

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn anywhere(arguments: &[&str]) -> Output {
    liqsim(Path::new("."), arguments)
}

#[track_caller]
fn assert_fails_with(output: &Output, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(stdout(output), "", "nothing is printed on standard output");
    assert!(message.starts_with("error"), "{message}");
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
}

/// A folder with the scenario that `init` writes.
fn folder_with_scenario() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(liqsim(folder.path(), &["init"]).status.success());
    folder
}

#[test]
fn every_command_has_help_with_its_purpose_and_an_example() {
    let overview = stdout(&anywhere(&["--help"]));
    for command in COMMANDS {
        let output = anywhere(&[command, "--help"]);
        let help = stdout(&output);
        assert!(output.status.success());
        assert!(help.contains("Example") && help.contains(&format!("liqsim {command}")), "{help}");
        let purpose = help.lines().next().unwrap();
        assert!(overview.contains(purpose), "the overview lists: {purpose}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = stdout(&anywhere(&["--version"]));
    // A commit may follow, where the build was given one.
    let commit = version.trim_end().strip_prefix(&format!("liqsim {}", env!("CARGO_PKG_VERSION")));
    assert!(commit.is_some_and(|commit| commit.is_empty() || commit.starts_with(" (")), "{version}");
}

#[test]
fn wrong_usage_is_status_two() {
    assert_eq!(anywhere(&[]).status.code(), Some(2));
    assert_fails_with(&anywhere(&["rum"]), &["rum", "run"]);
    assert_fails_with(&anywhere(&["run"]), &["<FILE>"]);
    assert_fails_with(&anywhere(&["validate"]), &["<FILE>"]);
    assert_fails_with(&anywhere(&["run", "a.toml", "--format", "xml"]), &["xml", "markdown"]);
    assert_fails_with(&anywhere(&["completions", "basic"]), &["basic", "bash"]);
}

#[test]
fn wrong_numbers_are_refused_before_anything_is_read() {
    for (flag, value, word) in [
        ("--paths", "0", "at least 1"),
        ("--paths", "-5", "whole number"),
        ("--paths", "1.5", "whole number"),
        ("--paths", "nan", "whole number"),
        ("--threads", "0", "at least 1"),
        ("--threads", "many", "at least 1"),
        ("--seed", "-1", "--seed"),
        ("--seed", "1.5", "--seed"),
    ] {
        assert_fails_with(&anywhere(&["run", "missing.toml", flag, value]), &[flag, value, word]);
    }
}

#[test]
fn a_missing_scenario_is_named() {
    for command in ["run", "validate", "liquidation-price"] {
        assert_fails_with(&anywhere(&[command, "no-such-scenario.toml"]), &["no-such-scenario.toml"]);
    }
}

#[test]
fn all_wrong_scenarios_are_reported() {
    assert_fails_with(
        &anywhere(&["validate", "no-such-a.toml", "no-such-b.toml"]),
        &["no-such-a", "no-such-b"],
    );
}

#[test]
fn a_wrong_output_file_fails_before_the_run() {
    let folder = folder_with_scenario();
    std::fs::create_dir(folder.path().join("folder.json")).unwrap();
    for (file, word) in [
        ("no/such/folder/a.json", "no/such/folder"),
        ("a.xls", ".json, .csv, .md, .txt, .html, .svg and .png"),
        ("json", ".json, .csv, .md, .txt, .html, .svg and .png"),
        ("folder.json", "not a file"),
    ] {
        // So many paths that the test would not end if the run began.
        let output = liqsim(folder.path(), &["run", "liqsim.toml", "--paths", "1e12", "-o", file]);
        assert_fails_with(&output, &[file, word]);
    }
}

#[test]
fn a_file_that_fails_leaves_nothing_behind() {
    let folder = folder_with_scenario();
    let output = liqsim(folder.path(), &["run", "no-such-scenario.toml", "-o", "a.json"]);
    assert_fails_with(&output, &["no-such-scenario.toml"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn results_are_printed_and_written_in_every_format() {
    let folder = folder_with_scenario();
    let output = liqsim(
        folder.path(),
        &[
            "run",
            "liqsim.toml",
            "--paths",
            "2e3",
            "--seed",
            "7",
            "--format",
            "json",
            "-o",
            "a.json",
            "-o",
            "a.csv",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["seed"], 7);
    assert_eq!(json["paths"], 2000);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a.json"), stdout(&output));
    assert_eq!(read("a.csv").lines().count(), 1 + json["levels"].as_array().unwrap().len());
    // The scenario, two results, no temporary file.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn several_scenarios_give_a_json_array_in_their_order() {
    let folder = folder_with_scenario();
    assert!(liqsim(folder.path(), &["init", "--side", "short", "-o", "short.toml"]).status.success());
    let output =
        liqsim(folder.path(), &["run", "short.toml", "liqsim.toml", "--paths", "1_000", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let table = liqsim(folder.path(), &["run", "short.toml", "liqsim.toml", "--paths", "1_000"]);
    for file in ["short.toml: BTC perpetual short", "liqsim.toml: BTC perpetual long"] {
        assert!(stdout(&table).contains(file), "{}", stdout(&table));
    }
    let names: Vec<_> =
        json.as_array().unwrap().iter().map(|result| result["scenario"].as_str().unwrap()).collect();
    assert_eq!(names, ["BTC perpetual short, 30 days", "BTC perpetual long, 30 days"]);
}

#[test]
fn a_hyphen_reads_standard_input() {
    let folder = folder_with_scenario();
    let with_input = |file: &str| {
        Command::new(env!("CARGO_BIN_EXE_liqsim"))
            .args(["validate", "-"])
            .stdin(std::fs::File::open(folder.path().join(file)).unwrap())
            .output()
            .unwrap()
    };
    assert!(with_input("liqsim.toml").status.success());
    std::fs::write(folder.path().join("wrong.toml"), "nam = 1").unwrap();
    assert_fails_with(&with_input("wrong.toml"), &["standard input:1:1", "nam"]);
}

#[test]
fn a_key_can_be_overridden() {
    let folder = folder_with_scenario();
    let output = liqsim(
        folder.path(),
        &["liquidation-price", "liqsim.toml", "--set", "account.leverage=[4]", "--format", "json"],
    );
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["levels"].as_array().unwrap().len(), 1);
    assert_eq!(json["levels"][0]["leverage"], 4.0);
    assert_fails_with(
        &liqsim(folder.path(), &["validate", "liqsim.toml", "--set", "account.equty=1"]),
        &["equty"],
    );
}

#[test]
fn standard_error_is_silent_and_nothing_is_coloured_away_from_a_terminal() {
    let folder = folder_with_scenario();
    let output = liqsim(folder.path(), &["run", "liqsim.toml", "--paths", "1000"]);
    assert_eq!(stderr(&output), "");
    assert!(!stdout(&output).contains('\x1b'));
    assert!(!stderr(&anywhere(&["validate", "no-such-scenario.toml"])).contains('\x1b'));
}

#[test]
fn a_broken_pipe_is_success() {
    for arguments in
        [&["models"][..], &["venues"], &["schema"], &["completions", "bash"], &["init", "-o", "-"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_liqsim"))
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_not_success() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .arg("models")
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_fails_with(&output, &["standard output"]);
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = anywhere(&["completions", shell]);
        assert!(output.status.success() && stdout(&output).contains("liquidation-price"), "{shell}");
    }
}

#[test]
fn models_are_listed_with_units() {
    let text = stdout(&anywhere(&["models"]));
    for word in ["gbm", "merton", "jumps.rate", "per square root of a year", "Use it for"] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn venues_are_listed_and_shown() {
    let list = stdout(&anywhere(&["venues"]));
    for name in liqsim::venue::catalogue_names() {
        assert!(list.lines().any(|line| line.starts_with(name) && line.contains("  20")), "{list}");
        let shown = stdout(&anywhere(&["venues", name]));
        assert!(shown.contains("source") && shown.contains("leverage"), "{shown}");
        let file = stdout(&anywhere(&["venues", name, "--format", "toml"]));
        assert_eq!(file, liqsim::venue::catalogue_text(name).unwrap());
        let json: serde_json::Value =
            serde_json::from_str(&stdout(&anywhere(&["venues", name, "--format", "json"]))).unwrap();
        assert_eq!(json["terms"]["name"], *name);
    }
    let all: serde_json::Value =
        serde_json::from_str(&stdout(&anywhere(&["venues", "--format", "json"]))).unwrap();
    assert_eq!(all.as_array().unwrap().len(), liqsim::venue::catalogue_names().len());
    assert_fails_with(&anywhere(&["venues", "--format", "toml"]), &["liqsim venues NAME"]);
    assert_fails_with(
        &anywhere(&["venues", "binance-usdm-btcusdx"]),
        &["did you mean \"binance-usdm-btcusdt\""],
    );
    assert_fails_with(&anywhere(&["venues", "zz"]), &["binance-usdm-btcusdt", "liqsim venues"]);
}
