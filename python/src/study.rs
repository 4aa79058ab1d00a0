//! What is asked of scenarios and results. Answers that are documents come as JSON, in the program's bytes where it has the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyo3::prelude::*;

use liqsim::calibrate::{AssumptionOptions, assumptions};
use liqsim::report::{Format, render_replay};
use liqsim::report::{
    Layout, ReplayReport, ReplayRow, Replayed, VERDICT_FORMATS, render_check, render_comparisons,
    render_liquidation_json, render_safe_json, render_venue_json, render_venue_list_json,
};
use liqsim::scenario::{Axis, catalogue_venue};
use liqsim::study::{self, CheckOptions, ComparisonOptions, Criterion, Replay, RunError, SafeReport};
use liqsim::venue::{catalogue_names, catalogue_text};

use super::errors::{failure, unknown, wrong};
use super::history::History;
use super::paths::duration;
use super::result::Result;
use super::scenario::Scenario;
use super::watch::Watch;

/// Simulates a scenario.
#[pyfunction]
#[pyo3(signature = (scenario, threads=None, progress=None, partial=false))]
pub fn run(
    py: Python<'_>,
    scenario: &Scenario,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
    partial: bool,
) -> PyResult<Result> {
    let of = Arc::clone(&scenario.of);
    let found = Watch { threads, progress, partial }.over(py, move |options| study::run(&of, options))?;
    found.map(Result::from).map_err(|error| not_run(py, &error))
}

/// Why there is no result of a run.
pub fn not_run(py: Python<'_>, error: &RunError) -> PyErr {
    match error {
        RunError::Interrupted => pyo3::exceptions::PyKeyboardInterrupt::new_err(error.to_string()),
        RunError::ShardOfPrecision => failure(py, "RunError", error, Some("give it a number of paths")),
        error => failure(py, "RunError", error, None),
    }
}

/// The largest leverage within each limit, as `liqsim safe --format json` prints it.
#[pyfunction]
#[pyo3(signature = (scenario, criterion, limits, over, threads=None, progress=None))]
pub fn safe(
    py: Python<'_>,
    scenario: &Scenario,
    criterion: &str,
    limits: Vec<f64>,
    over: BTreeMap<String, String>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let all = [
        Criterion::LiquidationProbability,
        Criterion::ValueAtRisk,
        Criterion::ExpectedShortfall,
        Criterion::LossProbability,
        Criterion::Kelly,
        Criterion::MeanPerShortfall,
    ];
    let names = all.map(Criterion::key);
    let found = all.into_iter().find(|known| known.key() == criterion);
    let criterion = found.ok_or_else(|| unknown("criterion", criterion, &names))?;
    let of = Arc::clone(&scenario.of);
    let watch = Watch { threads, progress, partial: false };
    let found = watch.over(py, move |options| study::safe(&of, criterion, &limits, options))?;
    let report = found.map_err(|error| failure(py, "RunError", error, None))?;
    render_safe_json(&[SafeReport { over, ..report }]).map_err(wrong)
}

/// A key that takes several values, from `horizon=1d..90d`: its path in full, and the values as TOML.
#[pyfunction]
pub fn axis(scenario: &Scenario, text: &str) -> PyResult<(String, Vec<String>)> {
    let axis: Axis = text.parse().map_err(wrong)?;
    let Axis { key, values } = axis.resolved(&scenario.of).map_err(wrong)?;
    // What is no TOML is text.
    let toml = |value: String| match value.starts_with(['"', '[', '{']) || value.parse::<f64>().is_ok() {
        true => value,
        false => serde_json::Value::from(value).to_string(),
    };
    Ok((key, values.into_iter().map(toml).collect()))
}

/// The verdict on scenarios.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct CheckReport(study::CheckReport);

fn verdict_format(name: &str) -> PyResult<Format> {
    Format::named(name, VERDICT_FORMATS).map_err(wrong)
}

#[pymethods]
impl CheckReport {
    /// `pass`, `undecided` or `fail`.
    #[getter]
    fn verdict(&self) -> &str {
        self.0.verdict.word()
    }

    /// A format by its name, as `liqsim check` writes it.
    fn render(&self, format: &str) -> PyResult<String> {
        render_check(&self.0, verdict_format(format)?, Layout::FILE).map_err(wrong)
    }
}

