//! Where the table begins in a text: the separator of fields, lines before the header, the header, the first row.

use csv::StringRecord;

use super::lines::records;
use super::names::is_known_name;
use super::number;
use super::refusal::{Refusal, Refused};
use super::stamp;

/// Separators; one that stands within numbers comes last.
const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Records that decide about the layout.
const SAMPLE: usize = 300;
/// A separator divides at least this share of the records into the same number of fields.
const AGREEING: f64 = 0.5;

/// How the fields of a text are laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Between fields.
    pub separator: u8,
    /// Fields of a row.
    pub fields: usize,
    /// Header lines, one below the other; none in many dumps.
    pub headers: Vec<StringRecord>,
    /// Line of the first header, or of the first row.
    pub head_line: u64,
    /// Lines before the header that are left out.
    pub preamble: u64,
    /// Place of the first row in the text, and its line.
    pub data: (usize, u64),
}

/// A record with its place.
struct Found {
    byte: usize,
    line: u64,
    record: StringRecord,
}

impl Layout {
    /// Finds the layout of a text from its beginning.
    pub fn of(text: &str) -> Result<Self, Refused> {
        let (chosen, start) = separator_line(text);
        let first_line = if start > 0 { 2 } else { 1 };
        let candidates: Vec<u8> = chosen.map_or_else(|| SEPARATORS.to_vec(), |separator| vec![separator]);
        for separator in candidates {
            let found = sample(text, start, first_line, separator)?;
            if found.is_empty() {
                return Err((None, Refusal::TooFew { bars: 0, rows: 0 }));
            }
            let Some(fields) = usual_fields(&found) else { continue };
            return Self::with(separator, fields, &found, u64::from(start > 0));
        }
        Err((Some(first_line), Refusal::NoTable))
    }

    fn with(separator: u8, fields: usize, found: &[Found], skipped: u64) -> Result<Self, Refused> {
        let fits = |record: &StringRecord| record.len() == fields;
        // A data frame without names writes the numbers of its columns: 0, 1, 2, ...
        let counted = found.iter().position(|found| fits(&found.record) && is_counted(&found.record));
        let is_row = |found: &Found| fits(&found.record) && has_values(&found.record);
        let start = counted.filter(|at| !found[..*at].iter().any(is_row)).map_or(0, |at| at + 1);
        let found = &found[start..];
        let Some(first) = found.iter().position(is_row) else {
            let odd = found.iter().find(|found| !fits(&found.record) && has_values(&found.record));
            if let Some(odd) = odd.filter(|_| found.iter().any(|found| knows_names(&found.record))) {
                let reason = Refusal::Fields { found: odd.record.len(), expected: fields, by: "the header" };
                return Err((Some(odd.line), reason));
            }
            let line = found.iter().find(|found| fits(&found.record)).map(|found| found.line);
            return Err((line, Refusal::TooFew { bars: 0, rows: 0 }));
        };
        // Rows that all end with a separator have an empty field more than their header.
        let rows = || found[first..].iter().filter(|found| fits(&found.record));
        let is_open_ended = rows().all(|found| found.record.get(fields - 1) == Some(""));
        let names = |count: usize| is_open_ended && count + 1 == fields;
        // ... or a header that ends with one has more than its rows.
        let ends_open = |record: &StringRecord| record.len() == fields + 1 && record.get(fields) == Some("");
        let is_header = |record: &StringRecord| {
            (fits(record) || names(record.len()) || ends_open(record))
                && (!is_comment(record) || knows_names(record))
        };
        let headers = found[..first].iter().rev().take_while(|found| is_header(&found.record)).count();
        let (before, head) = found[..first].split_at(first - headers);
        // What stands before the header says something about the file; rows there are rows of another shape.
        let row = before.iter().find_map(|found| Some((found, row_in(&found.record, separator)?)));
        if let Some((row, other)) = row {
            let line = Some(found[first].line);
            return Err(match other {
                Some(other) => (line, Refusal::Separator { found: separator.into(), expected: other.into() }),
                None => {
                    let expected = row.record.len();
                    (line, Refusal::Fields { found: fields, expected, by: "the rows before" })
                }
            });
        }
        let odd = before.iter().find(|found| !is_comment(&found.record) && knows_names(&found.record));
        if let Some(odd) = odd.filter(|_| headers == 0) {
            let line = Some(found[first].line);
            let expected = odd.record.len();
            return Err((line, Refusal::Fields { found: fields, expected, by: "the header" }));
        }
        let fields = if head.iter().any(|found| names(found.record.len())) { fields - 1 } else { fields };
        Ok(Self {
            separator,
            fields,
            headers: head.iter().map(|found| found.record.clone()).collect(),
            head_line: found[first - headers].line,
            preamble: before.len() as u64 + skipped,
            data: (found[first].byte, found[first].line),
        })
    }

