//! From the bytes of a file to its text: unpacked, decoded, or named with the way out.

use std::borrow::Cow;
use std::io;

use flate2::read::MultiGzDecoder;

use super::error::{Refusal, Refused};
use super::json;
use crate::market::input_file::{LARGEST_DATA, read_limited};

/// Packings and formats that are told by their first bytes and not read, each with what to do.
const FORMATS: [(&[u8], &str, &str); 13] = [
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first (`zstd -d FILE`)"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first (`xz -dk FILE`)"),
    (b"BZh", "a bzip2 file", "unpack it first (`bzip2 -dk FILE`)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first (`7z x FILE`)"),
    (b"Rar!", "a rar archive", "unpack it first (`unrar x FILE`)"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "unpack it first (`lz4 -d FILE`)"),
    (
        b"ARROW1",
        "a feather (Arrow) file",
        "convert it (`python -c \"import pandas; pandas.read_feather('FILE').to_csv('prices.csv', index=False)\"`)",
    ),
    (b"\x89HDF", "an HDF5 file", "convert it (`pandas.read_hdf('FILE').to_csv('prices.csv')`)"),
    (
        b"SQLite format 3",
        "an SQLite database",
        "write the table to a file (`sqlite3 -csv -header FILE 'select * from TABLE'`)",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)", "save the sheet as CSV"),
    (b"%PDF", "a PDF document", "download the prices as CSV"),
    (b"\x89PNG", "a picture", "name the file of prices"),
    (b"\x80\x04\x95", "a Python pickle", "convert it (`pandas.read_pickle('FILE').to_csv('prices.csv')`)"),
];

/// Why bytes are no text.
pub(in crate::market) enum Unread {
    /// They cannot be unpacked.
    Packed(io::Error),
    /// They are refused.
    Refused(Refused),
}

/// The text of a file: unpacked from gzip, decoded from UTF-8 or UTF-16, tables of other formats as lines of fields.
pub(in crate::market) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Unread> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = read_limited(MultiGzDecoder::new(bytes), LARGEST_DATA).map_err(Unread::Packed)?;
        return decoded(&unpacked).map(|text| Cow::Owned(text.into_owned())).map_err(Unread::Refused);
    }
    decoded(bytes).map_err(Unread::Refused)
}

fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Refused> {
    let packed = |format, remedy| Err((None, Refusal::Packed { format, remedy }));
    if let Some((_, format, remedy)) = FORMATS.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return packed(format, remedy);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let holds = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        return if holds(b"xl/workbook") || holds(b"[Content_Types].xml") {
            packed("an Excel workbook (xlsx)", "save the sheet as CSV")
        } else {
            packed("a zip archive", "unpack it first (`unzip FILE`), the CSV inside is read as it is")
        };
    }
    if bytes.len() > 262 && &bytes[257..262] == b"ustar" {
        return packed("a tar archive", "unpack it first (`tar -xf FILE`)");
    }
    if bytes.starts_with(b"PAR1") {
        #[cfg(feature = "parquet")]
        return super::parquet::text(bytes).map(Cow::Owned).map_err(|reason| (None, reason));
        #[cfg(not(feature = "parquet"))]
        return packed("a Parquet file", "build with the feature `parquet`, or convert it to CSV");
    }
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        bytes => Cow::Borrowed(utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?),
    };
    let start = text.trim_start();
    let lower = start.get(..15).unwrap_or(start).to_ascii_lowercase();
    if ["<!doctype", "<html", "<?xml"].iter().any(|tag| lower.starts_with(tag)) {
        return packed("a web page (HTML)", "download the file itself");
    }
    if start.starts_with(['{', '[']) {
        return json::text(&text).map(Cow::Owned);
    }
    if start.starts_with("version https://git-lfs") {
        return packed("a pointer of Git LFS", "fetch the file itself (`git lfs pull`)");
    }
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<&str, Refused> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        (Some(line), Refusal::NotText)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refused> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err((None, Refusal::NotText)),
    }
}