/// Runs a scenario and judges its limits, what changed since a baseline, and its model against recorded prices.
#[pyfunction]
#[pyo3(signature = (scenario, file, baseline, tolerance, false_alarm_rate, decide=None, prices=None, threads=None, progress=None))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of Python's")]
pub fn check(
    py: Python<'_>,
    scenario: &Scenario,
    file: String,
    baseline: Option<Vec<PyRef<'_, Result>>>,
    tolerance: f64,
    false_alarm_rate: f64,
    decide: Option<u64>,
    prices: Option<&History>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(CheckReport, Result)> {
    let of = Arc::clone(&scenario.of);
    let baseline: Option<Vec<_>> = baseline.map(|all| all.iter().map(|one| (*one.0).clone()).collect());
    let prices = prices.map(|prices| (Arc::clone(&prices.history), prices.report.clone()));
    let watch = Watch { threads, progress, partial: false };
    let found = watch.over(py, move |options| {
        let comparison = ComparisonOptions { false_alarm_rate, tolerance, ..ComparisonOptions::default() };
        let asked = CheckOptions { baseline: baseline.as_deref(), comparison, decide };
        let (mut check, result) =
            study::check(&of, &file, &asked, options).map_err(|error| error.to_string())?;
        if let Some((history, report)) = prices {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build();
            let judge = AssumptionOptions { false_alarm_rate, tolerance };
            let name = report.source.clone();
            let tested = pool
                .map_err(|error| error.to_string())?
                .install(|| assumptions(&of, &history, &name, judge).map_err(|error| error.to_string()));
            check.notes.extend(report.lines());
            check.assumptions = Some(tested?);
            check.judge();
        }
        Ok::<_, String>((check, result))
    })?;
    let (check, result) = found.map_err(|message| failure(py, "RunError", message, None))?;
    Ok((CheckReport(study::CheckReport::new(vec![check])), result.into()))
}

/// What changed between two results: the word of the verdict, and the document in a format.
#[pyfunction]
pub fn compare(
    before: &Result,
    after: &Result,
    tolerance: f64,
    false_alarm_rate: f64,
    format: &str,
) -> PyResult<String> {
    let options = ComparisonOptions { false_alarm_rate, tolerance, ..ComparisonOptions::default() };
    let found = study::compare(&before.0, &after.0, options);
    render_comparisons(&[found], verdict_format(format)?, Layout::FILE).map_err(wrong)
}

/// Where the account is liquidated, at every leverage, as JSON.
#[pyfunction]
pub fn liquidation_prices(py: Python<'_>, scenario: &Scenario) -> PyResult<String> {
    let found =
        study::liquidation_prices(&scenario.of).map_err(|error| failure(py, "RunError", error, None))?;
    render_liquidation_json(&[found]).map_err(wrong)
}

/// Names of the catalogue of venues.
#[pyfunction]
pub fn venue_names() -> Vec<&'static str> {
    catalogue_names().to_vec()
}

/// A venue of the catalogue as JSON, and the text of its data file; all of them without a name.
#[pyfunction]
#[pyo3(signature = (name=None))]
pub fn venue(py: Python<'_>, name: Option<&str>) -> PyResult<(String, String)> {
    let listed = |name: &str| catalogue_venue(name).map_err(|error| super::errors::problems(py, &error));
    let Some(name) = name else {
        let all = catalogue_names().iter().map(|name| listed(name)).collect::<PyResult<Vec<_>>>()?;
        let all: Vec<_> = all.iter().collect();
        return Ok((render_venue_list_json(&all).map_err(wrong)?, String::new()));
    };
    let text = catalogue_text(name).ok_or_else(|| {
        wrong(format!("the catalogue has no venue \"{name}\"; liqsim.venues() lists those that it has"))
    })?;
    Ok((render_venue_json(&listed(name)?).map_err(wrong)?, text.to_owned()))
}

/// The keys of a level that a limit can name.
#[pyfunction]
pub fn metrics() -> Vec<&'static str> {
    liqsim::scenario::metrics().collect()
}

/// What would have happened from every bar on, beside the simulation: what `liqsim replay --format json` prints.
#[pyfunction]
#[pyo3(signature = (history, scenario, horizons, threads=None, progress=None))]
pub fn replay(
    py: Python<'_>,
    history: &History,
    scenario: &Scenario,
    horizons: Vec<String>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let horizons = horizons.iter().map(|text| duration(text)).collect::<PyResult<Vec<_>>>()?;
    let (from, to) = history.range();
    let of = Replayed {
        liqsim: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.of.name.clone(),
        prices: history.report.source.clone(),
        from,
        to,
        interval_seconds: history.history.interval.seconds(),
        bars: history.history.bars.len(),
    };
    let mut notes = history.report.lines();
    let (bars, scenario) = (Arc::clone(&history.history), Arc::clone(&scenario.of));
    let watch = Watch { threads, progress, partial: false };
    let found = watch.over(py, move |options| {
        let replay = Replay::new(&bars);
        notes.extend(replay.notes(&scenario).map_err(|error| error.to_string())?);
        let mut report = ReplayReport { of, notes, levels: Vec::new() };
        let horizons = if horizons.is_empty() { vec![scenario.simulation.horizon] } else { horizons };
        for horizon in horizons {
            let mut scenario = (*scenario).clone();
            scenario.simulation.horizon = horizon;
            let replayed = replay.levels(&scenario).map_err(|error| error.to_string())?;
            let result = study::run_levels(&scenario, options).map_err(|error| error.to_string())?;
            if options.stop.load(Ordering::Relaxed) {
                return Err(RunError::Interrupted.to_string());
            }
            report.levels.extend(replayed.iter().zip(&result.levels).map(|(level, simulated)| {
                ReplayRow::new(level, simulated.liquidation_probability, bars.interval, horizon)
            }));
        }
        Ok(report)
    })?;
    let report = found.map_err(|message| failure(py, "RunError", message, None))?;
    render_replay(&report, Format::Json, Layout::FILE).map_err(wrong)
}
