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
use super::streamed::Streamed;
use super::table::{self, Table};
use super::text::Text;
use crate::market::input_file::{LARGEST_DATA, read_input, read_limited};

impl PriceHistory {
    /// Reads a history from a file in any of the layouts of docs/prices.md; `-` is standard input.
    ///
    /// # Errors
    /// The file cannot be read, or not with certainty: see [`HistoryError`]. What can be understood but is wrong (gaps,
    /// duplicates, crossed bars) is no error: it is on the report.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<(Self, HistoryReport), HistoryError> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let unread = |error| HistoryError::Read { source_name: name.clone(), error };
        if is_stdin {
            let bytes = read_limited(io::stdin().lock(), LARGEST_DATA).map_err(unread)?;
            return Self::from_bytes(&name, &bytes, options);
        }
        match Streamed::of(path).map_err(unread)? {
            Some(file) => Self::from_streamed(&name, &file, options),
            None => {
                let bytes = read_input(path, LARGEST_DATA).map_err(unread)?;
                Self::from_bytes(&name, &bytes, options)
            }
        }
    }

    /// Reads a history from a large file, whose text is not held in memory.
    pub(super) fn from_streamed(
        name: &str,
        file: &Streamed,
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        let refused = |refused| refused_in(name, refused);
        let table = table::read(&Text::streamed(file), Want::Prices, options).map_err(refused);
        let unread = |error| HistoryError::Read { source_name: name.to_owned(), error };
        if file.has_changed().map_err(unread)? {
            return Err(unread(io::Error::other("it was written to while it was read: try again")));
        }
        Self::of_table(name, table?, file.hash.clone())
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
        let table = table_of(name, bytes, Want::Prices, options)?;
        Self::of_table(name, table, blake3::hash(bytes).to_hex().to_string())
    }

    fn of_table(name: &str, mut table: Table, hash: String) -> Result<(Self, HistoryReport), HistoryError> {
        let rows = table.rows.len();
        let (bars, interval) = clean(&mut table).map_err(|refused| refused_in(name, refused))?;
        let Table { close_only, symbol, issues, decisions, .. } = table;
        let report = HistoryReport { source: name.to_owned(), hash, symbol, rows, issues, decisions };
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
    let mut table =
        table::read(&Text::whole(text), want, options).map_err(|refused| refused_in(name, refused))?;
    table.decisions.extend(words);
    Ok(table)
}

/// A refusal with the name of the file.
pub(in crate::market) fn refused_in(name: &str, (line, reason): super::refusal::Refused) -> HistoryError {
    HistoryError::Refused { source_name: name.to_owned(), line, reason }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    use super::*;

    /// Rows of hours, with fields joined by a separator and lines by their end.
    fn rows(count: i64, separator: &str, end: &str) -> Vec<String> {
        let row = |hour: i64| {
            let price = |step: i64| 43_000.0 + ((hour * 4 + step).wrapping_mul(7_919) % 501) as f64;
            let (open, close) = (price(0), price(4));
            let [high, low] = [open.max(close) + 9.5, open.min(close) - 7.25];
            let time = 1_706_745_600 + 3_600 * hour;
            [time.to_string(), open.to_string(), high.to_string(), low.to_string(), close.to_string()]
                .join(separator)
                + end
        };
        (0..count).map(row).collect()
    }

    fn headed(rows: &[String]) -> String {
        "time,open,high,low,close\n".to_owned() + &rows.concat()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    /// What a file is read as, piece by piece and at once, as words; none where it must be read at once.
    fn both(bytes: &[u8]) -> Option<[String; 2]> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prices");
        fs::write(&file, bytes).unwrap();
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        let streamed = Streamed::larger_than(0, 40_000, &file).unwrap()?;
        assert!(streamed.head.len() <= 40_000 && streamed.length > 50_000);
        let found = PriceHistory::from_streamed("prices", &streamed, &options);
        let expected = PriceHistory::from_bytes("prices", bytes, &options);
        Some([format!("{found:?}"), format!("{expected:?}")])
    }

    #[track_caller]
    fn assert_same(bytes: &[u8], word: &str) {
        for bytes in [bytes, &packed(bytes)] {
            let [found, expected] = both(bytes).unwrap();
            assert!(
                found == expected,
                "{}\n{}",
                &found[..1_000.min(found.len())],
                &expected[..1_000.min(expected.len())]
            );
            assert!(found.contains(word), "{word}: {}", &found[..1_000.min(found.len())]);
        }
    }

    /// Good files, and what is wrong far behind the beginning, with the line on which it stands.
    #[test]
    fn a_file_is_read_piece_by_piece_as_at_once() {
        let good = rows(4_000, ",", "\n");
        let with = |at: usize, row: &str| {
            let mut rows = good.clone();
            rows[at] = row.to_owned();
            headed(&rows)
        };
        assert_same(headed(&good).as_bytes(), "Ok(");
        assert_same(good.concat().as_bytes(), "Ok(");
        assert_same(headed(&rows(4_000, ",", "\r\n")).as_bytes(), "Ok(");
        assert_same(rows(4_000, ";", "\n").concat().as_bytes(), "Ok(");
        assert_same(("\u{feff}".to_owned() + &headed(&good)).as_bytes(), "Ok(");
        assert_same(with(3_000, "\n\n").as_bytes(), "Gap { missing: 1 }");
        assert_same(with(3_000, "# a remark: ß\n").as_bytes(), "line: Some(3002), kind: Remark");
        assert_same(
            with(3_000, "time,open,high,low,close\n").as_bytes(),
            "line: Some(3002), kind: RepeatedHeader",
        );
        assert_same(
            with(3_000, &good[3_000].replace(',', ";")).as_bytes(),
            "line: Some(3002), reason: Separator",
        );
        assert_same(with(3_000, "1,2\n").as_bytes(), "line: Some(3002), reason: Fields");
        assert_same(
            with(3_000, &good[3_000].replacen(',', ",\"", 1)).as_bytes(),
            "line: Some(3002), reason: Quote",
        );
        assert_same(with(3_000, &good[2_999]).as_bytes(), "Duplicate");
        let whole = headed(&good);
        assert_same(&whole.as_bytes()[..whole.len() - 4], "line: Some(4001), kind: CutLine");
        let mut turned = good.clone();
        turned.reverse();
        assert_same(headed(&turned).as_bytes(), "NewestFirst");
    }

    #[test]
    fn what_is_no_plain_text_is_read_at_once() {
        let good = headed(&rows(4_000, ",", "\n"));
        let latin = [good.as_bytes(), b"\xe4"].concat();
        let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let list = format!("[[{}]]", rows(4_000, ",", "],[").concat());
        let long = good.clone() + &"x".repeat(1_100_000);
        let cut = [good.as_bytes(), &"ß".as_bytes()[..1]].concat();
        for bytes in [&latin, &wide, list.as_bytes(), long.as_bytes(), &cut] {
            assert_eq!(both(bytes), None);
        }
    }

    #[test]
    fn a_file_that_is_written_to_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices");
        fs::write(&path, headed(&rows(4_000, ",", "\n"))).unwrap();
        let file = Streamed::larger_than(0, 40_000, &path).unwrap().unwrap();
        assert!(!file.has_changed().unwrap());
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
        assert!(file.has_changed().unwrap());
        let error = PriceHistory::from_streamed("prices", &file, &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("while it was read"), "{error}");
    }
}
