//! A server that has stopped has left nothing behind, and neither have questions that nobody waits for.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{ONE, Page};

/// Threads of this process; none where the system does not tell.
fn threads() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

/// From the signal or the flag to the end.
const PATIENCE: Duration = Duration::from_secs(2);
/// Machines that run tests are busy.
const SLACK: Duration = Duration::from_secs(8);

/// Runs in a process of its own, so that other tests start no threads meanwhile.
#[test]
fn a_thousand_quick_moves_leave_no_thread_behind() {
    if std::env::var_os("LIQSIM_ALONE").is_none() {
        let test = ["stopping::a_thousand_quick_moves_leave_no_thread_behind", "--exact", "--test-threads=1"];
        let alone =
            Command::new(std::env::current_exe().unwrap()).args(test).env("LIQSIM_ALONE", "1").output();
        let alone = alone.unwrap();
        assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stdout));
        return;
    }
    let Some(before) = threads() else { return };
    let mut page = Page::new(ONE, &["simulation.paths=1_000_000"]);
    for k in 0..1000 {
        let volatility = json!(0.3 + 0.0005 * f64::from(k));
        let changes = json!([{ "path": ["assets", "BTC", "model", "volatility"], "value": volatility }]);
        // Nobody waits for the answer, as with a slider that has moved on.
        drop(page.begin("run", &json!({ "changes": changes, "stage": k % 3 })));
        // A hand is not faster; the system's queue of connections would be full.
        std::thread::sleep(Duration::from_millis(1));
    }
    // Those that still wait to be read would count as newer; the page asks again after the same time.
    std::thread::sleep(Duration::from_millis(500));
    let last = page.answer(&json!([]), Some(5.0), 0);
    assert_eq!(last["stage"], 0);
    page.stop();
    // Threads that have ended are still counted for a moment.
    let start = Instant::now();
    while threads() > Some(before) && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(threads(), Some(before));
}

#[test]
fn a_stop_ends_a_run_and_connections_that_say_nothing() {
    let mut page = Page::new(ONE, &["simulation.paths=4_000_000_000", "policy.trailing_stop.distance=5%"]);
    let _silent = std::net::TcpStream::connect(("127.0.0.1", page.port)).unwrap();
    let _long = page.begin("run", &json!({ "changes": [], "stage": 9 }));
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    page.stop();
    assert!(start.elapsed() < PATIENCE + SLACK, "{:?}", start.elapsed());
    assert!(std::net::TcpStream::connect(("127.0.0.1", page.port)).is_err(), "nobody listens");
}

#[cfg(unix)]
#[test]
fn the_program_ends_within_two_seconds_of_ctrl_c() {
    use std::io::{BufRead, BufReader};

    // Signals are obeyed also where the tests themselves run with some ignored (`env` of GNU takes that back).
    let mut command =
        Command::new(if cfg!(target_os = "linux") { "env" } else { env!("CARGO_BIN_EXE_liqsim") });
    if cfg!(target_os = "linux") {
        command.args(["--default-signal", env!("CARGO_BIN_EXE_liqsim")]);
    }
    let mut child = command
        .args(["serve", "scenarios/btc-perp-30d.toml", "--set", "simulation.paths=4_000_000_000"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("Open http://127.0.0.1:").unwrap();
    let (port, token) = address.split_once('/').unwrap();
    let body = "{\"changes\":[],\"stage\":9}";
    let request = format!(
        "POST /{token}run HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let status = child.wait().unwrap();
    assert!(start.elapsed() < PATIENCE + SLACK, "{:?}", start.elapsed());
    assert_eq!(status.code(), Some(0), "an end that was asked for is no failure");
}
