//! From a file's bytes to a history and its report.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use flate2::read::MultiGzDecoder;

use super::clean::clean;
use super::columns::{Columns, ColumnsError};
use super::issue::{HistoryReport, Issue, IssueKind};
use super::series::{HistoricalBar, PriceHistory};
use super::time::parse_time;

/// Why a price history could not be read. Every variant names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be read or decompressed.
    #[error("cannot read {source_name}: {error}")]
    Read {
        /// The file as named.
        source_name: String,
        /// The reason.
        error: io::Error,
    },
    /// A zip archive, as exchanges offer them.
    #[error("{source_name} is a zip archive: unpack it first, the CSV inside is read as it is")]
    Zip {
        /// The file as named.
        source_name: String,
    },
    /// Not CSV.
    #[error("{source_name}, line {line}: {problem}")]
    Malformed {
        /// The file as named.
        source_name: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// The columns cannot be told from the header.
    #[error("{source_name}, line {line}: {error}; the header is {header:?}")]
    Columns {
        /// The file as named.
        source_name: String,
        /// Line, from 1.
        line: u64,
        /// What is missing.
        error: ColumnsError,
        /// The header line.
        header: String,
    },
    /// A row lacks a column that the header has.
    #[error("{source_name}, line {line}: the row has {found} fields, too few for the columns of the header")]
    Short {
        /// The file as named.
        source_name: String,
        /// Line, from 1.
        line: u64,
        /// Fields of the row.
        found: usize,
    },
    /// A field is not what its column needs.
    #[error("{source_name}, line {line}: {value:?} is not a {expected}")]
    Value {
        /// The file as named.
        source_name: String,
        /// Line, from 1.
        line: u64,
        /// The text of the field.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Fewer than two usable bars.
    #[error("{source_name} holds {bars} usable bars of {rows} rows: at least 2 are needed")]
    TooFew {
        /// The file as named.
        source_name: String,
        /// Bars that are left.
        bars: usize,
        /// Rows of data in the file.
        rows: usize,
    },
}

/// A row as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub bar: HistoricalBar,
    pub line: u64,
}

impl PriceHistory {
    /// Reads a history from a CSV file, plain or gzip; `-` is standard input.
    ///
    /// # Errors
    /// The file cannot be read, or a row of it cannot be understood: see [`HistoryError`]. What can be understood but is
    /// wrong (gaps, duplicates, crossed bars) is no error: it is on the report.
    pub fn read(path: &Path) -> Result<(Self, HistoryReport), HistoryError> {
        let (name, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            let result = io::stdin().lock().read_to_end(&mut bytes);
            ("standard input".to_owned(), result.map(|_| bytes))
        } else {
            (path.display().to_string(), fs::read(path))
        };
        let bytes = bytes.map_err(|error| HistoryError::Read { source_name: name.clone(), error })?;
        Self::from_bytes(&name, &bytes)
    }

    /// Reads a history from the bytes of a file, plain or gzip; `name` stands for the file in errors and the report.
    ///
    /// # Errors
    /// As [`PriceHistory::read`].
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<(Self, HistoryReport), HistoryError> {
        let source_name = || name.to_owned();
        let unpacked;
        let text = if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut buffer = Vec::new();
            MultiGzDecoder::new(bytes)
                .read_to_end(&mut buffer)
                .map_err(|error| HistoryError::Read { source_name: source_name(), error })?;
            unpacked = buffer;
            &unpacked[..]
        } else if bytes.starts_with(b"PK\x03\x04") {
            return Err(HistoryError::Zip { source_name: source_name() });
        } else {
            bytes
        };
        let mut issues = Vec::new();
        let (rows, close_only) = parse(name, text, &mut issues)?;
        let row_count = rows.len();
        let (bars, interval) = clean(rows, &mut issues).map_err(|bars| HistoryError::TooFew {
            source_name: source_name(),
            bars,
            rows: row_count,
        })?;
        let hash = blake3::hash(bytes).to_hex().to_string();
        let report = HistoryReport { source: source_name(), hash, rows: row_count, issues };
        Ok((Self { bars, interval, close_only }, report))
    }
}

