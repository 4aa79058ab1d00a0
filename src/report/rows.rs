//! Tables for other programs: typed columns, written row by row, so that memory does not grow with their number.

use std::io::{self, Write};

use super::cell::Cell;
use super::format::{Format, RenderError};
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;

/// The formats of tables.
pub const TABLE_FORMATS: &[Format] = &[
    Format::Csv,
    #[cfg(feature = "parquet")]
    Format::Parquet,
];

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
    /// The sink cannot be written to, or the format is no table's ([`TABLE_FORMATS`]).
    pub fn new(sink: W, format: Format, columns: &[(String, Cell)]) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Csv => {
                let mut writer = ::csv::Writer::from_writer(sink);
                writer.write_record(columns.iter().map(|(name, _)| name)).map_err(io_error)?;
                Sink::Csv(writer)
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => Sink::Parquet(ParquetTable::new(sink, columns).map_err(io::Error::other)?),
            other => return Err(io::Error::other(RenderError::Format(other))),
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
