//! Verdicts as tables of the report.

use crate::report::html::{Captioned, Verdicts};
use crate::report::number;
use crate::study::{CheckReport, ScenarioCheck};

use super::cells;

/// One entry per scenario.
pub fn verdicts(report: &CheckReport) -> Vec<Verdicts> {
    report.scenarios.iter().map(one).collect()
}

fn one(scenario: &ScenarioCheck) -> Verdicts {
    let mut tables = Vec::new();
    if !scenario.limits.is_empty() {
        tables.push(Captioned { caption: "Limits".to_owned(), table: cells::limits(&scenario.limits) });
    }
    let mut notes = scenario.notes.clone();
    if let Some(baseline) = &scenario.baseline {
        let table = cells::changes(&cells::shown(baseline));
        let caption = format!("Since the baseline: {}", cells::summary(baseline));
        tables.push(Captioned { caption, table });
        notes.extend(baseline.notes.iter().cloned());
    }
    if let Some(found) = &scenario.assumptions {
        let table = cells::assumptions(found);
        let caption = format!("Against recorded prices: {}", cells::assumptions_summary(found));
        tables.push(Captioned { caption, table });
    }
    Verdicts {
        name: scenario.scenario.clone(),
        verdict: scenario.verdict.word(),
        line: format!("{}, {} paths", scenario.file, number::count(scenario.paths)),
        tables,
        notes,
    }
}
