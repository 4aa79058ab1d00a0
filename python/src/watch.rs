//! Work without the interpreter's lock, on a thread of its own, while the calling thread looks for Ctrl-C and shows progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use liqsim::RunOptions;
use liqsim::engine::Progress;

use super::errors::failure;

/// Time between two looks at signals and progress.
const LOOK: Duration = Duration::from_millis(25);

/// How to work.
pub struct Watch {
    /// Number of threads; all cores if none.
    pub threads: Option<usize>,
    /// Called with paths done and planned, on the calling thread.
    pub progress: Option<Py<PyAny>>,
    /// Whether Ctrl-C asks for what is known so far.
    pub partial: bool,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    done: AtomicU64,
    planned: AtomicU64,
}

impl Watch {
    /// The answer of some work. An interrupt comes through at once: work whose answer nobody waits for goes on in the background until it
    /// sees that it is to stop.
    pub fn over<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&RunOptions<'_>) -> T + Send + 'static,
    ) -> PyResult<T> {
        let shared = Arc::new(Shared::default());
        let (sender, mut answer) = channel();
        let (of, threads) = (Arc::clone(&shared), self.threads);
        let worker = move || {
            let progress = |progress: Progress| {
                of.planned.store(progress.paths_planned, Ordering::Relaxed);
                of.done.fetch_max(progress.paths_done, Ordering::Relaxed);
            };
            let found = work(&RunOptions { threads, stop: &of.stop, progress: &progress });
            // Whoever was interrupted waits no more.
            let _ = sender.send(found);
        };
        let started = thread::Builder::new().name("liqsim".to_owned()).spawn(worker);
        started.map_err(|error| failure(py, "RunError", format!("cannot start a thread: {error}"), None))?;
        let mut shown = 0;
        loop {
            let answer = &mut answer;
            match py.detach(move || answer.recv_timeout(LOOK)) {
                Ok(found) => {
                    self.show(py, &shared, &mut shown)?;
                    return Ok(found);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let message = "the work ended without an answer: this is a mistake of liqsim";
                    return Err(failure(py, "RunError", message, None));
                }
            }
            let looked = py.check_signals();
            let was_stopped = shared.stop.load(Ordering::Relaxed);
            if looked.is_err() {
                shared.stop.store(true, Ordering::Relaxed);
                // A second Ctrl-C ends the wait for what is known.
                if !self.partial || was_stopped {
                    looked?;
                }
            }
            if let Err(error) = self.show(py, &shared, &mut shown) {
                shared.stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }

    /// Calls back where something new is done.
    fn show(&self, py: Python<'_>, shared: &Shared, shown: &mut u64) -> PyResult<()> {
        let (done, planned) = (shared.done.load(Ordering::Relaxed), shared.planned.load(Ordering::Relaxed));
        if let Some(progress) = self.progress.as_ref().filter(|_| done > *shown) {
            *shown = done;
            progress.call1(py, (done, planned))?;
        }
        Ok(())
    }
}
