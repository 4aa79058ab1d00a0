//! Files that somebody made to do harm: they are refused at once, and what they say does not reach the terminal raw.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const LIQSIM: &str = env!("CARGO_BIN_EXE_liqsim");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// A refusal takes milliseconds; machines that run tests are busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a command, which must end by itself.
fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(LIQSIM);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn scenario(old: &str, new: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join("scenarios/btc-perp-30d.toml")).unwrap();
    let changed = text.lines().map(|line| if line.starts_with(old) { new } else { line });
    changed.collect::<Vec<_>>().join("\n")
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_no_files_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["/dev/zero", "./pipe"] {
        let venue = format!("venue = \"{name}\"");
        let prices = format!("kind = \"bootstrap\"\nprices = \"{name}\"\nblock = \"2d\"");
        let bootstrap = scenario("kind", &prices).replace("\nvolatility", "\n#").replace("\njumps", "\n#");
        for text in [scenario("venue", &venue), bootstrap] {
            fs::write(folder.path().join("scenario.toml"), text).unwrap();
            let output = liqsim(folder.path(), &["validate", "scenario.toml"]);
            let told = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains("not a regular file"), "{told}");
        }
    }
}

#[test]
fn what_a_scenario_is_called_is_no_command_of_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = r#"name = "\u001b[2J\u001b]0;title\u0007 evil""#;
    let text = scenario("name", name).replace("paths = 1_000_000", "paths = 1000");
    fs::write(folder.path().join("scenario.toml"), text).unwrap();
    for arguments in [
        &["run", "scenario.toml", "--paths", "1000"][..],
        &["safe", "scenario.toml", "--paths", "1000", "--max-probability", "1%"],
        &["check", "scenario.toml", "--paths", "1000"],
        &["run", "scenario.toml", "--set", "account.equity=-1"],
        &["run", "scenario.toml", "--set", "account.\"\u{1b}[2J\"=1"],
    ] {
        let output = liqsim(folder.path(), arguments);
        for stream in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(stream);
            assert!(!text.contains('\u{7}') && !text.contains("\u{1b}[2J"), "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn results_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deep = "[".repeat(300_000);
    let keys = "{\"a\":".repeat(300_000);
    for text in [deep.as_str(), &keys, "{\"levels\":[{\"leverage\":1e999}]}", "\u{0}", "", "null", "[]]"] {
        fs::write(folder.path().join("result.json"), text).unwrap();
        for arguments in [
            &["report", "result.json", "-o", "page.html"][..],
            &["merge", "result.json"],
            &["compare", "result.json", "result.json"],
        ] {
            let output = liqsim(folder.path(), arguments);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                output.status.code(),
                Some(2),
                "{arguments:?} {}: {told}",
                &text[..text.len().min(40)]
            );
            assert!(told.len() < 2000 && !told.contains("panicked"), "{told}");
        }
        assert!(!folder.path().join("page.html").exists());
    }
}

#[test]
fn scenarios_that_are_deep_or_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = "a = 1\n".repeat(300_000);
    let levels = scenario(
        "leverage",
        &format!("leverage = [{}]", (1..5000).map(|k| format!("{k}, ")).collect::<String>()),
    );
    for text in [deep, large, levels] {
        fs::write(folder.path().join("scenario.toml"), text).unwrap();
        let output = liqsim(folder.path(), &["validate", "scenario.toml"]);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A scenario of somebody else, in a repository of its own, that names a file outside it; `secret` is its name and what it holds.
#[cfg(unix)]
fn stranger(folder: &Path, keys: &str, (secret, holds): (&str, &str)) -> PathBuf {
    let repository = folder.join("repository");
    fs::create_dir_all(repository.join(".git")).unwrap();
    fs::create_dir_all(repository.join("deep")).unwrap();
    fs::write(folder.join(secret), holds).unwrap();
    let mut text = scenario("kind", keys);
    if keys.starts_with("kind") {
        text = text.replace("\nvolatility", "\n#").replace("\njumps", "\n#");
    } else {
        text = scenario("venue", keys);
    }
    let file = repository.join("deep/scenario.toml");
    fs::write(&file, text).unwrap();
    file
}

#[cfg(unix)]
#[test]
fn nothing_is_told_of_what_lies_elsewhere_and_is_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let secret = ("secret", "password,hunter2\nclose,hunter2\n");
    for keys in [
        "kind = \"bootstrap\"\nprices = \"../../secret\"\nblock = \"2d\"",
        "kind = \"har\"\nprices = \"../../secret\"",
        "kind = \"har\"\ndays = \"../../secret\"\nintercept = -0.347\nb1 = 0.449\nb7 = 0.378\nb30 = 0.047\nb90 = 0.074\nb6 = 0.175\nstate = [-6.0, -7.0]",
        "venue = \"../../secret\"",
        "venue = { contract = \"linear\", maintenance = 0.005, funding = { recorded = \"../../secret\" } }",
    ] {
        let file = stranger(folder.path(), keys, secret);
        for command in ["run", "validate"] {
            let output = liqsim(&folder.path().join("repository"), &[command, file.to_str().unwrap()]);
            let told = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{keys}: {told}");
            assert!(!told.contains("hunter2") && told.contains("secret"), "{keys}: {told}");
        }
    }
}

#[cfg(unix)]
#[test]
fn confined_scenarios_read_their_own_repository_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let bars: String = (0..200)
        .map(|hour| {
            let price = 100 + hour % 7;
            format!("{},{price},{},{},{price}\n", 1_704_067_200 + 3600 * hour, price + 1, price - 1)
        })
        .collect();
    let prices = ("prices.csv", format!("time,open,high,low,close\n{bars}"));
    let keys = "kind = \"bootstrap\"\nprices = \"../../prices.csv\"\nblock = \"2d\"";
    let file = stranger(folder.path(), keys, (prices.0, &prices.1));
    let file = file.to_str().unwrap();
    let repository = folder.path().join("repository");
    let status = |from: &Path, arguments: &[&str]| {
        let output = liqsim(from, &[&["validate", file][..], arguments].concat());
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
        )
    };
    assert_eq!(status(&repository, &[]).0, Some(0));
    let (code, told) = status(&repository, &["--confined"]);
    assert!(code == Some(2) && told.contains("outside the folders that scenarios may read from"), "{told}");
    // So is what the page of the program's own example is told to read.
    let elsewhere = "account.venue=\"../prices.csv\"";
    let page = liqsim(&repository, &["serve", "--confined", "--set", elsewhere]);
    let told = String::from_utf8_lossy(&page.stderr);
    assert!(page.status.code() == Some(2) && told.contains("outside the folders"), "{told}");
    // The working folder and what is named are read from, too.
    assert_eq!(status(folder.path(), &["--confined"]).0, Some(0));
    let outside = folder.path().to_str().unwrap();
    assert_eq!(status(&repository, &["--confined", "--allow-path", outside]).0, Some(0));
    assert_eq!(status(&repository, &["--confined", "--allow-path", "nowhere"]).0, Some(2));
    // Its own repository, wherever in it the file lies; links are followed before anything is decided.
    fs::copy(folder.path().join("prices.csv"), repository.join("prices.csv")).unwrap();
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, text.replace("../../prices.csv", "../prices.csv")).unwrap();
    assert_eq!(status(&repository.join("deep"), &["--confined"]).0, Some(0));
    fs::remove_file(repository.join("prices.csv")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("prices.csv"), repository.join("prices.csv")).unwrap();
    assert_eq!(status(&repository, &["--confined"]).0, Some(2));
    // So is a scenario that is a link itself.
    fs::rename(file, folder.path().join("elsewhere.toml")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere.toml"), file).unwrap();
    assert_eq!(status(&repository, &["--confined"]).0, Some(2));
}

