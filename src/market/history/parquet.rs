//! Tables in Parquet as lines of fields: the columns that are no lists, times as numbers since 1970.

use std::fmt::Write;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::refusal::Refusal;

/// The table of a Parquet file as lines with commas.
pub(super) fn text(bytes: &[u8]) -> Result<String, Refusal> {
    lines(bytes).map_err(|error| match error {
        ParquetError::General(words) if words.contains("Disabled feature") => Refusal::Packed {
            format: "a Parquet file with another compression than Snappy",
            remedy: "write it anew (`pandas.read_parquet('FILE').to_parquet('prices.parquet', compression='snappy')`)",
        },
        error => Refusal::Malformed(format!("a Parquet file that cannot be read: {error}")),
    })
}

fn lines(bytes: &[u8]) -> Result<String, ParquetError> {
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes))?;
    let schema = reader.metadata().file_metadata().schema_descr().root_schema();
    let names: Vec<String> = schema.get_fields().iter().map(|field| quoted(field.name())).collect();
    let mut text = names.join(",") + "\n";
    for row in reader.get_row_iter(None)? {
        let row = row?;
        for (index, (_, field)) in row.get_column_iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            // Writing to a string cannot fail.
            let _ = match field {
                Field::Null => write!(text, "null"),
                Field::Str(words) => write!(text, "{}", quoted(words)),
                Field::Date(days) => write!(text, "{}", 86_400 * i64::from(*days)),
                Field::TimestampMillis(time) | Field::TimestampMicros(time) => write!(text, "{time}"),
                Field::Float(number) => write!(text, "{number}"),
                Field::Double(number) => write!(text, "{number}"),
                Field::Byte(number) => write!(text, "{number}"),
                Field::Short(number) => write!(text, "{number}"),
                Field::Int(number) => write!(text, "{number}"),
                Field::Long(number) => write!(text, "{number}"),
                Field::UByte(number) => write!(text, "{number}"),
                Field::UShort(number) => write!(text, "{number}"),
                Field::UInt(number) => write!(text, "{number}"),
                Field::ULong(number) => write!(text, "{number}"),
                Field::Bool(value) => write!(text, "{value}"),
                other => write!(text, "{}", quoted(&other.to_string())),
            };
        }
        text.push('\n');
    }
    Ok(text)
}

fn quoted(words: &str) -> String {
    format!("\"{}\"", words.replace('"', "\"\""))
}
