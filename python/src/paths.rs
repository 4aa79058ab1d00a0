//! Paths out of scenarios, and into accounts, as arrays of numpy.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray2, PyArray4, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use liqsim::market::Duration;
use liqsim::study::{self, Between, EvaluateError, GivenPaths, SimulateError};

use super::errors::{failure, wrong};
use super::result::Result;
use super::scenario::Scenario;
use super::watch::Watch;

/// A length of time such as `1h`.
pub fn duration(text: &str) -> PyResult<Duration> {
    text.parse::<Duration>().map_err(|error| wrong(format!("\"{text}\" is no length of time: {error}")))
}

fn not_simulated(py: Python<'_>, error: &SimulateError) -> PyErr {
    match error {
        SimulateError::Interval { .. } => {
            failure(py, "RunError", error, Some("choose an interval that divides the horizon"))
        }
        error => failure(py, "RunError", error, None),
    }
}

/// Prices of one asset: (paths, bars + 1).
#[pyfunction]
#[pyo3(signature = (scenario, asset, paths, interval, threads=None, progress=None))]
pub fn simulate_closes<'py>(
    py: Python<'py>,
    scenario: &Scenario,
    asset: usize,
    paths: u64,
    interval: &str,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (of, interval) = (Arc::clone(&scenario.of), duration(interval)?);
    let watch = Watch { threads, progress, partial: false };
    let made =
        watch.over(py, move |options| study::simulated_closes(&of, asset, paths, interval, options))?;
    Ok(made.map_err(|error| not_simulated(py, &error))?.into_pyarray(py))
}

/// Bars of all assets: (assets, paths, bars, 4).
#[pyfunction]
#[pyo3(signature = (scenario, paths, interval, threads=None, progress=None))]
pub fn simulate_bars<'py>(
    py: Python<'py>,
    scenario: &Scenario,
    paths: u64,
    interval: &str,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray4<f64>>> {
    let (of, interval) = (Arc::clone(&scenario.of), duration(interval)?);
    let watch = Watch { threads, progress, partial: false };
    let made = watch.over(py, move |options| study::simulated_bars(&of, paths, interval, options))?;
    Ok(made.map_err(|error| not_simulated(py, &error))?.into_pyarray(py))
}

/// Prices of one asset: closes (paths, bars + 1), or bars (paths, bars, 4).
#[derive(FromPyObject)]
enum Prices<'py> {
    Closes(PyReadonlyArray2<'py, f64>),
    Bars(PyReadonlyArray3<'py, f64>),
}

/// The scenario's account on given paths, one array per asset; a bridge of some volatility joins closes.
#[pyfunction]
#[pyo3(signature = (scenario, arrays, interval, bridge=None, threads=None, progress=None))]
pub fn evaluate(
    py: Python<'_>,
    scenario: &Scenario,
    arrays: Vec<Bound<'_, PyAny>>,
    interval: &str,
    bridge: Option<f64>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Result> {
    let interval = duration(interval)?;
    let between = bridge.map_or(Between::Closes, |volatility| Between::Bridge { volatility });
    let refused = |error: EvaluateError| failure(py, "EvaluateError", error, None);
    let mut given = Vec::new();
    for array in &arrays {
        given.push(
            match array.extract::<Prices<'_>>()? {
                Prices::Closes(closes) => GivenPaths::from_array(interval, closes.as_array(), between),
                Prices::Bars(bars) => GivenPaths::from_bar_array(interval, bars.as_array()),
            }
            .map_err(refused)?,
        );
    }
    let of = Arc::clone(&scenario.of);
    let watch = Watch { threads, progress, partial: false };
    let found = watch.over(py, move |options| study::evaluate(&of, given, options))?;
    Ok(found.map_err(refused)?.into())
}
