//! Files that somebody made to do harm: they are refused at once, and what they say does not reach the terminal raw.

use std::fs;
use std::path::Path;
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
