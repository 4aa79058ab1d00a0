//! Verdicts as annotations of GitHub Actions (workflow commands on standard output).

use crate::study::{CheckReport, LimitCheck, ScenarioCheck, Verdict};

use super::cells;

/// Changes that an annotation on a baseline names; the summary of the job has the rest.
const MOST_CHANGES: usize = 3;

/// One line per limit that does not pass, one for a baseline and one for prices; empty where all is well.
pub fn annotations(report: &CheckReport) -> String {
    let mut lines = String::new();
    for scenario in &report.scenarios {
        for limit in limits(scenario) {
            let verdict = Verdict::worst(limit.iter().map(|level| level.verdict));
            lines += &line(verdict, scenario, limit[0].line, &cells::limit_in_short(&limit));
        }
        if let Some(baseline) =
            scenario.baseline.as_ref().filter(|baseline| baseline.verdict != Verdict::Pass)
        {
            let shown = cells::shown(baseline);
            let changes: Vec<_> =
                shown.iter().take(MOST_CHANGES).map(|found| cells::change_in_short(found)).collect();
            let more = if shown.len() > MOST_CHANGES { "; more in the summary" } else { "" };
            let text = format!("since the baseline: {}{more}", changes.join("; "));
            lines += &line(baseline.verdict, scenario, None, &text);
        }
        if let Some(found) = scenario.assumptions.as_ref().filter(|found| found.verdict != Verdict::Pass) {
            let failed = found.tests.iter().filter(|test| test.verdict != Verdict::Pass);
            let failed: Vec<_> = failed.map(|test| test.property.words()).collect();
            let text = format!("{} no longer fit the prices in {}", failed.join(", "), found.prices);
            lines += &line(found.verdict, scenario, None, &text);
        }
    }
    lines
}

/// The limits that do not pass, each with its levels, the worst of them first.
fn limits(scenario: &ScenarioCheck) -> Vec<Vec<&LimitCheck>> {
    let mut limits: Vec<Vec<&LimitCheck>> = Vec::new();
    for level in scenario.limits.iter().filter(|limit| limit.verdict != Verdict::Pass) {
        let key = |limit: &LimitCheck| (limit.line, limit.metric.clone(), limit.min, limit.max);
        match limits.iter_mut().find(|known| key(known[0]) == key(level)) {
            Some(known) => known.push(level),
            None => limits.push(vec![level]),
        }
    }
    let excess = |level: &LimitCheck| {
        let value = level.value.unwrap_or(0.0);
        level.max.map_or(0.0, |max| value - max).max(level.min.map_or(0.0, |min| min - value))
    };
    for levels in &mut limits {
        levels.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(excess(b).total_cmp(&excess(a))));
    }
    limits
}

fn line(verdict: Verdict, scenario: &ScenarioCheck, at: Option<usize>, message: &str) -> String {
    let command = if verdict == Verdict::Fail { "error" } else { "warning" };
    let title = format!("{}: {}", verdict.word(), scenario.scenario);
    let at = at.map_or_else(String::new, |line| format!(",line={line}"));
    format!(
        "::{command} file={}{at},title={}::{}\n",
        property(&scenario.file),
        property(&title),
        data(message)
    )
}

/// Escapes of the message, as in the runner's `toolkit/packages/core/src/command.ts`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
