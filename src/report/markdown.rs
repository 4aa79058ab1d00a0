//! Markdown: a GitHub table with the notes below it.

use crate::engine::{LevelResult, RunResult};

use super::columns::{Column, LEVERAGE, LIQUIDATION, RETURNS, TAIL};
use super::{safe, text};

/// The Markdown text of a result, ending with a line break.
pub fn render(result: &RunResult) -> String {
    let columns: Vec<_> =
        std::iter::once(&LEVERAGE).chain(&LIQUIDATION).chain(&RETURNS).chain(&TAIL).collect();
    let row = |cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<_> = columns.iter().map(|column| escape(&cell(column))).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let level_row = |level: &LevelResult| row(&|column| (column.cell)(level));
    let mut lines = format!("## {}\n\n{}\n\n", escape(&result.scenario), text::run_line(result));
    lines += &row(&|column| column.head.join(" ").trim().to_owned());
    lines += &format!("|{}\n", " ---: |".repeat(columns.len()));
    lines.extend(result.levels.iter().map(level_row));
    lines += &format!("\n{}\n", text::LEGEND);
    if let Some(line) = safe::line(result) {
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

/// Text in which nothing is markup and no line ends.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '<' | '[' | '\\' | '#' => escaped.extend(['\\', character]),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}
