//! Verdicts on a terminal.

use crate::report::{Layout, number, text};
use crate::study::{CheckReport, Comparison, ScenarioCheck, Verdict};

use super::cells;

const WIDEST_PARAGRAPH: usize = 110;

/// The text of a check, ending with a line break.
pub fn check(report: &CheckReport, layout: Layout) -> String {
    let mut lines: String = report.scenarios.iter().map(|scenario| one(scenario, layout) + "\n").collect();
    let count = |verdict| report.scenarios.iter().filter(|scenario| scenario.verdict == verdict).count();
    lines += &format!(
        "{}: {} of {} scenarios pass, {} fail, {} undecided\n",
        paint(report.verdict, layout),
        count(Verdict::Pass),
        report.scenarios.len(),
        count(Verdict::Fail),
        count(Verdict::Undecided)
    );
    lines
}

fn one(scenario: &ScenarioCheck, layout: Layout) -> String {
    let mut lines = format!(
        "{}  {} ({}, {} paths)\n",
        paint(scenario.verdict, layout),
        scenario.scenario,
        scenario.file,
        number::count(scenario.paths)
    );
    if !scenario.limits.is_empty() {
        lines += &cells::limits(&scenario.limits).terminal();
    }
    for limit in scenario.limits.iter().filter(|limit| limit.verdict != Verdict::Pass) {
        lines += &paragraph(&cells::limit_sentence(limit), layout);
    }
    if let Some(baseline) = &scenario.baseline {
        lines += &comparison(baseline, layout);
    }
    if let Some(found) = &scenario.assumptions {
        lines +=
            &format!("{}  {} against {}\n", paint(found.verdict, layout), scenario.scenario, found.prices);
        lines += &cells::assumptions(found).terminal();
        lines += &paragraph(&cells::assumptions_summary(found), layout);
    }
    for note in &scenario.notes {
        lines += &paragraph(note, layout);
    }
    lines
}

/// The text of a comparison, ending with a line break.
pub fn comparison(comparison: &Comparison, layout: Layout) -> String {
    let (before, after) = (&comparison.before, &comparison.after);
    let mut lines = format!(
        "{}  {} against {} (seeds {} and {}, {} and {} paths)\n",
        paint(comparison.verdict, layout),
        after.scenario,
        before.scenario,
        after.seed,
        before.seed,
        number::count(after.paths),
        number::count(before.paths)
    );
    let rows = cells::shown(comparison);
    if !rows.is_empty() {
        lines += &cells::changes(&rows).terminal();
    }
    lines += &paragraph(&cells::summary(comparison), layout);
    for note in &comparison.notes {
        lines += &paragraph(note, layout);
    }
    lines
}

fn paragraph(words: &str, layout: Layout) -> String {
    let width = layout.width.unwrap_or(usize::MAX).min(WIDEST_PARAGRAPH);
    text::wrap(words, width, "- ", "  ")
}

fn paint(verdict: Verdict, layout: Layout) -> String {
    let word = verdict.word().to_uppercase();
    let colour = match verdict {
        Verdict::Pass => "\x1b[1;32m",
        Verdict::Undecided => "\x1b[1;33m",
        Verdict::Fail => "\x1b[1;31m",
    };
    if layout.colour { format!("{colour}{word}\x1b[0m") } else { word }
}
