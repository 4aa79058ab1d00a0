//! Verdicts as a page shows them.

use serde::Serialize;

use crate::report::table::Table;

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
    pub tables: Vec<Captioned>,
    /// What to know besides.
    pub notes: Vec<String>,
}

/// A table with what it says in a line.
#[derive(Serialize)]
pub struct Captioned {
    /// What it says.
    pub caption: String,
    /// Its heads and rows.
    #[serde(flatten)]
    pub table: Table,
}
