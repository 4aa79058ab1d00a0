//! Tables for other programs: typed columns, written row by row, so that memory does not grow with their number.

use std::io::{self, Write};
use std::path::Path;

use super::UnknownExtension;
use super::flat::Cell;
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Text; what does not exist is an empty cell.
    Csv,
    /// Typed columns; what does not exist is null.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Extensions of tables and the formats they stand for.
const EXTENSIONS: &[(&str, TableFormat)] = &[
    ("csv", TableFormat::Csv),
    #[cfg(feature = "parquet")]
    ("parquet", TableFormat::Parquet),
];

impl TableFormat {
    /// The format that the extension of a file stands for, in upper or lower case.
    ///
    /// # Errors
    /// It stands for none.
    pub fn from_extension(path: &Path) -> Result<Self, UnknownExtension> {
        super::format::by_extension(path, EXTENSIONS)
    }
}

/// A table that is written row by row.
pub struct TableWriter<W: Write + Send>(Sink<W>);

enum Sink<W: Write + Send> {
    Csv(::csv::Writer<W>),
    #[cfg(feature = "parquet")]
    Parquet(ParquetTable<W>),
}

impl<W: Write + Send> TableWriter<W> {
    /// A table with columns of these names and the kinds of these cells, which are not written themselves.
    ///
    /// # Errors
    /// The sink cannot be written to.
    pub fn new(sink: W, format: TableFormat, columns: &[(String, Cell)]) -> io::Result<Self> {
        Ok(Self(match format {
            TableFormat::Csv => {
                let mut writer = ::csv::Writer::from_writer(sink);
                writer.write_record(columns.iter().map(|(name, _)| name)).map_err(io_error)?;
                Sink::Csv(writer)
            }
            #[cfg(feature = "parquet")]
            TableFormat::Parquet => {
                Sink::Parquet(ParquetTable::new(sink, columns).map_err(io::Error::other)?)
            }
        }))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The sink cannot be written to, or the row has other columns.
    pub fn push<'a>(&mut self, row: impl ExactSizeIterator<Item = &'a Cell>) -> io::Result<()> {
        match &mut self.0 {
            Sink::Csv(writer) => writer.write_record(row.map(Cell::text)).map_err(io_error),
            #[cfg(feature = "parquet")]
            Sink::Parquet(table) => table.push(row).map_err(io::Error::other),
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The sink cannot be written to.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Sink::Csv(mut writer) => writer.flush(),
            #[cfg(feature = "parquet")]
            Sink::Parquet(table) => table.finish().map_err(io::Error::other),
        }
    }
}

/// The error of the sink itself, so that a broken pipe is known as one.
fn io_error(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}
