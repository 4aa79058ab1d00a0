//! The page of a sweep: a heat map of all cells.

use std::path::PathBuf;

use anyhow::Context;

use liqsim::report::html::{self, Document};
use liqsim::report::{SweepAxis, SweepCell, SweepReport};

use super::failure::warn;
use super::sources::scenario_texts;
use super::sweep::cells;
use super::sweep_tables::{Tables, label, value};

/// Rows of the map that a page can hold and stay below 1.5 MB.
const MOST_MAPPED: usize = 4_000;

/// Writes `report.html`; nothing where the cells are too many for a page.
pub fn write_page(tables: &Tables<'_>) -> anyhow::Result<()> {
    let axes = axes(tables);
    let is_grid = tables.sources.len() == 1 && !tables.sources[0].cells.is_paired;
    let mut report = SweepReport { is_grid, axes: Vec::new(), cells: Vec::new() };
    let mut rows = 0;
    for ((source, cell), (_, identity)) in cells(tables.sources).zip(tables.identities) {
        let result =
            tables.folder.finished(identity).with_context(|| format!("the result {identity} is gone"))?;
        let values = axes.iter().map(|axis| value(source, cell, &axis.key).unwrap_or_default()).collect();
        report.cells.push(SweepCell::new(label(source, cell), values, &result));
        rows += result.levels.len();
        if rows > MOST_MAPPED {
            warn(format_args!("no report.html: a page holds at most {MOST_MAPPED} cells times leverages"));
            return Ok(());
        }
    }
    report.axes = axes;
    let files: Vec<PathBuf> = tables.sources.iter().map(|source| source.file.clone()).collect();
    let page = html::render(&[Document::of_sweep(&report)?], &scenario_texts(&files))?;
    tables.folder.write_table("report.html", |file| file.write_all(page.as_bytes()))?;
    Ok(())
}

/// The keys that take several values in any of the files, with all their values.
fn axes(tables: &Tables<'_>) -> Vec<SweepAxis> {
    let mut axes: Vec<SweepAxis> = Vec::new();
    for axis in tables.sources.iter().flat_map(|source| &source.cells.axes) {
        let known = axes.iter().position(|known| known.key == axis.key);
        let at = known.unwrap_or_else(|| {
            axes.push(SweepAxis { key: axis.key.clone(), values: Vec::new() });
            axes.len() - 1
        });
        for value in axis.values.iter().map(|value| value.trim_matches('"').to_owned()) {
            if !axes[at].values.contains(&value) {
                axes[at].values.push(value);
            }
        }
    }
    axes
}
