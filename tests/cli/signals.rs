//! What a signal, a reader who leaves and a full disk do to a command.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const LIQSIM: &str = env!("CARGO_BIN_EXE_liqsim");
const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-perp-30d.toml");
/// From the signal to the end of any command.
const PATIENCE: Duration = Duration::from_secs(2);
const COMPLETE: &str = r#"{ "liqsim": "complete" }"#;
/// Machines that run tests are busy.
const SLACK: Duration = Duration::from_secs(8);

/// A command that obeys signals, also where the tests themselves run with some ignored, such as in the background of a shell
/// (`env` of GNU takes that back; elsewhere the program is started as it is).
fn liqsim(arguments: &[&str]) -> Command {
    let takes_back = cfg!(target_os = "linux");
    let mut command = Command::new(if takes_back { "env" } else { LIQSIM });
    if takes_back {
        command.args(["--default-signal", LIQSIM]);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Starts a command, sends a signal after a while, and waits for its end.
fn cut_short(mut command: Command, signal: &str) -> Output {
    let child = command.spawn().unwrap();
    sleep(Duration::from_millis(1500));
    send(signal, &child);
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < PATIENCE + SLACK, "{:?}", start.elapsed());
    output
}

#[test]
fn a_run_cut_short_shows_what_it_has_and_replaces_nothing_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // What the program has not made itself it refuses before any work.
    fs::write(path("result.json"), COMPLETE).unwrap();
    let (old, new) = (path("result.json"), path("new.json"));
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let outputs = ["-o", old.to_str().unwrap(), "-o", new.to_str().unwrap()];
        let run = ["run", SCENARIO, "--paths", "1e12", "--threads", "1", "--format", "json"];
        let output = cut_short(liqsim(&[&run[..], &outputs].concat()), signal);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{told}");
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["interrupted"], true);
        assert!(result["notes"].as_array().unwrap().iter().any(|note| note["code"] == "interrupted"));
        assert!(result["paths"].as_u64().unwrap() > 0);
        assert_eq!(fs::read_to_string(&old).unwrap(), COMPLETE);
        let beside = fs::read(path("result.interrupted.json")).unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&beside).unwrap()["interrupted"], true);
        assert!(told.contains("result.interrupted.json"), "{told}");
        assert!(new.exists());
        fs::remove_file(&new).unwrap();
    }
}

#[test]
fn work_with_nothing_to_show_ends_with_the_status_of_the_signal() {
    let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/prices/btc-usdt-1h-2022-11.csv");
    let check = [
        "check",
        concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/ci/risk-gate.toml"),
        "--paths",
        "1e12",
        "--prices",
        prices,
    ];
    let output = cut_short(liqsim(&check), "-TERM");
    assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
}

/// As `nohup` and jobs in the background of a script start programs.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let mut command = Command::new("sh");
    let run = format!("trap '' INT; exec {LIQSIM} run {SCENARIO} --paths 1e12 --threads 1");
    command.args(["-c", &run]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    sleep(Duration::from_millis(1500));
    send("-INT", &child);
    sleep(PATIENCE + Duration::from_millis(500));
    let ended = child.try_wait().unwrap();
    send("-KILL", &child);
    child.wait().unwrap();
    assert_eq!(ended, None);
}

/// `liqsim check ... | head -0` in a script with `pipefail`, and in one that asks for the status of the check.
#[test]
fn a_reader_who_leaves_changes_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("result.json");
    let result = result.to_str().unwrap();
    let made = liqsim(&["run", SCENARIO, "--paths", "2000", "-o", result]).output().unwrap();
    assert!(made.status.success());
    let limit = "limits=[{leverage=100,metric=\"liquidation_probability\",max=0.01}]";
    let other = folder.path().join("other.json");
    let other = other.to_str().unwrap();
    let seed = ["--paths", "2000", "--seed", "9", "--set", "simulation.horizon=5d", "-o", other];
    assert!(liqsim(&[&["run", SCENARIO][..], &seed].concat()).output().unwrap().status.success());
    for (arguments, status) in [
        (&["check", SCENARIO, "--paths", "2000", "--set", limit][..], 1),
        (&["compare", result, other], 1),
        (&["compare", result, result], 0),
        (&["run", SCENARIO, "--paths", "2000"], 0),
        (&["venues"], 0),
        (&["--help"], 0),
    ] {
        let mut child = liqsim(arguments).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    for arguments in [&["--help"][..], &["venues"], &["run", SCENARIO, "--paths", "2000"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(LIQSIM).args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn threads_are_capped_with_a_word() {
    let output = liqsim(&["run", SCENARIO, "--paths", "2000", "--threads", "1000000"]).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("more than 4 a core"));
}

/// A part that is interrupted is written as far as it came, beside a complete one; a run that is kept says where.
#[test]
fn a_part_cut_short_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (part, kept) = (path("1.part"), path("kept"));
    let common = ["run", SCENARIO, "--threads", "1", "--set", "simulation.sampling=pseudo"];
    let complete = [&common[..], &["--paths", "3000", "--blocks", "0..1", "-o", &part]].concat();
    assert!(liqsim(&complete).output().unwrap().status.success());
    let before = fs::read(&part).unwrap();
    let long = [&common[..], &["--paths", "1e9", "--shard", "1/2", "-o", &part]].concat();
    let output = cut_short(liqsim(&long), "-TERM");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(143), "{told}");
    assert!(told.contains("are finished, and"), "{told}");
    assert_eq!(fs::read(&part).unwrap(), before);
    // It is a part like any other: what is missing is named.
    let merged = liqsim(&["merge", &path("1.interrupted.part")]).output().unwrap();
    assert_eq!(merged.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&merged.stderr).contains("..976563"), "{told}");

    let resumed = [&common[..], &["--paths", "1e9", "--resume", &kept, "--format", "json"]].concat();
    let output = cut_short(liqsim(&resumed), "-INT");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("goes on from there") && output.stdout.is_empty(), "{told}");
    let merged = liqsim(&["merge", &kept]).output().unwrap();
    assert_eq!(merged.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&merged.stderr).contains("not all blocks are there"));
}
