//! Verdicts as tables of the report.

use crate::report::html::{Table, Verdicts};
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
        let rows = scenario.limits.iter().map(|limit| cells::limit_row(limit).to_vec()).collect();
        tables.push(Table {
            caption: "Limits".to_owned(),
            head: cells::LIMIT_HEAD.map(str::to_owned).to_vec(),
            rows,
        });
    }
    let mut notes = scenario.notes.clone();
    if let Some(baseline) = &scenario.baseline {
        let rows =
            cells::shown(baseline).into_iter().map(|found| cells::change_row(found).to_vec()).collect();
        let caption = format!("Since the baseline: {}", cells::summary(baseline));
        tables.push(Table { caption, head: cells::CHANGE_HEAD.map(str::to_owned).to_vec(), rows });
        notes.extend(baseline.notes.iter().cloned());
    }
    if let Some(found) = &scenario.assumptions {
        let rows = found.tests.iter().map(|test| cells::assumption_row(test).to_vec()).collect();
        let caption = format!("Against recorded prices: {}", cells::assumptions_summary(found));
        tables.push(Table { caption, head: cells::ASSUMPTION_HEAD.map(str::to_owned).to_vec(), rows });
    }
    Verdicts {
        name: scenario.scenario.clone(),
        verdict: scenario.verdict.word(),
        line: format!("{}, {} paths", scenario.file, number::count(scenario.paths)),
        tables,
        notes,
    }
}
