//! What to know of the recorded prices that a scenario draws from.

use super::notes::Note;
use crate::engine::PathLaw;
use crate::estimate::PastErrors;
use crate::market::SECONDS_PER_DAY;
use crate::model::Model;
use crate::scenario::Scenario;

/// The notes on the files that a scenario names, and on the records of its bootstraps.
pub(super) fn notes(scenario: &Scenario) -> Vec<Note> {
    let horizon = scenario.simulation.horizon;
    let found = scenario.found().iter();
    let mut notes: Vec<Note> = found.map(|finding| Note::RecordedFile { finding: finding.clone() }).collect();
    for asset in &scenario.assets {
        let Model::Bootstrap(bootstrap) = &asset.model else { continue };
        let (record, name) = (bootstrap.record(), || asset.name.clone());
        let block = bootstrap.block() * bootstrap.interval().seconds() as f64;
        if block > record.seconds() as f64 {
            notes.push(Note::LongBlocks { asset: name(), days: block / SECONDS_PER_DAY, record });
        }
        if horizon > record {
            notes.push(Note::ShortRecord { asset: name(), horizon, record });
        }
    }
    notes
}

/// The notes on paths that are made of past hours.
pub(super) fn past(scenario: &Scenario, law: &PathLaw, errors: Option<&PastErrors>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(errors) = errors {
        notes.push(Note::PastHorizons {
            starts: errors.starts,
            independent: errors.independent_horizons,
            horizon: scenario.simulation.horizon,
            share: errors.share,
            block_days: errors.block_days,
        });
    }
    let assets = &scenario.assets;
    let pairs: Vec<(String, String, f64)> = (0..assets.len())
        .flat_map(|i| (i + 1..assets.len()).map(move |j| (i, j)))
        .filter_map(|(i, j)| {
            let correlation = law.recorded_correlation().get(i)?.get(j)?;
            Some((assets[i].name.clone(), assets[j].name.clone(), *correlation))
        })
        .collect();
    if !pairs.is_empty() {
        notes.push(Note::SharedPast { pairs });
    }
    notes
}
