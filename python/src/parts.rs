//! Parts of a run that are made apart, added up in any order and any tree, and become its result.

use std::collections::BTreeSet;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::{Deserialize, Serialize};

use liqsim::estimate::{Partial, Shard};
use liqsim::stats::Tally;
use liqsim::study::{self, MergePartsError, run_shard};

use super::errors::{failure, wrong};
use super::result::Result;
use super::scenario::Scenario;
use super::study::not_run;
use super::watch::Watch;

/// What some of the paths of a run came to: which of so many parts these are, and the exact sum of what they hold. As bytes it is
/// packed, with a checksum.
#[pyclass(frozen, module = "liqsim._liqsim")]
#[derive(Serialize, Deserialize)]
pub struct Part {
    liqsim: String,
    identity: String,
    of: u64,
    numbers: BTreeSet<u64>,
    tally: Tally,
}

fn refused(py: Python<'_>, message: impl ToString) -> PyErr {
    failure(py, "MergeError", message, None)
}

#[pymethods]
impl Part {
    /// Simulates part `number` of `of`, counted from 1.
    #[staticmethod]
    #[pyo3(signature = (scenario, number, of, threads=None, progress=None))]
    fn run(
        py: Python<'_>,
        scenario: &Scenario,
        number: u64,
        of: u64,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let shard: Shard = format!("{number}/{of}").parse().map_err(wrong)?;
        let simulated = Arc::clone(&scenario.of);
        let watch = Watch { threads, progress, partial: false };
        let found = watch.over(py, move |options| run_shard(&simulated, shard, options))?;
        let Partial { liqsim, identity, tally, .. } = found.map_err(|error| not_run(py, &error))?;
        Ok(Self { liqsim, identity, of, numbers: BTreeSet::from([number]), tally })
    }

    /// The sum of parts; none may be in it twice.
    #[staticmethod]
    fn sum(py: Python<'_>, parts: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let Some(first) = parts.first() else { return Err(refused(py, "there are no parts")) };
        let (mut numbers, mut tally) = (BTreeSet::new(), Tally::new(first.tally.levels.len()));
        for part in &parts {
            if (&part.liqsim, &part.identity, part.of) != (&first.liqsim, &first.identity, first.of) {
                return Err(refused(py, "the parts are of different runs, or cut differently"));
            }
            if let Some(twice) = part.numbers.iter().find(|number| numbers.contains(*number)) {
                return Err(refused(py, format!("part {twice} of {} is there twice", first.of)));
            }
            numbers.extend(part.numbers.iter().copied());
            tally.merge(&part.tally);
        }
        Ok(Self {
            liqsim: first.liqsim.clone(),
            identity: first.identity.clone(),
            of: first.of,
            numbers,
            tally,
        })
    }

    /// Which parts are in it.
    #[getter]
    fn numbers(&self) -> Vec<u64> {
        self.numbers.iter().copied().collect()
    }

    /// How many parts the run has.
    #[getter]
    fn of(&self) -> u64 {
        self.of
    }

    /// Identity of the run.
    #[getter]
    fn identity(&self) -> &str {
        &self.identity
    }

    /// The result of the run; all of its parts must be in it.
    #[pyo3(signature = (scenario, threads=None))]
    fn result(&self, py: Python<'_>, scenario: &Scenario, threads: Option<usize>) -> PyResult<Result> {
        if let Some(missing) = (1..=self.of).find(|number| !self.numbers.contains(number)) {
            let words =
                format!("{} of {} parts are there; {missing} is missing", self.numbers.len(), self.of);
            return Err(refused(py, words));
        }
        let whole = Partial {
            liqsim: self.liqsim.clone(),
            identity: self.identity.clone(),
            shard: "1/1".parse().map_err(wrong)?,
            tally: self.tally.clone(),
        };
        let simulated = Arc::clone(&scenario.of);
        let watch = Watch { threads, progress: None, partial: false };
        let found = watch.over(py, move |options| study::merge(&simulated, &[whole], options))?;
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
