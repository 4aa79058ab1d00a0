//! Signals that ask the program to end, SIGINT (Ctrl-C) and SIGTERM.
//!
//! The first one sets a flag that the work looks at, so that what is known can be shown; the second one, or the
//! first where nothing could be shown, ends the program. So does time: work that does not look at the flag is
//! ended after [`PATIENCE`]. A signal that was ignored when the program was started stays ignored: `nohup`, jobs
//! in the background of a script.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use super::failure::warn;

/// From the first signal to the end of work that cannot be stopped otherwise.
const PATIENCE: Duration = Duration::from_millis(1800);

/// The flag that the first signal sets; there once somebody has asked for it, so there is something to show.
static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();
/// Whether signals are watched.
static IS_WATCHING: AtomicBool = AtomicBool::new(false);
/// Whether what is known is being written: that takes the time that it takes.
static IS_WRITING: AtomicBool = AtomicBool::new(false);
/// Whether what was shown is not all that was asked for.
static IS_CUT_SHORT: AtomicBool = AtomicBool::new(false);
/// Exit status for the signal that came, 128 and its number; 0 if none came.
static STATUS: AtomicU8 = AtomicU8::new(0);

/// The flag that the first signal sets, for work that can show what it has when it is stopped.
pub fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    anyhow::ensure!(IS_WATCHING.load(Ordering::Relaxed), "cannot watch for signals");
    Ok(Arc::clone(STOP.get_or_init(Arc::default)))
}

/// Says that the work is over and its result is written now.
pub fn is_writing() {
    IS_WRITING.store(true, Ordering::Relaxed);
}

/// Says that what was shown is a part of what was asked for.
pub fn is_cut_short() {
    IS_CUT_SHORT.store(true, Ordering::Relaxed);
}

/// The exit status of a command that has done its work or, after a signal, a part of it.
pub fn exit_code() -> ExitCode {
    if IS_CUT_SHORT.load(Ordering::Relaxed) {
        ExitCode::from(status().unwrap_or(2))
    } else {
        ExitCode::SUCCESS
    }
}

/// The exit status for the signal that came, if one came.
pub fn status() -> Option<u8> {
    Some(STATUS.load(Ordering::Relaxed)).filter(|status| *status != 0)
}

/// A signal with this exit status has come.
fn caught(status: u8) {
    STATUS.store(status, Ordering::Relaxed);
    let is_first = STOP.get().is_some_and(|stop| !stop.swap(true, Ordering::Relaxed));
    if !is_first {
        std::process::exit(i32::from(status));
    }
    warn("stopping; interrupt again to end at once");
    let end = move || {
        thread::sleep(PATIENCE);
        if !IS_WRITING.load(Ordering::Relaxed) {
            warn("interrupted before anything could be shown");
            std::process::exit(i32::from(status));
        }
    };
    // Where there is no thread to be had, the work is left to end by itself.
    let _ = thread::Builder::new().spawn(end);
}

/// Starts watching; to be called before there is another thread.
///
/// The signals are blocked in all threads and waited for in one, so nothing runs inside a signal's handler. Where they
/// cannot be watched they end the program as they do everywhere.
#[cfg(unix)]
pub fn watch() {
    use nix::sys::signal::{SigSet, Signal};

    let ignored = ignored_signals();
    let mut watched = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        if ignored & (1 << (signal as u32 - 1)) == 0 {
            watched.add(signal);
        }
    }
    let wait = move || {
        while let Ok(signal) = watched.wait() {
            caught(128 + signal as u8);
        }
    };
    if watched.thread_block().is_ok() {
        let is_watching = thread::Builder::new().spawn(wait).is_ok();
        IS_WATCHING.store(is_watching || watched.thread_unblock().is_ok(), Ordering::Relaxed);
    }
}

/// Bits of the signals that are ignored. Linux keeps a blocked signal even if it is ignored; other systems drop it.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Starts watching. Where Ctrl-C cannot be watched it ends the program as it does everywhere.
#[cfg(not(unix))]
pub fn watch() {
    let _ = ctrlc::set_handler(|| caught(130));
    IS_WATCHING.store(true, Ordering::Relaxed);
}
