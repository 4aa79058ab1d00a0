//! The answer to a question, first coarse and then finer, and the report of the finest.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Value, json};

use super::desk::{Desk, Question, refusal};
use super::http::Reply;
use crate::engine::RunOptions;
use crate::report::html::{Document, ScenarioText, render};
use crate::report::is_warning;
use crate::result::RunResult;
use crate::scenario::Scenario;
use crate::study::{RunError, answer_at, assumptions, chosen, run, run_levels};

/// Paths of the first answer, which is of the level that is looked at and of no other.
const COARSE: u64 = 1 << 11;
/// Paths of the next one, of all levels and the curve; left out where the scenario's own number is not several times as many.
const FINER: u64 = 1 << 15;
const SEVERAL: u64 = 4;

/// The last finished result, which a report is mostly wanted of.
pub(super) type Last = Option<RunResult>;

/// An answer.
#[derive(Serialize)]
struct Answer<'a> {
    stage: usize,
    /// How many there are; the last one is of the scenario's own number of paths.
    stages: usize,
    leverage: Option<f64>,
    sentence: Option<String>,
    assumptions: String,
    left_out: &'a [f64],
    /// What limits the answer, beyond how it was computed.
    warnings: Vec<&'a str>,
    result: &'a RunResult,
}

/// The scenario's text, and the command that runs it.
pub(super) fn text(desk: &Desk, question: &Question) -> Reply {
    let posed = match desk.pose(question) {
        Ok(posed) => posed,
        Err(problems) => return Reply::json(422, &refusal(&problems)),
    };
    match posed.scenario.to_toml() {
        Ok(toml) => Reply::json(200, &json!({ "toml": toml, "command": desk.command(&posed) })),
        Err(error) => failure(&error),
    }
}

/// The answer, or with `as_report` the page of the finest one; one that was stopped is none.
pub(super) fn answer(
    desk: &Desk,
    question: &Question,
    as_report: bool,
    last: &mut Last,
    stop: &AtomicBool,
) -> Reply {
    let posed = match desk.pose(question) {
        Ok(posed) => posed,
        Err(problems) => return Reply::json(422, &refusal(&problems)),
    };
    let own = posed.scenario.simulation.paths.most();
    let last_stage = if own / SEVERAL >= FINER { 2 } else { 1 };
    let stage = if as_report { last_stage } else { question.stage.min(last_stage) };
    let is_coarse = stage == 0;
    let paths = if is_coarse { Some(own.min(COARSE)) } else { (stage < last_stage).then_some(FINER) };
    let mut scenario = posed.scenario.with(paths, None);
    if let (true, Some(leverage)) = (is_coarse && desk.has_levels(), question.leverage) {
        scenario.account.leverage = vec![leverage];
    }
    let identity = scenario.identity().to_string();
    let known = last.as_ref().filter(|result| result.identity == identity && !is_coarse).cloned();
    let options = RunOptions { threads: None, stop, progress: &|_| {} };
    let found = match known {
        Some(result) => Ok(result),
        None if is_coarse => run_levels(&scenario, &options),
        None => run(&scenario, &options),
    };
    let result = match found {
        Ok(result) if !stop.load(Ordering::Relaxed) && !result.interrupted => result,
        Ok(_) | Err(RunError::Interrupted) => return superseded(),
        Err(error) => return failure(&error),
    };
    let reply = match as_report {
        true => report(&result),
        false => shown(&scenario, &posed.left_out, question.leverage, (stage, last_stage + 1), &result),
    };
    if !is_coarse {
        *last = Some(result);
    }
    reply
}

/// A result as the page reads it.
fn shown(
    scenario: &Scenario,
    left_out: &[f64],
    leverage: Option<f64>,
    (stage, stages): (usize, usize),
    result: &RunResult,
) -> Reply {
    let leverage = leverage.or_else(|| chosen(scenario, result).map(|level| level.leverage));
    let warnings = result.notes.iter().filter(|note| is_warning(note)).map(|note| note.message.as_str());
    Reply::json(
        200,
        &Answer {
            stage,
            stages,
            leverage,
            sentence: leverage.and_then(|leverage| answer_at(scenario, result, leverage)),
            assumptions: assumptions(scenario),
            left_out,
            warnings: warnings.collect(),
            result,
        },
    )
}

/// The reply to a question that a newer one has taken the place of.
pub(super) fn superseded() -> Reply {
    Reply::json(409, &json!({ "superseded": true }))
}

fn report(result: &RunResult) -> Reply {
    let text = result.scenario_toml.clone().unwrap_or_default();
    let texts = [ScenarioText { name: format!("{}.toml", result.scenario), text }];
    let page = Document::of_run(result)
        .map_err(|error| error.to_string())
        .and_then(|document| render(&[document], &texts).map_err(|error| error.to_string()));
    match page {
        Ok(page) => Reply::new(200, "text/html; charset=utf-8", page.into_bytes()),
        Err(error) => failure(&error),
    }
}

/// What went wrong beyond the scenario's own values.
fn failure(error: &impl ToString) -> Reply {
    let problem: Value = json!({ "message": error.to_string(), "help": null, "key": null });
    Reply::json(422, &json!({ "problems": [problem] }))
}
