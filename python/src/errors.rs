//! The library's errors as Python's exceptions, whose classes stand in `liqsim/_errors.py`.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use liqsim::scenario::Problems;

/// An exception of a class of `liqsim._errors`, made of a message and what would help.
pub fn failure(py: Python<'_>, class: &str, message: impl ToString, help: Option<&str>) -> PyErr {
    exception(py, class, (message.to_string(), help)).unwrap_or_else(|error| error)
}

/// What is wrong with a scenario, with the excerpts that the program shows.
pub fn problems(py: Python<'_>, problems: &Problems) -> PyErr {
    let list: Vec<_> = problems.iter().collect();
    let json = serde_json::to_string(&list).unwrap_or_default();
    exception(py, "ScenarioError", (problems.to_string(), json)).unwrap_or_else(|error| error)
}

fn exception<'py, T: IntoPyObject<'py>>(
    py: Python<'py>,
    class: &str,
    (message, more): (String, T),
) -> PyResult<PyErr> {
    let class = py.import("liqsim._errors")?.getattr(class)?;
    let more = more.into_bound_py_any(py)?;
    Ok(PyErr::from_value(class.call_method1("_made", (message, more))?))
}

/// A text that is none of a list.
pub fn unknown(what: &str, found: &str, known: &[&str]) -> PyErr {
    let known = known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    pyo3::exceptions::PyValueError::new_err(format!("{what} must be one of {known}, and not \"{found}\""))
}

/// What a caller passed does not do.
pub fn wrong(message: impl ToString) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(message.to_string())
}
