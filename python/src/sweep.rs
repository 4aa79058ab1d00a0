//! Many cells of a scenario, in groups that share their simulated paths.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use liqsim::scenario::{Axis, Sweep};
use liqsim::study::{self, RunError, SweepChanges, SweepError, SweptSource};

use super::errors::{failure, problems, wrong};
use super::result::Result;
use super::scenario::{NamedFiles, Scenario, source};
use super::study::not_run;
use super::watch::Watch;

/// A scenario with keys that take several values.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct SweepPlan(study::SweepPlan);

fn not_swept(py: Python<'_>, error: SweepError) -> PyErr {
    match error {
        SweepError::Scenario(wrong) => problems(py, &wrong),
        SweepError::Run(error) => not_run(py, &error),
        error => failure(py, "RunError", error, None),
    }
}

#[pymethods]
impl SweepPlan {
    /// Reads every cell. `axes` are keys with values as TOML; cells whose identities are `finished` are not run again.
    #[new]
    #[pyo3(signature = (name, text, files, axes, paired, finished))]
    fn new(
        py: Python<'_>,
        name: PathBuf,
        text: String,
        files: Option<NamedFiles>,
        axes: Vec<(String, Vec<String>)>,
        paired: bool,
        finished: Vec<String>,
    ) -> PyResult<Self> {
        if let Some((key, _)) = axes.iter().find(|(_, values)| values.is_empty()) {
            return Err(wrong(format!("the key \"{key}\" has no values to take")));
        }
        if paired && axes.windows(2).any(|pair| pair[0].1.len() != pair[1].1.len()) {
            return Err(wrong("paired keys must have equally many values"));
        }
        let axes = axes.into_iter().map(|(key, values)| Axis { key, values }).collect();
        let source = source(Path::new(&name), text, files);
        let plan = py.detach(|| {
            let mut swept = SweptSource::new(source)?;
            swept.cells = Sweep { axes, is_paired: paired };
            study::SweepPlan::new(vec![swept], SweepChanges::default(), |identity| {
                finished.iter().any(|known| known == identity)
            })
        });
        plan.map(Self).map_err(|error| not_swept(py, error))
    }

    /// The identity of every cell, with the values of the keys.
    #[getter]
    fn cells(&self) -> Vec<(String, Vec<String>)> {
        let plan = &self.0;
        let values = |cell: &study::SweptCell| {
            let values = plan.sources()[cell.source].cells.values(cell.cell);
            (cell.identity.clone(), values.into_iter().map(str::to_owned).collect())
        };
        plan.cells().iter().map(values).collect()
    }

    /// Places of the cells to run, in groups that share their paths.
    #[getter]
    fn groups(&self) -> Vec<Vec<usize>> {
        self.0.groups().to_vec()
    }
}

/// The results of scenarios that differ in their accounts only, on the same paths: those of single runs, bit for bit.
#[pyfunction]
#[pyo3(signature = (scenarios, threads=None, progress=None))]
pub fn run_sharing(
    py: Python<'_>,
    scenarios: Vec<PyRef<'_, Scenario>>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<Result>> {
    let of: Vec<liqsim::Scenario> = scenarios.iter().map(|scenario| (*scenario.of).clone()).collect();
    let watch = Watch { threads, progress, partial: false };
    let found = watch.over(py, move |options| {
        let results = study::run_sharing(&of, options)?;
        // Part of the paths is another result than that of the cell.
        if options.stop.load(Ordering::Relaxed) { Err(RunError::Interrupted) } else { Ok(results) }
    })?;
    Ok(found.map_err(|error| not_run(py, &error))?.into_iter().map(Result::from).collect())
}

/// The folder of a sweep's finished cells, which belongs to one sweep at a time.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct ResultsFolder(Mutex<Option<study::ResultsFolder>>);

impl ResultsFolder {
    fn folder(&self) -> PyResult<study::ResultsFolder> {
        let folder = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        folder.ok_or_else(|| wrong("the folder was given back"))
    }
}

#[pymethods]
impl ResultsFolder {
    /// Opens or makes the folder and takes it.
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Ok(Self(Mutex::new(Some(study::ResultsFolder::open(&path)?))))
    }

    /// The finished result of an identity; None where there is none, or a damaged one.
    fn finished(&self, identity: &str) -> PyResult<Option<Result>> {
        Ok(self.folder()?.finished(identity).map(Result::from))
    }

    /// Keeps a finished result; its file appears complete or not at all.
    fn keep(&self, result: &Result) -> PyResult<()> {
        Ok(self.folder()?.keep(&result.0)?)
    }

    /// Gives the folder back.
    fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
