//! The page of `liqsim serve`, from Python: a server on a thread of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use pyo3::prelude::*;

use liqsim::serve::{ServeError, Server};

use super::errors::{failure, problems};
use super::scenario::{NamedFiles, source};

/// A page on which every number of a scenario can be moved, on this machine alone, until it is closed.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Page {
    #[pyo3(get)]
    address: String,
    stop: Arc<AtomicBool>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

#[pymethods]
impl Page {
    /// Serves the page of a text with the files that it names, on a port of 127.0.0.1 or on any free one if it is 0.
    #[new]
    fn new(py: Python<'_>, text: String, files: NamedFiles, port: u16) -> PyResult<Self> {
        let source = source(&PathBuf::from("scenario.toml"), text, Some(files));
        let server = py.detach(|| Server::new(source, &[], port)).map_err(|error| match error {
            ServeError::Scenario(wrong) => problems(py, &wrong),
            error => failure(py, "RunError", error, None),
        })?;
        let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
        let of = Arc::clone(&stop);
        let started = thread::Builder::new().name("liqsim page".to_owned()).spawn(move || server.run(&of));
        let serving = started
            .map_err(|error| failure(py, "RunError", format!("cannot start a thread: {error}"), None))?;
        Ok(Self { address, stop, serving: Mutex::new(Some(serving)) })
    }

    /// Ends the server; whatever it works on is stopped.
    fn close(&self, py: Python<'_>) {
        self.stop.store(true, Ordering::Relaxed);
        let serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(serving) = serving {
            // A thread that failed has ended too.
            py.detach(|| serving.join().ok());
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
