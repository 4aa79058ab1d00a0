//! From the bytes of a file to its text: unpacked, decoded, or named with the way out.

use std::borrow::Cow;
use std::io;

use flate2::read::MultiGzDecoder;

use super::refusal::{Refusal, Refused};
use super::{json, letters};
use crate::market::input_file::{LARGEST_DATA, read_limited};

/// Packings and formats that are told by their first bytes and not read, each with what to do.
const FORMATS: [(&[u8], &str, &str); 25] = [
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first (`zstd -d FILE`)"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first (`xz -dk FILE`)"),
    (b"BZh", "a bzip2 file", "unpack it first (`bzip2 -dk FILE`)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first (`7z x FILE`)"),
    (b"Rar!", "a rar archive", "unpack it first (`unrar x FILE`)"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "unpack it first (`lz4 -d FILE`)"),
    (b"\xff\x06\x00\x00sNaPpY", "a snappy file", "unpack it first (`snzip -d FILE`)"),
    (b"ARROW1", "a feather (Arrow) file", FEATHER),
    (b"FEA1", "a feather (Arrow) file", FEATHER),
    (
        b"ORC",
        "an ORC file",
        "convert it (`python -c \"import pandas; pandas.read_orc('FILE').to_csv('prices.csv', index=False)\"`)",
    ),
    (
        b"Obj\x01",
        "an Avro file",
        "convert it (`python -c \"import fastavro, pandas; pandas.DataFrame(fastavro.reader(open('FILE', 'rb'))).to_csv('prices.csv', index=False)\"`)",
    ),
    (
        b"\x93NUMPY",
        "a NumPy array (npy)",
        "convert it (`python -c \"import numpy, pandas; pandas.DataFrame(numpy.load('FILE')).to_csv('prices.csv', index=False)\"`)",
    ),
    (
        b"\x89HDF",
        "an HDF5 file",
        "convert it (`python -c \"import pandas; pandas.read_hdf('FILE').to_csv('prices.csv')\"`)",
    ),
    (b"\x80\x02", "a Python pickle", PICKLE),
    (b"\x80\x03", "a Python pickle", PICKLE),
    (b"\x80\x04", "a Python pickle", PICKLE),
    (b"\x80\x05", "a Python pickle", PICKLE),
    (
        b"RDX2\n",
        "an R workspace",
        "write the table to a file (`write.csv(TABLE, 'prices.csv', row.names = FALSE)` in R)",
    ),
    (
        b"RDX3\n",
        "an R workspace",
        "write the table to a file (`write.csv(TABLE, 'prices.csv', row.names = FALSE)` in R)",
    ),
    (
        b"X\n\x00\x00\x00",
        "an R object (rds)",
        "convert it (`Rscript -e \"write.csv(readRDS('FILE'), 'prices.csv', row.names = FALSE)\"`)",
    ),
    (
        b"<stata_dta>",
        "a Stata file",
        "convert it (`python -c \"import pandas; pandas.read_stata('FILE').to_csv('prices.csv', index=False)\"`)",
    ),
    (
        b"SQLite format 3",
        "an SQLite database",
        "write the table to a file (`sqlite3 -csv -header FILE 'select * from TABLE'`)",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)", SHEET),
    (b"%PDF", "a PDF document", "download the prices as CSV"),
    (b"\x89PNG", "a picture", "name the file of prices"),
];
const FEATHER: &str = "convert it (`python -c \"import pandas; pandas.read_feather('FILE').to_csv('prices.csv', index=False)\"`)";
/// Loading a pickle runs what it says.
const PICKLE: &str = "convert it, if you trust who made it (`python -c \"import pandas; pandas.read_pickle('FILE').to_csv('prices.csv')\"`)";
const SHEET: &str =
    "save the sheet as CSV (in the program that made it, or `libreoffice --headless --convert-to csv FILE`)";