    /// Whether a record has as many fields as a row; an empty field more at the end is none.
    pub fn fits(&self, record: &StringRecord) -> bool {
        record.len() == self.fields || record.len() == self.fields + 1 && record.get(self.fields) == Some("")
    }

    /// The header as one line, or the first words of a file without one.
    pub fn header_text(&self) -> String {
        match self.headers.last() {
            Some(_) => {
                let lines: Vec<String> =
                    self.headers.iter().map(|header| header.iter().collect::<Vec<_>>().join(",")).collect();
                super::words::shorten(&lines.join(" / "))
            }
            None => "none".to_owned(),
        }
    }
}

/// The separator that a first line "sep=;" names, and where the text goes on.
fn separator_line(text: &str) -> (Option<u8>, usize) {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = text[..end].trim().trim_matches('"');
    match line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP=")).map(str::as_bytes) {
        Some([separator]) => {
            let rest = &text[end..];
            let breaks = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
            (Some(*separator), end + breaks)
        }
        _ => (None, 0),
    }
}

fn sample(text: &str, start: usize, first_line: u64, separator: u8) -> Result<Vec<Found>, Refused> {
    let (mut reader, mut lines) = records(&text.as_bytes()[start..], start, first_line, separator);
    let mut found = Vec::new();
    let mut record = StringRecord::new();
    while found.len() < SAMPLE {
        match reader.read_record(&mut record) {
            Ok(true) => {
                let byte = start + record.position().map_or(0, |position| position.byte() as usize);
                let line = lines.of(byte);
                if holds_rows(&record, separator) && separator == b',' {
                    return Err((Some(line), Refusal::Quote));
                }
                if record.iter().any(|field| !field.is_empty()) && !is_rule(&record) {
                    found.push(Found { byte: lines.place(), line, record: record.clone() });
                }
            }
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map(|position| lines.of(start + position.byte() as usize));
                return Err((line, Refusal::Malformed(error.to_string())));
            }
        }
    }
    Ok(found)
}

/// The number of fields that most records have; `None` if it is 1, or if they disagree.
fn usual_fields(found: &[Found]) -> Option<usize> {
    let mut counts = std::collections::BTreeMap::new();
    let mut all = 0;
    for found in found.iter().filter(|found| !is_comment(&found.record)) {
        *counts.entry(found.record.len()).or_insert(0) += 1;
        all += 1;
    }
    // The larger of equals: a line before the header has fewer.
    let (fields, most) = counts.into_iter().max_by_key(|(fields, count)| (*count, *fields))?;
    (fields > 1 && most as f64 >= AGREEING * f64::from(all)).then_some(fields)
}

/// Whether the fields are 0, 1, 2, ..., with or without a first one for the index.
fn is_counted(record: &StringRecord) -> bool {
    let counts =
        |from: usize| record.iter().skip(from).enumerate().all(|(number, field)| field.parse() == Ok(number));
    record.len() > 2 && (counts(0) || counts(1) && !number::looks_numeric(&record[0]))
}

/// Whether the line is drawn, as between a header and the rows in tables for reading.
pub(super) fn is_rule(record: &StringRecord) -> bool {
    let is_drawn = |field: &str| field.chars().all(|c| "-=+:|─━┼╪ ".contains(c));
    record.iter().all(is_drawn) && record.iter().any(|field| field.chars().count() > 1)
}

/// Whether the line is a remark.
pub(super) fn is_comment(record: &StringRecord) -> bool {
    record
        .get(0)
        .is_some_and(|first| first.starts_with('#') || first.starts_with("//") || first.starts_with("http"))
}

/// Whether a field is a number or a time, so that this is a row and no header.
pub(super) fn has_values(record: &StringRecord) -> bool {
    // From the last, which is a number in most rows: times take longer to read.
    record.iter().rev().any(|field| number::looks_numeric(field) || stamp::read(field).is_ok())
}

