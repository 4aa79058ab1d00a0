//! Verdicts as Markdown: for the summary of a CI job or a comment.

use crate::report::number;
use crate::report::table::escape;
use crate::study::{CheckReport, Comparison, ScenarioCheck, Verdict};

use super::cells;

/// The Markdown text of a check, ending with a line break.
pub fn check(report: &CheckReport) -> String {
    report.scenarios.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(scenario: &ScenarioCheck) -> String {
    let mut lines = format!(
        "## {} {}\n\n`{}`, {} paths\n",
        sign(scenario.verdict),
        escape(&scenario.scenario),
        scenario.file,
        number::count(scenario.paths)
    );
    if !scenario.limits.is_empty() {
        lines += &format!("\n{}", cells::limits(&scenario.limits).markdown());
    }
    if let Some(baseline) = &scenario.baseline {
        lines += &format!("\n{}", comparison(baseline));
    }
    if let Some(found) = &scenario.assumptions {
        lines += &format!(
            "\n### {} {} against {}\n\n{}\n",
            sign(found.verdict),
            escape(&scenario.scenario),
            escape(&found.prices),
            escape(&cells::assumptions_summary(found))
        );
        lines += &format!("\n{}", cells::assumptions(found).markdown());
    }
    for note in &scenario.notes {
        lines += &format!("\n{}\n", escape(note));
    }
    lines
}

/// The Markdown text of a comparison, ending with a line break.
pub fn comparison(comparison: &Comparison) -> String {
    let mut lines = format!(
        "### {} {} against {}\n\n{}\n",
        sign(comparison.verdict),
        escape(&comparison.after.scenario),
        escape(&comparison.before.scenario),
        escape(&cells::summary(comparison))
    );
    let rows = cells::shown(comparison);
    if !rows.is_empty() {
        lines += &format!("\n{}", cells::changes(&rows).markdown());
    }
    for note in &comparison.notes {
        lines += &format!("\n{}\n", escape(note));
    }
    lines
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅ pass:",
        Verdict::Undecided => "❔ undecided:",
        Verdict::Fail => "❌ fail:",
    }
}
