//! The terminal table: one row per leverage, the notes below it.

use crate::result::{LevelResult, RunResult};

use super::columns::{self, Column, RETURNS, TAIL};
use super::format::Layout;
use super::{miner, safe_line, text};

const BOLD: &str = "\x1b[1m";
const YELLOW: &str = "\x1b[33m";
const RESET: &str = "\x1b[0m";

/// Paragraphs are not wider than this, however wide the terminal is.
const WIDEST_PARAGRAPH: usize = 110;

/// The table of a result, ending with a line break.
pub fn render(result: &RunResult, layout: Layout) -> String {
    let paint = |style: &str, text: &str| {
        if layout.colour { format!("{style}{text}{RESET}") } else { text.to_owned() }
    };
    let width = layout.width.unwrap_or(usize::MAX);
    let paragraph =
        |text: &str, first: &str, indent: &str| text::wrap(text, width.min(WIDEST_PARAGRAPH), first, indent);
    let mut lines = paint(BOLD, &result.scenario) + "\n";
    for text in [&result.assumptions, &result.answer].into_iter().flatten() {
        lines += &paragraph(text, "", "");
    }
    if let (Some(network), Some((first, returns))) =
        (miner::network_line(result), miner::columns(&result.levels))
    {
        lines += &paragraph(&text::run_line(result), "", "");
        lines += &paragraph(&network, "", "");
        let all: Vec<_> = first.iter().chain(&returns).copied().collect();
        lines += &split_at(&all, first.len(), &result.levels, width);
        lines += &paragraph(miner::LEGEND, "", "");
    } else if layout.wide {
        lines += &paragraph(&text::run_line(result), "", "");
        lines += &tables(&result.levels, width);
        lines += &paragraph(text::LEGEND, "", "");
        if columns::have_parameters(&result.levels) {
            lines += &paragraph(columns::PARAMETERS_LEGEND, "", "");
        }
        let account = columns::account(&result.levels);
        if !account.is_empty() {
            lines += &split(&account, &result.levels, width);
            lines += &paragraph(text::ACCOUNT_LEGEND, "", "");
        }
        if let Some(line) = safe_line::line(result) {
            lines += &paragraph(&line, "", "");
        }
    } else {
        lines += &split(&columns::narrow(&result.levels), &result.levels, width);
        if columns::have_parameters(&result.levels) {
            lines += &paragraph(columns::PARAMETERS_LEGEND, "", "");
        }
        lines += &paragraph(&format!("{}. More: --wide, --notes.", text::run_line(result)), "", "");
    }
    let shown: Vec<_> = result.notes.iter().filter(|note| layout.notes || text::is_warning(note)).collect();
    if !shown.is_empty() {
        lines += &(paint(YELLOW, if layout.notes { "Notes" } else { "Warnings" }) + "\n");
    }
    for note in shown {
        lines += &paragraph(&format!("{}: {}", note.code, note.message), "- ", "  ");
    }
    lines
}

/// The first arrangement that fits: everything side by side; the returns below the liquidations; that without the
/// 99 % columns (the other formats have them).
fn tables(levels: &[LevelResult], width: usize) -> String {
    let fits = |table: &str| table.lines().all(|line| line.chars().count() <= width);
    let liquidation = columns::liquidation(levels);
    let side_by_side = draw(liquidation.iter().copied().chain(&RETURNS).chain(&TAIL), levels);
    if fits(&side_by_side) {
        return side_by_side;
    }
    let mut returns = draw(RETURNS.iter().chain(&TAIL), levels);
    if !fits(&returns) {
        returns = draw(RETURNS.iter(), levels);
    }
    draw(liquidation.into_iter(), levels) + &returns
}

/// As many tables as it takes for these columns to fit, one below the other.
fn split(columns: &[&Column], levels: &[LevelResult], width: usize) -> String {
    split_at(columns, columns.len().div_ceil(2), levels, width)
}

/// The same, cut at a column first.
fn split_at(columns: &[&Column], place: usize, levels: &[LevelResult], width: usize) -> String {
    let table = draw(columns.iter().copied(), levels);
    if columns.len() < 2 || table.lines().all(|line| line.chars().count() <= width) {
        return table;
    }
    let (first, second) = columns.split_at(place);
    split(first, levels, width) + &split(second, levels, width)
}

/// One table with the leverage in front of these columns, ending with a line break.
fn draw<'a>(columns: impl Iterator<Item = &'a Column>, levels: &[LevelResult]) -> String {
    columns::table(columns, levels).terminal()
}
