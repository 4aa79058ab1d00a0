//! The page: a template filled with the documents.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::Value;

use super::super::check::verdicts;
use super::super::columns::{self, Column, RETURNS, TAIL};
use super::super::table::Table;
use super::super::{RenderError, miner, number, text};
use super::answer;
use super::document::Document;
use super::verdicts::Verdicts;
use crate::result::{NoteText, RunResult};

const TEMPLATE: &str = include_str!("../assets/page.html");
/// The style that all pages share.
pub const STYLE: &str = include_str!("../assets/page.css");
/// Numbers as all pages show them.
pub const FORMAT_SCRIPT: &str = include_str!("../assets/format.js");
const LIBRARY: &str = include_str!("../assets/echarts.common.min.js");
const LIBRARY_NOTICE: &str = include_str!("../assets/echarts.NOTICE");
/// In the order in which they build on one another.
const SCRIPTS: [&str; 8] = [
    FORMAT_SCRIPT,
    include_str!("../assets/levels.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/account.js"),
    include_str!("../assets/replay.js"),
    include_str!("../assets/sweep.js"),
    include_str!("../assets/outcome.js"),
    include_str!("../assets/page.js"),
];

/// Pictures of miners, for pages that have any.
const MINER: &str = include_str!("../assets/miner.js");
/// Pictures of reliability, for pages that have any.
const RELIABILITY: &str = include_str!("../assets/reliability.js");

/// The text of a scenario file, shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScenarioText {
    /// Name of the file.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What the template is filled with.
#[derive(Serialize)]
struct Page<'a> {
    version: &'static str,
    title: String,
    description: String,
    style: &'static str,
    answers: Vec<Answer>,
    verdicts: Vec<Verdicts>,
    has_runs: bool,
    runs: Vec<Run>,
    legend: String,
    scenarios: &'a [ScenarioText],
    provenance: Vec<Provenance>,
    data: String,
    notice: &'static str,
    library: &'static str,
    script: String,
}

#[derive(Serialize)]
struct Answer {
    name: String,
    text: String,
}

impl Answer {
    fn of_study((name, text): (String, String)) -> Self {
        Self { name, text }
    }
}

/// A run as a table.
#[derive(Serialize)]
struct Run {
    name: String,
    line: String,
    #[serde(flatten)]
    table: Table,
    assumptions: Option<String>,
    warnings: Vec<NoteText>,
    notes: Vec<NoteText>,
}

#[derive(Serialize)]
struct Provenance {
    name: String,
    version: String,
    identity: String,
    seed: u64,
    paths: String,
}

/// The page of some results, with the scenario files behind them where they are known.
///
/// # Errors
/// If the page cannot be filled.
pub fn render(documents: &[Document], scenarios: &[ScenarioText]) -> Result<String, RenderError> {
    let results: Vec<RunResult> = documents.iter().filter_map(Document::run).collect();
    let of_run =
        |result: &RunResult| Answer { name: result.scenario.clone(), text: answer::sentence(result) };
    // Beside a run the record of its forecasts does not answer.
    let answers_alone = |document: &&Document| results.is_empty() || !matches!(document, Document::Record(_));
    let studies = documents.iter().filter(answers_alone).filter_map(answer::of_study);
    let mut answers: Vec<Answer> = studies.map(Answer::of_study).collect();
    answers.extend(results.iter().map(of_run));
    let checks = documents.iter().filter_map(|document| match document {
        Document::Check(report) => Some(report.as_ref()),
        _ => None,
    });
    let verdicts: Vec<Verdicts> = checks.flat_map(verdicts).collect();
    let pictures: Vec<&Document> =
        documents.iter().filter(|document| !matches!(document, Document::Check(_))).collect();
    let runs: Vec<Run> = results.iter().map(table).collect();
    let provenance: Vec<Provenance> = results.iter().map(provenance).collect();
    let title = match results.as_slice() {
        [] => answers.first().map_or_else(|| "Report".to_owned(), |answer| answer.name.clone()),
        [result] => result.scenario.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.scenario, rest.len()),
    };
    let has_record = documents.iter().any(|document| matches!(document, Document::Record(_)));
    let mut scripts = SCRIPTS.to_vec();
    let has_miner = results.iter().any(|result| result.network.is_some());
    for (script, is_shown) in [(MINER, has_miner), (RELIABILITY, has_record)] {
        if is_shown {
            // Before what wires the page.
            scripts.insert(scripts.len() - 1, script);
        }
    }
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = environment.render_str(
        TEMPLATE,
        Serde(Page {
            version: env!("CARGO_PKG_VERSION"),
            title,
            description: answers.first().map_or_else(String::new, |answer| answer.text.clone()),
            style: STYLE,
            answers,
            verdicts,
            has_runs: !runs.is_empty(),
            runs,
            legend: legend(&results),
            scenarios,
            provenance,
            data: script_text(&serde_json::to_string(&pictured(serde_json::to_value(pictures)?))?),
            notice: LIBRARY_NOTICE.trim(),
            library: LIBRARY,
            script: scripts.join("\n"),
        }),
    )?;
    Ok(page)
}

/// What the columns mean.
fn legend(results: &[RunResult]) -> String {
    let with_network = results.iter().any(|result| result.network.is_some());
    let mut legend = if with_network { miner::LEGEND } else { text::LEGEND }.to_owned();
    if results.iter().any(|result| columns::have_parameters(&result.levels)) {
        legend += &format!(" {}", columns::PARAMETERS_LEGEND);
    }
    legend
}

/// The data of the pictures: six digits of every number are more than a picture shows, and keep the page small.
fn pictured(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(exact) => format!("{exact:.5e}").parse::<f64>().map_or(Value::Number(number), Value::from),
            None => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(pictured).collect(),
        Value::Object(keys) => keys.into_iter().map(|(key, value)| (key, pictured(value))).collect(),
        other => other,
    }
}

/// JSON that cannot end the script element it stands in.
fn script_text(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn table(result: &RunResult) -> Run {
    let of_level: Vec<&Column> = match miner::columns(&result.levels) {
        Some((first, returns)) => first.into_iter().chain(returns).collect(),
        None => columns::liquidation(&result.levels).into_iter().chain(&RETURNS).chain(&TAIL).collect(),
    };
    let network = miner::network_line(result).map(|network| format!(" · {network}"));
    Run {
        name: result.scenario.clone(),
        line: text::run_line(result) + &network.unwrap_or_default(),
        table: columns::table(of_level.into_iter(), &result.levels),
        assumptions: result.assumptions.clone(),
        warnings: result.notes.iter().filter(|note| text::is_warning(note)).cloned().collect(),
        notes: result.notes.iter().filter(|note| !text::is_warning(note)).cloned().collect(),
    }
}

fn provenance(result: &RunResult) -> Provenance {
    Provenance {
        name: result.scenario.clone(),
        version: result.liqsim.clone(),
        identity: result.identity.clone(),
        seed: result.seed,
        paths: number::count(result.paths),
    }
}
