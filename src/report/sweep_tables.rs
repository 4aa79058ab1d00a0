//! The tables of a sweep: one of its cells, and two of its results.
//!
//! Results are asked for cell by cell, so memory does not grow with their number. `results.csv` and
//! `results.parquet` hold the same rows, one per cell and level: columns `cell` (integer), `file` and one per
//! swept key come first, the latter with the name of the key: doubles where all values of the sweep are
//! numbers, text otherwise. Where some cells are those of miners, the miners' columns are empty in the
//! others.

use std::io::{self, Write};
use std::path::Path;

use super::cell::Cell;
use super::flat::{self, Further};
use super::format::Format;
use super::ranking::Ranking;
use super::rows::TableWriter;
use crate::result::RunResult;
use crate::study::{SweepPlan, SweptCell};

/// Everything the tables are made from.
pub struct SweepTables<'a> {
    /// What was swept.
    pub plan: &'a SweepPlan,
    /// The finished result of an identity.
    pub result: &'a dyn Fn(&str) -> Option<RunResult>,
}

/// A swept key.
struct Key<'a> {
    name: &'a str,
    is_number: bool,
}

impl SweepTables<'_> {
    /// One row per cell as CSV: its number, file, identity and values.
    ///
    /// # Errors
    /// The sink cannot be written to.
    pub fn write_index(&self, sink: impl Write + Send) -> io::Result<()> {
        let keys = self.keys();
        let text = |name: &str, text: String| (name.to_owned(), Cell::Text(text));
        let row = |(number, cell): (usize, &SweptCell)| {
            let source = &self.plan.sources()[cell.source];
            let mut row = vec![
                ("cell".to_owned(), Cell::Count(number as u64 + 1)),
                text("file", source.name().to_owned()),
                text("scenario", cell.name.clone()),
                text("identity", cell.identity.clone()),
            ];
            row.extend(
                keys.iter().map(|key| text(key.name, source.value(cell.cell, key.name).unwrap_or_default())),
            );
            row
        };
        let mut rows = self.plan.cells().iter().enumerate().map(row).peekable();
        let Some(first) = rows.peek() else { return Ok(()) };
        let mut table = TableWriter::new(sink, Format::Csv, first)?;
        rows.try_for_each(|row| table.push(row.iter().map(|(_, cell)| cell)))?;
        table.finish()
    }

    /// One row per cell and level, as CSV and in another format; both tables and the ranking from one reading
    /// of the results.
    ///
    /// # Errors
    /// A sink cannot be written to, or a result is gone.
    pub fn write_results(
        &self,
        csv: impl Write + Send,
        other: Option<(&mut (dyn Write + Send), Format)>,
        ranking: &mut Ranking<'_>,
    ) -> io::Result<()> {
        let keys = self.keys();
        let cells = self.plan.cells();
        let further = Further {
            miner: cells.iter().any(|cell| cell.has_miner),
            parameters: cells.iter().any(|cell| cell.with_parameters),
        };
        let (mut text, mut typed) = (None, None);
        let (mut csv, mut other) = (Some(csv), other);
        for (number, cell) in self.plan.cells().iter().enumerate() {
            let source = &self.plan.sources()[cell.source];
            let result = self.result(&cell.identity)?;
            for level in &result.levels {
                let mut row = vec![
                    ("cell".to_owned(), Cell::Count(number as u64 + 1)),
                    ("file".to_owned(), Cell::Text(source.name().to_owned())),
                ];
                row.extend(
                    keys.iter().map(|key| (key.name.to_owned(), key.cell(source.value(cell.cell, key.name)))),
                );
                row.extend(flat::row(&result, level, further));
                if let Some(sink) = csv.take() {
                    text = Some(TableWriter::new(sink, Format::Csv, &row)?);
                }
                if let Some((sink, format)) = other.take() {
                    typed = Some(TableWriter::new(sink, format, &row)?);
                }
                if let Some(table) = &mut text {
                    table.push(row.iter().map(|(_, cell)| cell))?;
                }
                if let Some(table) = &mut typed {
                    table.push(row.iter().map(|(_, cell)| cell))?;
                }
                ranking.look(level, result.paths, number + 1, || self.shown_values(cell));
            }
        }
        text.map_or(Ok(()), TableWriter::finish)?;
        typed.map_or(Ok(()), TableWriter::finish)
    }

    /// The heads of what tells cells apart: the file where there are several, and the swept keys by their
    /// shortest names.
    pub fn heads(&self) -> Vec<String> {
        let keys: Vec<&str> = self.keys().iter().map(|key| key.name).collect();
        let file = (self.plan.sources().len() > 1).then(|| "file".to_owned());
        file.into_iter().chain(short_names(&keys)).collect()
    }

    /// What tells a cell apart, under these heads.
    fn shown_values(&self, cell: &SweptCell) -> Vec<String> {
        let source = &self.plan.sources()[cell.source];
        let file = (self.plan.sources().len() > 1).then(|| {
            let stem = Path::new(source.name()).file_stem();
            stem.map_or_else(|| source.name().to_owned(), |stem| stem.to_string_lossy().into_owned())
        });
        let values = self.keys().into_iter().map(|key| source.value(cell.cell, key.name).unwrap_or_default());
        file.into_iter().chain(values).collect()
    }

    /// The result of an identity.
    pub(super) fn result(&self, identity: &str) -> io::Result<RunResult> {
        (self.result)(identity)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("the result {identity} is gone")))
    }

    /// The keys of all sources, in the order in which they come.
    fn keys(&self) -> Vec<Key<'_>> {
        let mut keys: Vec<Key<'_>> = Vec::new();
        for axis in self.plan.sources().iter().flat_map(|source| &source.cells.axes) {
            let is_number = axis.values.iter().all(|value| number(value).is_some());
            match keys.iter_mut().find(|key| key.name == axis.key) {
                Some(key) => key.is_number &= is_number,
                None => keys.push(Key { name: &axis.key, is_number }),
            }
        }
        keys
    }
}

impl Key<'_> {
    fn cell(&self, value: Option<String>) -> Cell {
        if self.is_number {
            Cell::Number(value.as_deref().and_then(number))
        } else {
            Cell::Text(value.unwrap_or_default())
        }
    }
}

/// A number of TOML.
fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

/// The last parts of dotted keys, as many as tell them apart.
pub(super) fn short_names(keys: &[&str]) -> Vec<String> {
    let last = |key: &str, parts: usize| {
        let all: Vec<&str> = key.split('.').collect();
        all[all.len().saturating_sub(parts)..].join(".")
    };
    keys.iter()
        .map(|key| {
            let is_own = |parts: &usize| {
                keys.iter().filter(|other| last(other, *parts) == last(key, *parts)).count() == 1
            };
            let parts = (1..key.split('.').count()).find(is_own);
            parts.map_or_else(|| (*key).to_owned(), |parts| last(key, parts))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::short_names;

    #[test]
    fn keys_are_as_short_as_they_can_be() {
        let keys = ["simulation.horizon", "assets.BTC.model.volatility", "assets.ETH.model.volatility"];
        assert_eq!(short_names(&keys), ["horizon", "BTC.model.volatility", "ETH.model.volatility"]);
        assert_eq!(short_names(&["name"]), ["name"]);
    }
}
