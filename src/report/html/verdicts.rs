//! Verdicts as a page shows them.

use serde::Serialize;

/// The verdict on a scenario, as tables.
#[derive(Serialize)]
pub struct Verdicts {
    /// Title of the scenario.
    pub name: String,
    /// Word of the verdict.
    pub verdict: &'static str,
    /// What was judged.
    pub line: String,
    /// Limits, and changes since a baseline.
    pub tables: Vec<Table>,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// A table with what it says in a line.
#[derive(Serialize)]
pub struct Table {
    /// What it says.
    pub caption: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Cells of the rows.
    pub rows: Vec<Vec<String>>,
}
