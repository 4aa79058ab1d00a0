//! What to know of the recorded prices that a scenario draws from.

use super::notes::Note;
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