/// What a zip archive is by a name inside.
const ZIPPED: [(&[u8], &str, &str); 4] = [
    (b"application/vnd.oasis.opendocument", "a sheet of OpenDocument (ods)", SHEET),
    (b"xl/workbook", "an Excel workbook (xlsx)", SHEET),
    (b"[Content_Types].xml", "an Excel workbook (xlsx)", SHEET),
    (
        b".npy",
        "an archive of NumPy arrays (npz)",
        "convert it (`python -c \"import numpy, pandas; pandas.DataFrame(dict(numpy.load('FILE'))).to_csv('prices.csv', index=False)\"`)",
    ),
];
/// Names of a zip archive stand at its start and at its end.
const ZIP_NAMES: usize = 1 << 16;

/// Why bytes are no text.
pub(in crate::market) enum Unread {
    /// They cannot be unpacked.
    Packed(io::Error),
    /// They are refused.
    Refused(Refused),
}

/// The text of a file: unpacked from gzip, decoded, tables of other formats as lines of fields; and what was decided about its letters.
pub(in crate::market) fn text(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<String>), Unread> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = read_limited(MultiGzDecoder::new(bytes), LARGEST_DATA).map_err(Unread::Packed)?;
        let (text, words) = decoded(&unpacked).map_err(Unread::Refused)?;
        return Ok((Cow::Owned(text.into_owned()), words));
    }
    decoded(bytes).map_err(Unread::Refused)
}

/// The text of the beginning of a file where it is lines of UTF-8 as they are, without the mark before them.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    let is_json = bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[");
    match decoded(bytes).ok().filter(|_| !is_json)? {
        (Cow::Borrowed(text), None) => Some(text),
        _ => None,
    }
}

fn decoded(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<String>), Refused> {
    let packed = |format, remedy| Err((None, Refusal::Packed { format, remedy }));
    // A ticker may begin like the name of a format.
    let is_binary = bytes.iter().take(1 << 12).any(|byte| matches!(byte, 0..=8 | 14..=31 | 127..));
    let is_start = |start: &[u8]| bytes.starts_with(start) && (is_binary || start != b"ORC");
    if let Some((_, format, remedy)) = FORMATS.iter().find(|(start, ..)| is_start(start)) {
        return packed(format, remedy);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let (start, end) =
            (&bytes[..bytes.len().min(ZIP_NAMES)], &bytes[bytes.len().saturating_sub(ZIP_NAMES)..]);
        let holds = |name: &[u8]| [start, end].iter().any(|part| part.windows(name.len()).any(|w| w == name));
        return match ZIPPED.iter().find(|(name, ..)| holds(name)) {
            Some((_, format, remedy)) => packed(format, remedy),
            None => {
                packed("a zip archive", "unpack it first (`unzip FILE`), the CSV inside is read as it is")
            }
        };
    }
    if bytes.len() > 262 && &bytes[257..262] == b"ustar" {
        return packed("a tar archive", "unpack it first (`tar -xf FILE`)");
    }
    if bytes.get(8..12) == Some(b"DUCK") && is_binary {
        return packed("a DuckDB database", "write the table to a file (`duckdb FILE -csv 'from TABLE'`)");
    }
    if bytes.starts_with(b"PAR1") {
        #[cfg(feature = "parquet")]
        return super::parquet::text(bytes)
            .map(|text| (Cow::Owned(text), None))
            .map_err(|reason| (None, reason));
        #[cfg(not(feature = "parquet"))]
        return packed("a Parquet file", "build with the feature `parquet`, or convert it to CSV");
    }
    let (text, words) = letters::of(bytes)?;
    let start = text.trim_start();
    let lower = start.get(..15).unwrap_or(start).to_ascii_lowercase();
    if ["<!doctype", "<html", "<?xml"].iter().any(|tag| lower.starts_with(tag)) {
        return packed("a web page (HTML)", "download the file itself");
    }
    if start.starts_with(['{', '[']) {
        return json::text(&text).map(|lines| (Cow::Owned(lines), words));
    }
    if start.starts_with("version https://git-lfs") {
        return packed("a pointer of Git LFS", "fetch the file itself (`git lfs pull`)");
    }
    Ok((text, words))
}
