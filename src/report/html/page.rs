//! The page: a template filled with the documents.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::super::columns::{Column, LEVERAGE, LIQUIDATION, RETURNS, TAIL};
use super::super::{RenderError, number, text};
use super::answer;
use super::document::Document;
use crate::engine::{Note, RunResult};

const TEMPLATE: &str = include_str!("../assets/page.html");
const STYLE: &str = include_str!("../assets/page.css");
const LIBRARY: &str = include_str!("../assets/echarts.common.min.js");
const LIBRARY_NOTICE: &str = include_str!("../assets/echarts.NOTICE");
/// In the order in which they build on one another.
const SCRIPTS: [&str; 6] = [
    include_str!("../assets/format.js"),
    include_str!("../assets/interpolate.js"),
    include_str!("../assets/charts.js"),
    include_str!("../assets/account.js"),
    include_str!("../assets/replay.js"),
    include_str!("../assets/page.js"),
];

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
    style: &'static str,
    answers: Vec<Answer>,
    has_runs: bool,
    runs: Vec<Run>,
    legend: &'static str,
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

/// A run as a table.
#[derive(Serialize)]
struct Run {
    name: String,
    line: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<Note>,
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
    let answers: Vec<Answer> = results
        .iter()
        .map(|result| Answer { name: result.scenario.clone(), text: answer::sentence(result) })
        .collect();
    let runs: Vec<Run> = results.iter().map(table).collect();
    let provenance: Vec<Provenance> = results.iter().map(provenance).collect();
    let title = match results.as_slice() {
        [] => "Report".to_owned(),
        [result] => result.scenario.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.scenario, rest.len()),
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = environment.render_str(
        TEMPLATE,
        Serde(Page {
            version: env!("CARGO_PKG_VERSION"),
            title,
            style: STYLE,
            answers,
            has_runs: !runs.is_empty(),
            runs,
            legend: text::LEGEND,
            scenarios,
            provenance,
            data: script_text(&serde_json::to_string(documents)?),
            notice: LIBRARY_NOTICE.trim(),
            library: LIBRARY,
            script: SCRIPTS.join("\n"),
        }),
    )?;
    Ok(page)
}

/// JSON that cannot end the script element it stands in.
fn script_text(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn table(result: &RunResult) -> Run {
    let columns: Vec<&Column> =
        std::iter::once(&LEVERAGE).chain(&LIQUIDATION).chain(&RETURNS).chain(&TAIL).collect();
    Run {
        name: result.scenario.clone(),
        line: text::run_line(result),
        head: columns.iter().map(|column| column.head.join(" ").trim().to_owned()).collect(),
        rows: result
            .levels
            .iter()
            .map(|level| columns.iter().map(|column| (column.cell)(level)).collect())
            .collect(),
        notes: result.notes.clone(),
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
