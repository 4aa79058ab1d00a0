//! Parquet: rows of typed columns, for DuckDB, Polars, pandas.
//!
//! A column is UTF-8 text, an unsigned 64-bit integer, or a double that may be absent (null), by what its cells are in the first row. Pages are
//! compressed by Snappy, which every reader knows. Rows are written in groups, so memory does not grow with their number.

use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;

use super::cell::Cell;

/// Rows of a group.
const GROUP: usize = 16_384;

/// A table that is written row by row.
pub struct ParquetTable<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Column>,
    rows: usize,
}

/// The cells of a column that are not written yet.
enum Column {
    Text(Vec<ByteArray>),
    Count(Vec<i64>),
    /// The numbers that there are, and for each row whether there is one.
    Number(Vec<f64>, Vec<i16>),
}

impl<W: Write + Send> ParquetTable<W> {
    /// A table with columns of these names and the kinds of these cells; nothing is written yet.
    ///
    /// # Errors
    /// The sink cannot be written to.
    pub fn new(sink: W, row: &[(String, Cell)]) -> Result<Self> {
        let field = |(name, cell): &(String, Cell)| {
            let (kind, need, converted) = match cell {
                Cell::Text(_) => (Physical::BYTE_ARRAY, Repetition::REQUIRED, ConvertedType::UTF8),
                Cell::Count(_) => (Physical::INT64, Repetition::REQUIRED, ConvertedType::UINT_64),
                Cell::Number(_) => (Physical::DOUBLE, Repetition::OPTIONAL, ConvertedType::NONE),
            };
            let builder = Type::primitive_type_builder(name, kind);
            builder.with_repetition(need).with_converted_type(converted).build().map(Arc::new)
        };
        let fields = row.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("liqsim").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("liqsim ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let columns = row.iter().map(|(_, cell)| Column::of(cell)).collect();
        let writer = SerializedFileWriter::new(sink, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, columns, rows: 0 })
    }

    /// Adds a row with the same columns as the first.
    ///
    /// # Errors
    /// The sink cannot be written to, or a cell is of another kind than its column.
    pub fn push<'a>(&mut self, row: impl ExactSizeIterator<Item = &'a Cell>) -> Result<()> {
        if row.len() != self.columns.len() {
            return Err(ParquetError::General("a row has other columns than the first".to_owned()));
        }
        for (column, cell) in self.columns.iter_mut().zip(row) {
            match (column, cell) {
                (Column::Text(texts), Cell::Text(text)) => texts.push(text.as_str().into()),
                // The bits of an unsigned number, as the format has it.
                (Column::Count(counts), Cell::Count(count)) => counts.push(count.cast_signed()),
                (Column::Number(numbers, present), Cell::Number(number)) => {
                    numbers.extend(number);
                    present.push(i16::from(number.is_some()));
                }
                _ => {
                    return Err(ParquetError::General(
                        "a cell is of another kind than its column".to_owned(),
                    ));
                }
            }
        }
        self.rows += 1;
        if self.rows == GROUP { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            match column {
                Column::Text(texts) => writer.typed::<ByteArrayType>().write_batch(texts, None, None)?,
                Column::Count(counts) => writer.typed::<Int64Type>().write_batch(counts, None, None)?,
                Column::Number(numbers, present) => {
                    writer.typed::<DoubleType>().write_batch(numbers, Some(present), None)?
                }
            };
            writer.close()?;
            column.clear();
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Writes what is left and the footer.
    ///
    /// # Errors
    /// The sink cannot be written to.
    pub fn finish(mut self) -> Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.close().map(|_| ())
    }
}

impl Column {
    fn of(cell: &Cell) -> Self {
        match cell {
            Cell::Text(_) => Self::Text(Vec::new()),
            Cell::Count(_) => Self::Count(Vec::new()),
            Cell::Number(_) => Self::Number(Vec::new(), Vec::new()),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Text(texts) => texts.clear(),
            Self::Count(counts) => counts.clear(),
            Self::Number(numbers, present) => {
                numbers.clear();
                present.clear();
            }
        }
    }
}
