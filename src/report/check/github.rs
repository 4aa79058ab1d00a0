//! Verdicts as annotations of GitHub Actions (workflow commands on standard output).

use crate::study::{CheckReport, Verdict};

use super::cells;

/// Lines of an annotation on a baseline.
const MOST_LINES: usize = 10;

/// One line per limit that does not pass, one for a baseline and one for prices; empty where all is well.
pub fn annotations(report: &CheckReport) -> String {
    let mut lines = String::new();
    for scenario in &report.scenarios {
        for limit in scenario.limits.iter().filter(|limit| limit.verdict != Verdict::Pass) {
            lines += &line(limit.verdict, &scenario.file, &scenario.scenario, &cells::limit_sentence(limit));
        }
        if let Some(baseline) =
            scenario.baseline.as_ref().filter(|baseline| baseline.verdict != Verdict::Pass)
        {
            let changes: Vec<_> =
                cells::shown(baseline).into_iter().take(MOST_LINES).map(cells::change_sentence).collect();
            let text = format!("{}\n{}", cells::summary(baseline), changes.join("\n"));
            lines += &line(baseline.verdict, &scenario.file, &scenario.scenario, text.trim_end());
        }
        if let Some(found) = scenario.assumptions.as_ref().filter(|found| found.verdict != Verdict::Pass) {
            let failed = found.tests.iter().filter(|test| test.verdict != Verdict::Pass);
            let failed: Vec<_> = failed.map(cells::assumption_sentence).collect();
            let text = format!("{}\n{}", cells::assumptions_summary(found), failed.join("\n"));
            lines += &line(found.verdict, &scenario.file, &scenario.scenario, &text);
        }
    }
    lines
}

fn line(verdict: Verdict, file: &str, title: &str, message: &str) -> String {
    let command = if verdict == Verdict::Fail { "error" } else { "warning" };
    let title = format!("{}: {title}", verdict.word());
    format!("::{command} file={},title={}::{}\n", property(file), property(&title), data(message))
}

/// Escapes of the message, as in the runner's `toolkit/packages/core/src/command.ts`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
