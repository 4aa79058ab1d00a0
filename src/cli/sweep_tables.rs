//! The tables of a sweep: index.csv, results.csv, results.parquet, and the ranking.
//!
//! Results are read back cell by cell, so memory does not grow with their number. `results.csv` and `results.parquet` hold the same rows, one
//! per cell and level; in Parquet columns `cell` (integer), `file` and one per swept key come first, the latter with the name of the key: doubles where all
//! values of the sweep are numbers, text otherwise.

use std::fmt;
use std::io::{self, Write};

use anyhow::Context;

use liqsim::report::{Cell, TableFormat, TableWriter, flat_row};
use liqsim::study::{Metrics, ResultsFolder};

use super::sweep::{SweptFile, cells};

/// Rows of the ranking that are printed.
const MOST_RANKED: usize = 20;

/// Everything the tables are made from.
pub struct Tables<'a> {
    /// The results.
    pub folder: &'a ResultsFolder,
    /// What was swept.
    pub sources: &'a [SweptFile],
    /// Title and identity of every cell.
    pub identities: &'a [(String, String)],
}

/// A swept key.
struct Key<'a> {
    name: &'a str,
    is_number: bool,
}

impl Tables<'_> {
    /// One row per cell: its number, file, identity and values.
    pub fn write_index(&self) -> anyhow::Result<()> {
        let keys = self.keys();
        self.folder.write_table("index.csv", |file| {
            let mut writer = csv::Writer::from_writer(file);
            let head = ["cell", "file", "scenario", "identity"];
            writer.write_record(head.into_iter().chain(keys.iter().map(|key| key.name)))?;
            for (number, ((source, cell), (name, identity))) in
                cells(self.sources).zip(self.identities).enumerate()
            {
                let (number, file) = ((number + 1).to_string(), source.file.display().to_string());
                let values = keys.iter().map(|key| value(source, cell, key.name).unwrap_or_default());
                let row = [number, file, name.clone(), identity.clone()].into_iter().chain(values);
                writer.write_record(row)?;
            }
            writer.flush()
        })?;
        Ok(())
    }

    /// One row per cell and level; both tables and the ranking from one reading of the results.
    pub fn write_results(&self, ranking: &mut Ranking<'_>) -> anyhow::Result<()> {
        self.folder.write_table("results.csv", |csv| {
            #[cfg(feature = "parquet")]
            let written = self.folder.write_table("results.parquet", |parquet| {
                self.rows(csv, Some((parquet, TableFormat::Parquet)), ranking).map_err(io::Error::other)
            });
            #[cfg(not(feature = "parquet"))]
            let written = self.rows(csv, None, ranking).map_err(io::Error::other);
            written
        })?;
        Ok(())
    }

    fn rows(
        &self,
        csv: &mut (dyn Write + Send),
        whole: Option<(&mut (dyn Write + Send), TableFormat)>,
        ranking: &mut Ranking<'_>,
    ) -> anyhow::Result<()> {
        let keys = self.keys();
        let (mut plain, mut with_keys) = (None, None);
        let (mut csv, mut sink) = (Some(csv), whole);
        for (number, ((source, cell), (_, identity))) in cells(self.sources).zip(self.identities).enumerate()
        {
            let result =
                self.folder.finished(identity).with_context(|| format!("the result {identity} is gone"))?;
            for level in &result.levels {
                let row = flat_row(&result, level);
                let mut whole = vec![
                    ("cell".to_owned(), Cell::Count(number as u64 + 1)),
                    ("file".to_owned(), Cell::Text(source.file.display().to_string())),
                ];
                whole.extend(keys.iter().map(|key| (key.name.to_owned(), key.cell(source, cell))));
                whole.extend(row.iter().cloned());
                if let Some(csv) = csv.take() {
                    plain = Some(TableWriter::new(csv, TableFormat::Csv, &row)?);
                }
                if let Some((sink, format)) = sink.take() {
                    with_keys = Some(TableWriter::new(sink, format, &whole)?);
                }
                for (table, row) in [(&mut plain, &row), (&mut with_keys, &whole)] {
                    if let Some(table) = table {
                        table.push(row.iter().map(|(_, cell)| cell))?;
                    }
                }
                if let Some(found) =
                    ranking.metric.and_then(|metric| Metrics::new(level, result.paths).get(metric))
                {
                    let value = found.estimate().value;
                    let name = || label(source, cell);
                    ranking.add(Ranked { value, cell: number + 1, leverage: level.leverage }, name);
                }
            }
        }
        for table in [plain, with_keys].into_iter().flatten() {
            table.finish()?;
        }
        Ok(())
    }

    /// The keys of all files, in the order in which they come.
    fn keys(&self) -> Vec<Key<'_>> {
        let mut keys: Vec<Key<'_>> = Vec::new();
        for axis in self.sources.iter().flat_map(|source| &source.cells.axes) {
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
    fn cell(&self, source: &SweptFile, cell: usize) -> Cell {
        let value = value(source, cell, self.name);
        if self.is_number {
            Cell::Number(value.as_deref().and_then(number))
        } else {
            Cell::Text(value.unwrap_or_default())
        }
    }
}

/// The value of a key in a cell; none where its file does not sweep it.
pub fn value(source: &SweptFile, cell: usize, key: &str) -> Option<String> {
    let at = source.cells.axes.iter().position(|axis| axis.key == key)?;
    Some(source.cells.values(cell)[at].trim_matches('"').to_owned())
}

/// A number of TOML.
fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

/// What tells a cell from the others.
pub fn label(source: &SweptFile, cell: usize) -> String {
    if source.cells.axes.is_empty() {
        source.file.display().to_string()
    } else {
        source.cells.overrides(cell).join(" ")
    }
}

/// The best levels by a metric.
pub struct Ranking<'a> {
    metric: Option<&'a str>,
    descending: bool,
    best: Vec<(Ranked, String)>,
}

/// A level with its value of the metric.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    value: f64,
    cell: usize,
    leverage: f64,
}

impl<'a> Ranking<'a> {
    /// By rising values of a metric, or by falling ones; empty without a metric.
    pub fn new(metric: Option<&'a str>, descending: bool) -> Self {
        Self { metric, descending, best: Vec::new() }
    }

    fn add(&mut self, ranked: Ranked, name: impl FnOnce() -> String) {
        let is_after = |other: &(Ranked, String)| {
            let order = ranked.value.total_cmp(&other.0.value);
            if self.descending { order.is_le() } else { order.is_ge() }
        };
        let place = self.best.partition_point(is_after);
        if place < MOST_RANKED {
            self.best.insert(place, (ranked, name()));
            self.best.truncate(MOST_RANKED);
        }
    }
}

impl fmt::Display for Ranking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(metric) = self.metric else { return Ok(()) };
        writeln!(f, "By {metric}:")?;
        self.best.iter().try_for_each(|(Ranked { value, cell, leverage }, name)| {
            writeln!(f, "{value:>14.6}  cell {cell}, {leverage}x  {name}")
        })
    }
}
