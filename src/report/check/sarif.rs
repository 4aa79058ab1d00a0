//! Verdicts as SARIF 2.1.0, which GitHub code scanning and other viewers of findings read.
//!
//! A finding is what does not pass: `error` where it fails, `warning` where it is undecided. Rules are the kinds of findings; the
//! place is the scenario file. Fingerprints name the finding, not its numbers, so that a viewer follows it from run to run.

use serde_json::{Value, json};

use crate::report::number;
use crate::report::{RenderError, json};
use crate::study::{CheckReport, Comparison, Verdict};

use super::cells;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The kinds of findings: identifier, name, description.
const RULES: [(&str, &str, &str); 3] = [
    (
        "limit",
        "Limit",
        "A number of a result lies beyond a limit of its scenario, or cannot be told from it.",
    ),
    (
        "baseline",
        "Baseline",
        "The numbers of a result differ from those of its baseline, or cannot be told from them.",
    ),
    ("assumption", "Assumption", "A scenario's model does not describe the recorded prices."),
];

/// The SARIF text of a check.
pub fn check(report: &CheckReport) -> Result<String, RenderError> {
    let mut findings = Vec::new();
    for scenario in &report.scenarios {
        for limit in scenario.limits.iter().filter(|limit| limit.verdict != Verdict::Pass) {
            let name = format!("{} {}", number::leverage(limit.leverage), limit.metric);
            let message = cells::limit_sentence(limit);
            findings.push(finding(0, limit.verdict, (&scenario.file, limit.line), &name, &message));
        }
        if let Some(baseline) = scenario.baseline.as_ref().filter(|found| found.verdict != Verdict::Pass) {
            findings.push(difference(baseline, &scenario.file));
        }
        let tests = scenario.assumptions.iter().flat_map(|found| &found.tests);
        for test in tests.filter(|test| test.verdict != Verdict::Pass) {
            let message = cells::assumption_sentence(test);
            findings.push(finding(2, test.verdict, (&scenario.file, None), test.property.key(), &message));
        }
    }
    log(findings)
}

/// The SARIF text of comparisons, placed at the scenarios' names.
pub fn comparisons(comparisons: &[Comparison]) -> Result<String, RenderError> {
    let differing = comparisons.iter().filter(|comparison| comparison.verdict != Verdict::Pass);
    log(differing.map(|comparison| difference(comparison, &comparison.after.scenario)).collect())
}

fn difference(comparison: &Comparison, place: &str) -> Value {
    let changes: Vec<_> = cells::shown(comparison).into_iter().map(cells::change_sentence).collect();
    let message = format!("{}\n{}", cells::summary(comparison), changes.join("\n"));
    finding(1, comparison.verdict, (place, None), "baseline", message.trim_end())
}

fn finding(
    rule: usize,
    verdict: Verdict,
    (file, line): (&str, Option<usize>),
    name: &str,
    message: &str,
) -> Value {
    let level = if verdict == Verdict::Fail { "error" } else { "warning" };
    json!({
        "ruleId": RULES[rule].0,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": message },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(file) }, "region": { "startLine": line.unwrap_or(1) } }
        }],
        "partialFingerprints": { "liqsim/v1": format!("{file}: {}: {name}", RULES[rule].0) },
    })
}

/// A path as a relative reference: slashes, and per cent signs for what has no place there (RFC 3986).
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.bytes().fold(String::new(), |uri, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            uri + &char::from(byte).to_string()
        }
        _ => format!("{uri}%{byte:02X}"),
    })
}

fn log(findings: Vec<Value>) -> Result<String, RenderError> {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, name, text)| json!({ "id": id, "name": name, "shortDescription": { "text": text } }))
        .collect();
    json::render(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "liqsim",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": findings,
        }],
    }))
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_relative_references() {
        assert_eq!(uri("scenarios\\a b/ü.toml"), "scenarios/a%20b/%C3%BC.toml");
    }
}
