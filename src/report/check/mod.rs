//! Verdicts for people and for machines: terminal, JSON, Markdown, JUnit XML, GitHub annotations, SARIF.

mod cells;
mod github;
mod html;
mod junit;
mod markdown;
mod sarif;
mod table;

use crate::study::{CheckReport, Comparison, ScenarioCheck};

use super::html::{Document, render as render_page};
use super::{Layout, RenderError, json};

pub(super) use cells::measured;
pub use github::annotations as github_annotations;
pub(super) use html::verdicts;

/// An output format of verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictFormat {
    /// Text for people.
    Table,
    /// One JSON object.
    Json,
    /// Markdown, as for a job summary.
    Markdown,
    /// A page with the verdict.
    Html,
    /// JUnit XML: a suite per scenario, a case per limit and per level of a baseline.
    Junit,
    /// SARIF 2.1.0: a finding for each that does not pass.
    Sarif,
}

/// The text of a check, ending with a line break.
pub fn render_check(
    report: &CheckReport,
    format: VerdictFormat,
    layout: Layout,
) -> Result<String, RenderError> {
    match format {
        VerdictFormat::Table => Ok(table::check(report, layout)),
        VerdictFormat::Json => json::render(report),
        VerdictFormat::Markdown => Ok(markdown::check(report)),
        VerdictFormat::Html => render_page(&[Document::of_check(report)], &[]),
        VerdictFormat::Junit => junit::check(report),
        VerdictFormat::Sarif => sarif::check(report),
    }
}

/// The text of comparisons, ending with a line break; JSON is an object for one and an array for several.
pub fn render_comparisons(
    comparisons: &[Comparison],
    format: VerdictFormat,
    layout: Layout,
) -> Result<String, RenderError> {
    let join = |texts: Vec<String>| texts.join("\n");
    match format {
        VerdictFormat::Table => {
            Ok(join(comparisons.iter().map(|comparison| table::comparison(comparison, layout)).collect()))
        }
        VerdictFormat::Json => match comparisons {
            [comparison] => json::render(comparison),
            _ => json::render(comparisons),
        },
        VerdictFormat::Markdown => Ok(join(comparisons.iter().map(markdown::comparison).collect())),
        VerdictFormat::Html => {
            let report = CheckReport::new(comparisons.iter().map(compared).collect());
            render_page(&[Document::of_check(&report)], &[])
        }
        VerdictFormat::Junit => junit::comparisons(comparisons),
        VerdictFormat::Sarif => sarif::comparisons(comparisons),
    }
}

/// A comparison as the check of a scenario without limits.
fn compared(comparison: &Comparison) -> ScenarioCheck {
    ScenarioCheck {
        scenario: comparison.after.scenario.clone(),
        file: format!("against {}", comparison.before.scenario),
        identity: comparison.after.identity.clone(),
        paths: comparison.after.paths,
        verdict: comparison.verdict,
        limits: Vec::new(),
        baseline: Some(comparison.clone()),
        assumptions: None,
        notes: Vec::new(),
    }
}
