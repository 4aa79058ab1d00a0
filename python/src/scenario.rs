//! A scenario with what it was read from, so that it can be changed, packed and sent.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use liqsim::scenario::{self, Disk, Files, Problems, Source};

use super::errors::{failure, problems};

/// Files that Python gave, and behind them those of the disk.
struct Given(BTreeMap<PathBuf, Arc<[u8]>>);

impl Files for Given {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.0.contains_key(path) { self.0.read(path) } else { Disk.read(path) }
    }
}

/// What a scenario is read from.
enum Origin {
    Text(Source),
    Values(Source, serde_json::Value),
}

/// A scenario that can be run; it never changes.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Scenario {
    pub of: Arc<liqsim::Scenario>,
    origin: Arc<Origin>,
    overrides: Vec<String>,
    paths: Option<u64>,
    seed: Option<u64>,
}

/// Named files as the library takes them.
pub type NamedFiles = BTreeMap<PathBuf, Vec<u8>>;

/// A text with the files that it names.
pub fn source(path: &Path, text: String, files: Option<NamedFiles>) -> Source {
    let source = Source::of_file(path, text);
    match files {
        None => source,
        Some(files) => source
            .with_files(Arc::new(Given(files.into_iter().map(|(p, bytes)| (p, bytes.into())).collect()))),
    }
}

impl Scenario {
    fn read(
        origin: Arc<Origin>,
        overrides: Vec<String>,
        (paths, seed): (Option<u64>, Option<u64>),
    ) -> Result<Self, Problems> {
        let of = match &*origin {
            Origin::Text(source) => scenario::parse(source.clone(), &overrides)?,
            Origin::Values(source, values) => scenario::from_value(source.clone(), values, &overrides)?,
        };
        Ok(Self { of: Arc::new(of.with(paths, seed)), origin, overrides, paths, seed })
    }
}

#[pymethods]
impl Scenario {
    /// Reads a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf, overrides: Vec<String>) -> PyResult<Self> {
        let read = || Self::read(Arc::new(Origin::Text(Source::read(&path)?)), overrides, (None, None));
        py.detach(read).map_err(|wrong| problems(py, &wrong))
    }

    /// Reads a text; `path` stands for it in messages, and its folder is where the files that it names are.
    #[staticmethod]
    #[pyo3(signature = (path, text, overrides, files=None))]
    fn parse(
        py: Python<'_>,
        path: PathBuf,
        text: String,
        overrides: Vec<String>,
        files: Option<NamedFiles>,
    ) -> PyResult<Self> {
        let source = source(&path, text, files);
        let read = || Self::read(Arc::new(Origin::Text(source)), overrides, (None, None));
        py.detach(read).map_err(|wrong| problems(py, &wrong))
    }

    /// Reads the values that a text would hold, as JSON.
    #[staticmethod]
    #[pyo3(signature = (path, json, overrides, files=None))]
    fn of_json(
        py: Python<'_>,
        path: PathBuf,
        json: &str,
        overrides: Vec<String>,
        files: Option<NamedFiles>,
    ) -> PyResult<Self> {
        let values = serde_json::from_str(json).map_err(super::errors::wrong)?;
        let origin = Origin::Values(source(&path, String::new(), files), values);
        let read = || Self::read(Arc::new(origin), overrides, (None, None));
        py.detach(read).map_err(|wrong| problems(py, &wrong))
    }

    /// The same with keys set to other values, and another number of paths or seed.
    #[pyo3(signature = (overrides, paths=None, seed=None))]
    fn changed(
        &self,
        py: Python<'_>,
        overrides: Vec<String>,
        paths: Option<u64>,
        seed: Option<u64>,
    ) -> PyResult<Self> {
        if paths == Some(0) {
            return Err(super::errors::wrong("paths must be at least 1"));
        }
        let all = [self.overrides.clone(), overrides].concat();
        let budget = (paths.or(self.paths), seed.or(self.seed));
        let read = || Self::read(Arc::clone(&self.origin), all, budget);
        py.detach(read).map_err(|wrong| problems(py, &wrong))
    }

    /// The text of what would run.
    fn to_toml(&self, py: Python<'_>) -> PyResult<String> {
        self.of.to_toml().map_err(|error| failure(py, "RunError", error, None))
    }

    /// The text and every file that it names.
    fn bundle<'py>(&self, py: Python<'py>) -> PyResult<(String, BTreeMap<PathBuf, Bound<'py, PyBytes>>)> {
        let bundle = self.of.bundle().map_err(|error| failure(py, "RunError", error, None))?;
        let files = bundle.files.iter().map(|(path, bytes)| (path.clone(), PyBytes::new(py, bytes)));
        Ok((bundle.toml, files.collect()))
    }

    #[getter]
    fn name(&self) -> &str {
        &self.of.name
    }

    #[getter]
    fn identity(&self) -> String {
        self.of.identity()
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.of.simulation.seed
    }

    #[getter]
    fn horizon_seconds(&self) -> u64 {
        self.of.simulation.horizon.seconds()
    }

    /// Names of the assets, in their order.
    #[getter]
    fn assets(&self) -> Vec<&str> {
        self.of.assets.iter().map(|asset| asset.name.as_str()).collect()
    }

    #[getter]
    fn leverage(&self) -> Vec<f64> {
        self.of.account.leverage.clone()
    }
}
