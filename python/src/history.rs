//! Recorded prices, read as the program reads files.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;

use liqsim::market::{ColumnChoice, HistoryReport, Period, PriceHistory, ReadOptions, format_time};

use super::errors::{failure, wrong};
use super::paths::duration;

/// Bars of one instrument, and what was wrong with their source.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct History {
    pub history: Arc<PriceHistory>,
    pub report: HistoryReport,
}

#[pymethods]
impl History {
    /// Reads the bytes of a file; `since` and `until` choose bars, `interval` joins them to longer ones.
    #[new]
    #[pyo3(signature = (name, bytes, columns=None, since=None, until=None, interval=None))]
    fn new(
        py: Python<'_>,
        name: &str,
        bytes: Vec<u8>,
        columns: Option<&str>,
        since: Option<&str>,
        until: Option<&str>,
        interval: Option<&str>,
    ) -> PyResult<Self> {
        let columns = columns.map(str::parse::<ColumnChoice>).transpose().map_err(wrong)?.unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|now| now.as_secs() as i64);
        let options = ReadOptions { columns, now, ..ReadOptions::default() };
        let read = py.detach(|| PriceHistory::from_bytes(name, &bytes, &options));
        let (whole, mut report) = read.map_err(|error| failure(py, "HistoryError", error, None))?;
        let time = |text: &str| {
            Period::parse(text).ok_or_else(|| wrong(format!("\"{text}\" is no time such as 2023-01-31")))
        };
        let since = since.map(time).transpose()?.map(|period| period.start);
        let until = until.map(time).transpose()?.map(|period| period.end);
        let mut history = whole.between(since, until);
        report.keep_between(since, until);
        if history.bars.is_empty() {
            let help = "choose a wider range of time";
            return Err(failure(py, "HistoryError", "no bars are left between since and until", Some(help)));
        }
        if let Some(interval) = interval {
            let (joined, issues) = history
                .resample(duration(interval)?)
                .map_err(|error| failure(py, "HistoryError", error, None))?;
            history = joined;
            report.issues.extend(issues);
        }
        Ok(Self { history: Arc::new(history), report })
    }

    fn __len__(&self) -> usize {
        self.history.bars.len()
    }

    /// What was found wrong, a line each.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.report.lines()
    }

    #[getter]
    fn interval_seconds(&self) -> u64 {
        self.history.interval.seconds()
    }

    /// Starts of the first and the last bar.
    #[getter]
    pub fn range(&self) -> (String, String) {
        let bars = &self.history.bars;
        let at = |bar: Option<&liqsim::market::HistoricalBar>| {
            bar.map_or_else(String::new, |bar| format_time(bar.time))
        };
        (at(bars.first()), at(bars.last()))
    }

    /// Close of the last bar.
    #[getter]
    fn last_close(&self) -> f64 {
        self.history.bars.last().map_or(f64::NAN, |bar| bar.close)
    }
}