/// Every file of `tests/hostile` is refused by every command that reads its kind.
#[test]
fn the_corpus_is_refused() {
    let corpus = Path::new(ROOT).join("tests/hostile");
    let folder = tempfile::tempdir().unwrap();
    let files = |kind: &str| -> Vec<String> {
        let mut found: Vec<String> = fs::read_dir(corpus.join(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
            .collect();
        found.sort();
        assert!(found.len() >= 4, "{kind}");
        found
    };
    let refused = |arguments: &[&str]| {
        let output = liqsim(folder.path(), arguments);
        let told =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        let is_plain = told.chars().all(|char| !char.is_control() || char == '\n');
        assert!(is_plain && !told.contains('\u{202E}'), "{arguments:?}: {told:?}");
        assert!(!told.contains("panicked") && !told.contains("root:x"), "{arguments:?}: {told}");
        assert!(told.len() < 20_000, "{arguments:?} says {} bytes", told.len());
    };
    for file in files("scenarios") {
        let file = file.as_str();
        if !file.ends_with("many-cells.toml") {
            refused(&["run", file]);
            refused(&["safe", file]);
            refused(&["check", file]);
            refused(&["liquidation-price", file]);
        }
        refused(&["sweep", file, "-o", "cells"]);
    }
    for file in files("results") {
        let file = file.as_str();
        refused(&["report", file, "-o", "page.html"]);
        refused(&["compare", file, file]);
        refused(&["merge", file]);
    }
    for file in files("prices") {
        refused(&["calibrate", &file]);
        refused(&["risk", "BTC", "--leverage", "3", "--for", "7d", "--prices", &file]);
    }
    let good = Path::new(ROOT).join("scenarios/btc-flat-rate.toml").to_str().unwrap().to_owned();
    for file in files("venues") {
        match file.ends_with(".json") {
            true => refused(&["venues", "--import", &file]),
            false => refused(&["run", &good, "--set", &format!("account.venue={file:?}")]),
        }
    }
    let written =
        fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(written.count(), 0, "a refusal leaves files behind");
}
