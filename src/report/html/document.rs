//! What a report is made from: results as JSON, of whichever command.

use serde::Serialize;
use serde_json::Value;

use crate::result::RunResult;
use crate::study::{CheckReport, UnsoundResult, sound};

use super::super::reliability::RecordDocument;

/// One result, told apart by its keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Document {
    /// Of `run`, with everything that its JSON holds.
    Run(Value),
    /// Of `replay`: what history did at each level beside what the model says.
    Replay(Value),
    /// Of `replay --walk-forward`, or beside a forecast of `risk`: how forecasts came true.
    Record(Value),
    /// Of `sweep`: what every cell found.
    Sweep(Value),
    /// Of `check` or `compare`: the verdict, which needs no picture.
    #[serde(skip)]
    Check(Box<CheckReport>),
}

/// Why a JSON text cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON.
    #[error("this is not JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// JSON of something else.
    #[error("this is not a result of liqsim ({0})")]
    Unknown(#[source] serde_json::Error),
    /// A result that no run can have written.
    #[error("this is no result of a run: {0}")]
    Unsound(#[from] UnsoundResult),
    /// An empty list.
    #[error("there is no result in it")]
    Empty,
}

impl Document {
    /// The document of a result.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn of_run(result: &RunResult) -> Result<Self, serde_json::Error> {
        serde_json::to_value(result).map(Self::Run)
    }

    /// The document of a replay, a [`ReplayReport`](crate::report::ReplayReport).
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn of_replay(report: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(report).map(Self::Replay)
    }

    /// The document of a track record: `line` says what was forecast, `scores` how it came true by model and horizon.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn of_record(record: &RecordDocument) -> Result<Self, serde_json::Error> {
        serde_json::to_value(record).map(Self::Record)
    }

    /// The document of a sweep, a [`SweepReport`](crate::report::SweepReport).
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn of_sweep(report: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(report).map(Self::Sweep)
    }

    /// The document of a check.
    pub fn of_check(report: &CheckReport) -> Self {
        Self::Check(Box::new(report.clone()))
    }

    /// The documents in a JSON text: one result, or an array of them.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn parse(text: &str) -> Result<Vec<Self>, DocumentError> {
        let value: Value = serde_json::from_str(text).map_err(DocumentError::Syntax)?;
        match value {
            Value::Array(values) if values.is_empty() => Err(DocumentError::Empty),
            Value::Array(values) => values.into_iter().map(Self::classify).collect(),
            value => Ok(vec![Self::classify(value)?]),
        }
    }

    fn classify(value: Value) -> Result<Self, DocumentError> {
        if is_replay(&value) {
            return Ok(Self::Replay(value));
        }
        if let Ok(report) = serde::Deserialize::deserialize(&value) {
            return Ok(Self::Check(Box::new(report)));
        }
        sound(&run_result(&value).map_err(DocumentError::Unknown)?)?;
        Ok(Self::Run(value))
    }

    /// The typed result, if the document is of a run.
    pub(super) fn run(&self) -> Option<RunResult> {
        let Self::Run(value) = self else { return None };
        run_result(value).ok().filter(|result| !result.levels.is_empty())
    }
}

/// Whether every level has what a replay compares.
fn is_replay(value: &Value) -> bool {
    let number = |estimate: &Value, key: &str| estimate[key].is_number();
    let estimate =
        |level: &Value, key: &str| ["value", "low", "high"].iter().all(|part| number(&level[key], part));
    let level = |level: &Value| {
        number(level, "leverage")
            && number(level, "starts")
            && estimate(level, "realised")
            && estimate(level, "predicted")
    };
    value["levels"].as_array().is_some_and(|levels| !levels.is_empty() && levels.iter().all(level))
}

fn run_result(value: &Value) -> Result<RunResult, serde_json::Error> {
    serde::Deserialize::deserialize(value)
}
