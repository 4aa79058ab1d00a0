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
use super::{Format, Layout, RenderError, json};

pub(super) use cells::measured;
pub use github::annotations as github_annotations;
pub(super) use html::verdicts;

/// The formats of verdicts.
pub const VERDICT_FORMATS: &[Format] =
    &[Format::Json, Format::Junit, Format::Sarif, Format::Markdown, Format::Table, Format::Html];

/// The text of a check, ending with a line break.
///
/// # Errors
/// The format is no verdict's ([`VERDICT_FORMATS`]).
pub fn render_check(report: &CheckReport, format: Format, layout: Layout) -> Result<String, RenderError> {
    match format {
        Format::Table => Ok(table::check(report, layout)),
        Format::Json => json::render(report),
        Format::Markdown => Ok(markdown::check(report)),
        Format::Html => render_page(&[Document::of_check(report)], &[]),
        Format::Junit => junit::check(report),
        Format::Sarif => sarif::check(report),
        other => Err(RenderError::Format(other)),
    }
}

/// The text of comparisons, ending with a line break; JSON is an object for one and an array for several.
///
/// # Errors
/// The format is no verdict's ([`VERDICT_FORMATS`]).
pub fn render_comparisons(
    comparisons: &[Comparison],
    format: Format,
    layout: Layout,
) -> Result<String, RenderError> {
    let join = |texts: Vec<String>| texts.join("\n");
    match format {
        Format::Table => {
            Ok(join(comparisons.iter().map(|comparison| table::comparison(comparison, layout)).collect()))
        }
        Format::Json => match comparisons {
            [comparison] => json::render(comparison),
            _ => json::render(comparisons),
        },
        Format::Markdown => Ok(join(comparisons.iter().map(markdown::comparison).collect())),
        Format::Html => {
            let report = CheckReport::new(comparisons.iter().map(compared).collect());
            render_page(&[Document::of_check(&report)], &[])
        }
        Format::Junit => junit::comparisons(comparisons),
        Format::Sarif => sarif::comparisons(comparisons),
        other => Err(RenderError::Format(other)),
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
