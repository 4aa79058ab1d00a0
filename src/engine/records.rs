//! What to know of the recorded prices that a scenario draws from.

use crate::model::Model;
use crate::scenario::Scenario;

/// Code and text of each note on the files that a scenario names and on the records of its bootstraps.
pub(super) fn notes(scenario: &Scenario) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    let mut note = |code, message: String| notes.push((code, message));
    for found in scenario.found() {
        note("recorded_file", found.clone());
    }
    for asset in &scenario.assets {
        let Model::Bootstrap(bootstrap) = &asset.model else { continue };
        let (record, name) = (bootstrap.record(), &asset.name);
        let block = bootstrap.block() * bootstrap.interval().seconds() as f64;
        if block > record.seconds() as f64 {
            let days = block / 86_400.0;
            note(
                "bootstrap_record",
                format!(
                    "{name}: blocks of {days:.0} days are longer than the record of {record}, which is repeated inside them."
                ),
            );
        }
        if scenario.simulation.horizon > record {
            let horizon = scenario.simulation.horizon;
            note(
                "bootstrap_record",
                format!(
                    "{name}: the horizon of {horizon} is longer than the record of {record}: every path repeats the same few moves."
                ),
            );
        }
    }
    notes
}
