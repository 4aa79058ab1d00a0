//! Markdown: a GitHub table with the notes below it.

use crate::result::{LevelResult, RunResult};

use super::columns::{self, Column, RETURNS, TAIL};
use super::table::escape;
use super::{miner, safe_line, text};

/// The Markdown text of a result, ending with a line break.
pub fn render(result: &RunResult) -> String {
    let mut lines = format!("## {}\n\n{}\n\n", escape(&result.scenario), text::run_line(result));
    if let (Some(network), Some((first, returns))) =
        (miner::network_line(result), miner::columns(&result.levels))
    {
        let columns: Vec<_> = first.into_iter().chain(returns).collect();
        lines += &format!("{network}\n\n{}\n{}\n", table(&columns, &result.levels), miner::LEGEND);
    } else {
        let columns: Vec<_> =
            columns::liquidation(&result.levels).into_iter().chain(&RETURNS).chain(&TAIL).collect();
        lines += &format!("{}\n{}\n", table(&columns, &result.levels), text::LEGEND);
        if columns::have_parameters(&result.levels) {
            lines += &format!("\n{}\n", columns::PARAMETERS_LEGEND);
        }
    }
    let account = columns::account(&result.levels);
    if !account.is_empty() {
        lines += &format!("\n{}\n{}\n", table(&account, &result.levels), text::ACCOUNT_LEGEND);
    }
    if let Some(line) = safe_line::line(result) {
        lines += &format!("\n{line}\n");
    }
    if !result.notes.is_empty() {
        lines.push('\n');
    }
    for note in &result.notes {
        lines += &format!("- `{}`: {}\n", note.code, escape(&note.message));
    }
    lines
}

/// The rows of levels under the leverage and these columns.
fn table(columns: &[&Column], levels: &[LevelResult]) -> String {
    columns::table(columns.iter().copied(), levels).markdown()
}
