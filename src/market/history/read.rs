//! From a file's bytes to a history and its report.

use std::io;
use std::path::Path;

use super::clean::clean;
use super::columns::Want;
use super::error::HistoryError;
use super::issue::HistoryReport;
use super::options::ReadOptions;
use super::packing::{self, Unread};
use super::series::PriceHistory;
use super::table::{self, Table};
use crate::market::input_file::{LARGEST_DATA, read_input, read_limited};

impl PriceHistory {
    /// Reads a history from a file in any of the layouts of docs/prices.md; `-` is standard input.
    ///
    /// # Errors
    /// The file cannot be read, or not with certainty: see [`HistoryError`]. What can be understood but is wrong (gaps,
    /// duplicates, crossed bars) is no error: it is on the report.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<(Self, HistoryReport), HistoryError> {
        let (name, bytes) = if path == Path::new("-") {
            ("standard input".to_owned(), read_limited(io::stdin().lock(), LARGEST_DATA))
        } else {
            (path.display().to_string(), read_input(path, LARGEST_DATA))
        };
        let bytes = bytes.map_err(|error| HistoryError::Read { source_name: name.clone(), error })?;
        Self::from_bytes(&name, &bytes, options)
    }

    /// Reads a history from the bytes of a file; `name` stands for the file in errors and the report.
    ///
    /// # Errors
    /// As [`PriceHistory::read`].
    pub fn from_bytes(
        name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        let mut table = table_of(name, bytes, Want::Prices, options)?;
        let (bars, interval) = clean(&mut table).map_err(|refused| refused_in(name, refused))?;
        let Table { rows, close_only, symbol, issues, decisions, .. } = table;
        let hash = blake3::hash(bytes).to_hex().to_string();
        let report =
            HistoryReport { source: name.to_owned(), hash, symbol, rows: rows.len(), issues, decisions };
        Ok((Self { bars, interval, close_only }, report))
    }
}

/// The rows of a file's bytes.
pub(in crate::market) fn table_of(
    name: &str,
    bytes: &[u8],
    want: Want,
    options: &ReadOptions,
) -> Result<Table, HistoryError> {
    let (text, words) = packing::text(bytes).map_err(|unread| match unread {
        Unread::Packed(error) => HistoryError::Read { source_name: name.to_owned(), error },
        Unread::Refused(refused) => refused_in(name, refused),
    })?;
    let mut table = table::read(&text, want, options).map_err(|refused| refused_in(name, refused))?;
    table.decisions.extend(words);
    Ok(table)
}

/// A refusal with the name of the file.
pub(in crate::market) fn refused_in(name: &str, (line, reason): super::refusal::Refused) -> HistoryError {
    HistoryError::Refused { source_name: name.to_owned(), line, reason }
}