/// Whether a record that does not fit is a row nevertheless: at least three numbers, and more of them than of words. Gives the
/// separator where it is another one.
fn row_in(record: &StringRecord, separator: u8) -> Option<Option<u8>> {
    let is_row = |fields: &mut dyn Iterator<Item = &str>| {
        let (mut values, mut others) = (0, 0);
        for field in fields.map(str::trim).filter(|field| !field.is_empty()) {
            let is_value = number::looks_numeric(field) || stamp::read(field).is_ok();
            *(if is_value { &mut values } else { &mut others }) += 1;
        }
        values >= 3 && values > others
    };
    if is_comment(record) {
        return None;
    }
    if is_row(&mut record.iter()) {
        return Some(None);
    }
    let [only] = record.iter().collect::<Vec<_>>()[..] else { return None };
    let others = SEPARATORS.into_iter().filter(|other| *other != separator);
    others.map(char::from).find(|other| is_row(&mut only.split(*other))).map(|other| Some(other as u8))
}

/// The refusal of a row that has another separator than the rest.
pub(super) fn other_separator(record: &StringRecord, separator: u8) -> Option<Refusal> {
    let found = if record.len() > 1 { None } else { row_in(record, separator).flatten() };
    found.map(|found| Refusal::Separator { found: found.into(), expected: separator.into() })
}

/// Whether a quoted field goes on over rows of the file: a quote that nothing closes takes in all that follows.
pub(super) fn holds_rows(record: &StringRecord, separator: u8) -> bool {
    let breaks = |c: char| c == '\n' || c == '\r';
    record.as_slice().contains(breaks)
        && record.iter().filter(|field| field.contains(breaks)).any(|field| {
            // The rest of the row in which it begins, or a row behind it.
            field.split(breaks).any(|line| line.contains(char::from(separator)))
        })
}

/// Whether the names of a header are among the fields.
pub(super) fn knows_names(record: &StringRecord) -> bool {
    record.len() > 1 && record.iter().filter(|field| is_known_name(field)).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::of(text).unwrap()
    }

    #[test]
    fn separators_and_lines_before_the_header_are_found() {
        for (text, separator, preamble, headers, line) in [
            ("time,close\n2024-01-01,1\n2024-01-02,2\n", b',', 0, 1, 2),
            ("sep=;\ntime;close\n2024-01-01;1\n", b';', 1, 1, 3),
            ("# made up\n# unit: USD\n\ntime,open,close\n2024-01-01,1,2\n2024-01-02,2,3\n", b',', 2, 1, 5),
            ("Prices of BTC\ntime\tclose\n2024-01-01\t1,5\n2024-01-02\t2,5\n", b'\t', 1, 1, 3),
            ("time;close\n2024-01-01;1,5\n2024-01-02;2,5\n", b';', 0, 1, 2),
            ("2024-01-01|1.5\n2024-01-02|2.5\n", b'|', 0, 0, 1),
            ("Price,Close\nTicker,BTC-USD\nDate,\n2024-01-01,5\n2024-01-02,5\n", b',', 0, 3, 4),
            ("#time,close\n2024-01-01,1\n2024-01-02,2\n", b',', 0, 1, 2),
            ("time,close,\n2024-01-01,1\n2024-01-02,2\n2024-01-03,2\n", b',', 0, 1, 2),
        ] {
            let found = layout(text);
            assert_eq!(
                (found.separator, found.preamble, found.headers.len(), found.data.1),
                (separator, preamble, headers, line),
                "{text}"
            );
        }
    }

    #[test]
    fn rows_of_other_fields_than_the_header_are_refused() {
        let error = Layout::of("Date,Close\n2024-01-01,41891,32\n2024-01-02,44887,76\n").unwrap_err();
        assert_eq!(error, (Some(2), Refusal::Fields { found: 3, expected: 2, by: "the header" }));
        let trailing = layout("time,close\n2024-01-01,1,\n2024-01-02,2,\n");
        assert_eq!((trailing.fields, trailing.headers.len()), (2, 1));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(Layout::of("").unwrap_err().1, Refusal::TooFew { bars: 0, rows: 0 });
        assert_eq!(Layout::of("hello\nworld\n").unwrap_err().1, Refusal::NoTable);
    }
}
