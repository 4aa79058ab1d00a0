//! Parts of a run that are made apart, added up in any order and any tree, and become its result.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::{Deserialize, Serialize};

use liqsim::estimate::{Partial, all_blocks, next_look};
use liqsim::study::{self, MergePartsError, PartHints, PartRun};

use super::errors::failure;
use super::result::Result;
use super::scenario::Scenario;
use super::study::not_run;
use super::watch::Watch;

/// What some blocks of a run came to: which these are, and the exact sums of what they hold. As bytes it is packed, with a checksum.
#[pyclass(frozen, module = "liqsim._liqsim")]
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Part {
    of: Partial,
}

fn refused(py: Python<'_>, message: impl ToString) -> PyErr {
    failure(py, "MergeError", message, None)
}

#[pymethods]
impl Part {
    /// Runs the blocks of a run from `start` up to and without `end`; `hints` of another part of it save work.
    #[staticmethod]
    #[pyo3(signature = (scenario, start, end, hints=None, threads=None, progress=None))]
    fn run(
        py: Python<'_>,
        scenario: &Scenario,
        start: u64,
        end: u64,
        hints: Option<&[u8]>,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let known: Option<PartHints> =
            hints.map(study::unpack).transpose().map_err(|error| refused(py, error))?;
        let simulated = Arc::clone(&scenario.of);
        let watch = Watch { threads, progress, partial: false };
        let found = watch.over(py, move |options| {
            PartRun::new(&simulated)?.knowing(&known.unwrap_or_default()).run(start..end, options)
        })?;
        Ok(Self { of: found.map_err(|error| not_run(py, &error))? })
    }

    /// Number of blocks of a run; the most there may be where it stops at a precision.
    #[staticmethod]
    fn all_blocks(scenario: &Scenario) -> u64 {
        all_blocks(&scenario.of.simulation.paths)
    }

    /// Number of blocks at the first look after a block: where the run may end, or where it does.
    #[staticmethod]
    fn next_look(scenario: &Scenario, block: u64) -> u64 {
        next_look(&scenario.of.simulation.paths, block)
    }

    /// The sum of parts; none of their blocks may be in two of them.
    #[staticmethod]
    fn sum(py: Python<'_>, parts: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let Some((first, rest)) = parts.split_first() else { return Err(refused(py, "there are no parts")) };
        let mut of = first.of.clone();
        for part in rest {
            of.merge(&part.of).map_err(|error| refused(py, error))?;
        }
        Ok(Self { of })
    }

    /// Ranges of the blocks that are in it, each without its end.
    #[getter]
    fn blocks(&self) -> Vec<(u64, u64)> {
        self.of.blocks.ranges().iter().map(|range| (range.start, range.end)).collect()
    }

    /// Number of paths in it.
    #[getter]
    fn paths(&self) -> u64 {
        self.of.paths()
    }

    /// Identity of the run.
    #[getter]
    fn identity(&self) -> &str {
        &self.of.identity
    }

    /// What it found out that other parts of the run need not find out again, as bytes.
    fn hints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let packed = study::pack(&PartHints::of(&self.of)).map_err(|error| refused(py, error))?;
        Ok(PyBytes::new(py, &packed))
    }

    /// Ranges of blocks that are missing: of the whole run or, where it stops at a precision, up to its next look at that.
    #[pyo3(signature = (scenario, threads=None))]
    fn missing(
        &self,
        py: Python<'_>,
        scenario: &Scenario,
        threads: Option<usize>,
    ) -> PyResult<Vec<(u64, u64)>> {
        let (simulated, part) = (Arc::clone(&scenario.of), self.of.clone());
        let watch = Watch { threads, progress: None, partial: false };
        let found = watch.over(py, move |options| PartRun::new(&simulated)?.missing(&part, options))?;
        let missing = found.map_err(|error| not_run(py, &error))?;
        Ok(missing.into_iter().map(|range| (range.start, range.end)).collect())
    }

    /// The result of the run; all of its blocks must be in it.
    #[pyo3(signature = (scenario, threads=None))]
    fn result(&self, py: Python<'_>, scenario: &Scenario, threads: Option<usize>) -> PyResult<Result> {
        let (simulated, part) = (Arc::clone(&scenario.of), self.of.clone());
        let watch = Watch { threads, progress: None, partial: false };
        let found = watch.over(py, move |options| study::merge(&simulated, &part, options))?;
        found.map(Result::from).map_err(|error| match error {
            MergePartsError::Run(error) => not_run(py, &error),
            error => refused(py, error),
        })
    }

    /// The part as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let packed = py.detach(|| study::pack(self)).map_err(|error| refused(py, error))?;
        Ok(PyBytes::new(py, &packed))
    }

    /// Reads the bytes again; what was damaged is refused.
    #[staticmethod]
    fn of_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        py.detach(|| study::unpack(bytes)).map_err(|error| refused(py, error))
    }
}
