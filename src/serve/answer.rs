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
use crate::scenario::{PathBudget, Scenario};
use crate::study::{RunError, answer_at, chosen, run};

/// Paths of the answers before the last; each is given only where the next one takes several times as many.
const COARSE: [u64; 2] = [1 << 11, 1 << 15];
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
    let budgets = budgets(&posed.scenario);
    let own = budgets.len() - 1;
    let stage = if as_report { own } else { question.stage.min(own) };
    let scenario = posed.scenario.with(budgets[stage], None);
    let identity = scenario.identity().to_string();
    let known = last.take().filter(|result| result.identity == identity);
    let found = match known {
        Some(result) => Ok(result),
        None => run(&scenario, &RunOptions { threads: None, stop, progress: &|_| {} }),
    };
    let result = match found {
        Ok(result) if !stop.load(Ordering::Relaxed) && !result.interrupted => &*last.insert(result),
        Ok(_) | Err(RunError::Interrupted) => return superseded(),
        Err(error) => return failure(&error),
    };
    if as_report {
        return report(result);
    }
    let leverage = question.leverage.or_else(|| chosen(&scenario, result).map(|level| level.leverage));
    Reply::json(
        200,
        &Answer {
            stage,
            stages: budgets.len(),
            leverage,
            sentence: leverage.and_then(|leverage| answer_at(&scenario, result, leverage)),
            left_out: &posed.left_out,
            warnings: result
                .notes
                .iter()
                .filter(|note| is_warning(note))
                .map(|note| note.message.as_str())
                .collect(),
            result,
        },
    )
}

/// The reply to a question that a newer one has taken the place of.
pub(super) fn superseded() -> Reply {
    Reply::json(409, &json!({ "superseded": true }))
}

/// Paths of every stage; the last one is as the scenario says.
fn budgets(scenario: &Scenario) -> Vec<Option<u64>> {
    let own = match scenario.simulation.paths {
        PathBudget::Fixed(paths) => paths,
        PathBudget::Precision { max_paths, .. } => max_paths,
    };
    let before = COARSE.into_iter().filter(|paths| paths.saturating_mul(SEVERAL) <= own);
    before.map(Some).chain([None]).collect()
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
