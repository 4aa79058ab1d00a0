//! The result of a run.

use std::path::Path;
use std::sync::Arc;

use pyo3::prelude::*;

use liqsim::RunResult;
use liqsim::report::{Format, Layout, RUN_FORMATS, level_table, render, render_file};

use super::errors::wrong;
use super::table::Table;

/// A finished result.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Result(pub Arc<RunResult>);

impl From<RunResult> for Result {
    fn from(result: RunResult) -> Self {
        Self(Arc::new(result))
    }
}

#[pymethods]
impl Result {
    /// Reads what `to_json` wrote.
    #[staticmethod]
    fn of_json(json: &str) -> PyResult<Self> {
        let read = serde_json::from_str::<RunResult>(json);
        read.map(Self::from).map_err(|error| wrong(format!("this is no result of a run: {error}")))
    }

    /// A text format by its name; text for people as wide as asked for.
    #[pyo3(signature = (format, width=None, wide=false, notes=false))]
    fn render(
        &self,
        py: Python<'_>,
        format: &str,
        width: Option<usize>,
        wide: bool,
        notes: bool,
    ) -> PyResult<String> {
        let format = Format::named(format, RUN_FORMATS).map_err(wrong)?;
        let layout = Layout { width, colour: false, wide, notes };
        py.detach(|| render(std::slice::from_ref(&*self.0), format, layout)).map_err(wrong)
    }

    /// The contents of a file in the format of its extension.
    fn file(&self, py: Python<'_>, path: &str) -> PyResult<Vec<u8>> {
        let format = Format::of_file(Path::new(path), RUN_FORMATS).map_err(wrong)?;
        py.detach(|| render_file(std::slice::from_ref(&*self.0), format)).map_err(wrong)
    }

    /// One row per level, in the columns of CSV.
    fn levels(&self) -> PyResult<Table> {
        Table::of(&level_table(std::slice::from_ref(&*self.0)))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