/// The rows of the file in its own order, and whether it holds closes only.
fn parse(name: &str, text: &[u8], issues: &mut Vec<Issue>) -> Result<(Vec<Row>, bool), HistoryError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let (text, skipped) = skip_preamble(text);
    if skipped > 0 {
        issues.push(Issue { time: 0, line: Some(1), kind: IssueKind::Preamble });
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .from_reader(text);
    let mut record = StringRecord::new();
    let mut header = StringRecord::new();
    let mut columns = None;
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let more = reader.read_record(&mut record);
        let line = skipped + record.position().map_or_else(|| reader.position().line(), csv::Position::line);
        let malformed =
            |problem: String| HistoryError::Malformed { source_name: name.to_owned(), line, problem };
        match more {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let problem = match error.kind() {
                    csv::ErrorKind::Utf8 { .. } => "not text (UTF-8)".to_owned(),
                    _ => error.to_string(),
                };
                return Err(malformed(problem));
            }
        }
        let Some(known) = columns else {
            columns = Some(match Columns::of_first_row(&record) {
                Some(columns) => {
                    rows.push(row(name, line, &record, &columns)?);
                    columns
                }
                None => {
                    header.clone_from(&record);
                    Columns::of_header(&record).map_err(|error| HistoryError::Columns {
                        source_name: name.to_owned(),
                        line,
                        error,
                        header: shorten(&record.iter().collect::<Vec<_>>().join(",")),
                    })?
                }
            });
            continue;
        };
        if record == header {
            let time = rows.last().map_or(0, |row| row.bar.time);
            issues.push(Issue { time, line: Some(line), kind: IssueKind::RepeatedHeader });
            continue;
        }
        rows.push(row(name, line, &record, &known)?);
    }
    match columns {
        Some(columns) => Ok((rows, columns.range.is_none())),
        None => Err(HistoryError::TooFew { source_name: name.to_owned(), bars: 0, rows: 0 }),
    }
}

/// The text behind a first line that is a link or a comment, as some data sites put it, and how many lines that is.
fn skip_preamble(text: &[u8]) -> (&[u8], u64) {
    let is_preamble = text.starts_with(b"http") || text.starts_with(b"#");
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) if is_preamble => (&text[end + 1..], 1),
        _ => (text, 0),
    }
}

/// The separator that the first line uses most: comma, semicolon or tab.
fn delimiter(text: &[u8]) -> u8 {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    // The last of equals wins, so the comma stands last.
    *b";\t,".iter().max_by_key(|separator| count(**separator)).unwrap_or(&b',')
}

fn row(name: &str, line: u64, record: &StringRecord, columns: &Columns) -> Result<Row, HistoryError> {
    let field = |index: usize| {
        record.get(index).ok_or_else(|| HistoryError::Short {
            source_name: name.to_owned(),
            line,
            found: record.len(),
        })
    };
    let wrong = |value: &str, expected| HistoryError::Value {
        source_name: name.to_owned(),
        line,
        value: shorten(value),
        expected,
    };
    let number = |index: usize| -> Result<f64, HistoryError> {
        let text = field(index)?;
        // The ways in which files say that there is no value; NaN is dealt with (and reported) later.
        if ["", "null", "none", "na", "n/a", "-"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Ok(f64::NAN);
        }
        match text.parse::<f64>() {
            Ok(value) if !value.is_infinite() => Ok(value),
            _ => Err(wrong(text, "number")),
        }
    };
    let text = field(columns.time)?;
    let time = parse_time(text)
        .ok_or_else(|| wrong(text, "time (since 1970, or ISO 8601 such as 2024-01-31T05:00:00Z)"))?;
    let close = number(columns.close)?;
    let [open, high, low] = match columns.range {
        Some([open, high, low]) => [number(open)?, number(high)?, number(low)?],
        None => [close; 3],
    };
    let volume = columns.volume.map_or(Ok(0.0), number)?;
    let volume = if volume.is_nan() { 0.0 } else { volume };
    Ok(Row { bar: HistoricalBar { time, open, high, low, close, volume }, line })
}

/// Text short enough for a message.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).collect::<String>() + "…"
    }
}
