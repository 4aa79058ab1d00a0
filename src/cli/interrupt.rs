//! Ctrl-C: the first one asks the run to stop, the second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use super::failure::warn;

/// Exit status of a program that was ended by an interrupt, as shells know it.
const INTERRUPTED: i32 = 130;

/// From now on, the first interrupt sets the flag.
pub fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        warn("stopping after the running blocks; interrupt again to end at once");
    })
    .context("cannot watch for interrupts")?;
    Ok(stop)
}
