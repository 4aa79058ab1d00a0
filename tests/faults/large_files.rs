//! Large files of prices take memory for their numbers, not for their text.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Writes so many bars of a second, the last ones before 2026; gives the size of the file.
fn write_bars(file: &Path, count: i64) -> u64 {
    let mut writer = BufWriter::new(File::create(file).unwrap());
    writeln!(writer, "timestamp,open,high,low,close,volume").unwrap();
    let mut state = 7_u64;
    let mut close = 4_300_000_i64;
    for second in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let open = close;
        close = (open + (state % 4_001) as i64 - 2_000).clamp(3_000_000, 6_000_000);
        let (high, low) =
            (open.max(close) + (state >> 20) as i64 % 500, open.min(close) - (state >> 30) as i64 % 500);
        let cents = |price: i64| format!("{}.{:02}000000", price / 100, price % 100);
        let time = (1_767_225_600 - count + second) * 1_000;
        let volume = format!("{}.{:08}", state >> 50, state % 100_000_000);
        writeln!(writer, "{time},{},{},{},{},{volume}", cents(open), cents(high), cents(low), cents(close))
            .unwrap();
    }
    writer.into_inner().unwrap().metadata().unwrap().len()
}

/// Runs the program and gives the most memory that it had, in bytes.
fn most_memory(arguments: &[&str]) -> u64 {
    let mut program = Command::new(env!("CARGO_BIN_EXE_liqsim"));
    let mut child = program.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        most = most.max(kibibytes.unwrap_or(0) << 10);
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    most
}

/// A bar is six numbers.
const BAR: u64 = 48;
/// What the program takes with nothing to read, and the beginning of a file.
const OWN: u64 = 64 << 20;

fn assert_bounded(count: i64) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("btc_usdt_1s.csv");
    let size = write_bars(&file, count);
    let most = most_memory(&["calibrate", file.to_str().unwrap(), "--interval", "1h", "--model", "gbm"]);
    let numbers = BAR * count as u64;
    println!(
        "a file of {} MB, numbers of {} MB, at most {} MB of memory",
        size >> 20,
        numbers >> 20,
        most >> 20
    );
    assert!(most < OWN + 3 * numbers, "{most} bytes for numbers of {numbers}");
}

#[test]
fn memory_is_that_of_the_numbers_of_a_file() {
    assert_bounded(1_000_000);
}

#[test]
#[ignore = "slow: a file of a gigabyte"]
fn memory_is_that_of_the_numbers_of_a_gigabyte() {
    assert_bounded(11_500_000);
}
