//! Large files of plain lines, read piece by piece: what is held of them in memory is their beginning.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;

use super::packing;
use crate::market::input_file::{LARGEST_DATA, open_input, too_large};

/// Texts up to this size are read as a whole.
const SMALL: u64 = 1 << 24;
/// Bytes of the beginning that decides about layout and columns.
const HEAD: usize = 1 << 22;
/// Longest line.
const LONGEST_LINE: u64 = 1 << 20;
/// Bytes that are read at once.
const PIECE: usize = 1 << 17;

/// A large file of lines of UTF-8, packed with gzip or not.
#[derive(Debug)]
pub(in crate::market) struct Streamed {
    file: File,
    is_packed: bool,
    /// Bytes before the text: the mark of UTF-8.
    mark: u64,
    /// Its beginning, whole lines.
    pub head: String,
    /// Bytes of the text.
    pub length: u64,
    /// The last byte.
    pub last: u8,
    /// Checksum of the file.
    pub hash: String,
    state: (Option<SystemTime>, u64),
}

impl Streamed {
    /// Looks through a file; none where it is small, or must be read as a whole: another format than lines, other letters than UTF-8, a line
    /// without an end.
    ///
    /// # Errors
    /// It is no regular file, too large, or cannot be read.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        Self::larger_than(SMALL, HEAD, path)
    }

    /// As [`Streamed::of`], of a text larger than this, with a beginning of so many bytes.
    pub(super) fn larger_than(small: u64, head: usize, path: &Path) -> io::Result<Option<Self>> {
        let file = open_input(path)?;
        let state = state_of(&file)?;
        let mut start = [0; 2];
        let is_packed = (&file).take(2).read(&mut start)? == 2 && start == [0x1f, 0x8b];
        if state.1 > LARGEST_DATA {
            return Err(too_large(LARGEST_DATA));
        }
        if !is_packed && state.1 <= small {
            return Ok(None);
        }
        let mut found = Self {
            file,
            is_packed,
            mark: 0,
            head: String::new(),
            length: 0,
            last: 0,
            hash: String::new(),
            state,
        };
        if !found.look_through(head)? || found.length <= small {
            return Ok(None);
        }
        let mut hash = blake3::Hasher::new();
        pieces(&mut found.bytes()?, &mut |piece| {
            hash.update(piece);
            Ok(true)
        })?;
        found.hash = hash.finalize().to_hex().to_string();
        Ok(Some(found))
    }

    /// Reads all of the text once; false where it must be read as a whole.
    fn look_through(&mut self, most: usize) -> io::Result<bool> {
        let (mut head, mut letters, mut length, mut line, mut last) =
            (Vec::new(), Letters::default(), 0, 0, 0);
        let is_plain = pieces(&mut self.text()?, &mut |piece| {
            length += piece.len() as u64;
            if length > LARGEST_DATA {
                return Err(too_large(LARGEST_DATA));
            }
            let missing = most.saturating_sub(head.len()).min(piece.len());
            head.extend_from_slice(&piece[..missing]);
            let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
            line = match piece.iter().rposition(is_break) {
                Some(at) => (piece.len() - at) as u64,
                None => line + piece.len() as u64,
            };
            last = piece.last().copied().unwrap_or(last);
            Ok(letters.are_utf8(piece) && line <= LONGEST_LINE)
        })?;
        let end = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        head.truncate(end);
        let plain = packing::plain(&head).filter(|_| is_plain && letters.are_whole());
        let Some(text) = plain.filter(|text| !text.is_empty()).map(str::to_owned) else { return Ok(false) };
        self.mark = (head.len() - text.len()) as u64;
        (self.head, self.length, self.last) = (text, length - self.mark, last);
        Ok(true)
    }

    /// The bytes of the file from its start.
    fn bytes(&self) -> io::Result<&File> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok(&self.file)
    }

    /// The text from its start, with its mark.
    fn text(&self) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.bytes()?;
        Ok(match self.is_packed {
            true => Box::new(MultiGzDecoder::new(BufReader::with_capacity(PIECE, bytes))),
            false => Box::new(bytes),
        })
    }

    /// What follows on the beginning. One at a time is read.
    ///
    /// # Errors
    /// The file cannot be read again.
    pub fn behind_head(&self) -> io::Result<Box<dyn Read + '_>> {
        let known = self.mark + self.head.len() as u64;
        let mut text = self.text()?;
        if self.is_packed {
            io::copy(&mut (&mut text).take(known), &mut io::sink())?;
        } else {
            (&self.file).seek(SeekFrom::Start(known))?;
        }
        Ok(Box::new(BufReader::with_capacity(PIECE, text)))
    }

    /// Whether somebody has written to the file since it was opened: then what was read of it may be of two files.
    ///
    /// # Errors
    /// The system does not say.
    pub fn has_changed(&self) -> io::Result<bool> {
        Ok(state_of(&self.file)? != self.state)
    }
}

fn state_of(file: &File) -> io::Result<(Option<SystemTime>, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.modified().ok(), metadata.len()))
}

/// Hands on all bytes, piece by piece, as long as they are wanted; whether all were.
fn pieces(from: &mut dyn Read, each: &mut dyn FnMut(&[u8]) -> io::Result<bool>) -> io::Result<bool> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if !each(&buffer[..count])? {
            return Ok(false);
        }
    }
}

/// Tells whether pieces together are UTF-8.
#[derive(Default)]
struct Letters {
    /// The beginning of a letter whose end is not seen yet.
    begun: Vec<u8>,
}

impl Letters {
    fn are_utf8(&mut self, piece: &[u8]) -> bool {
        let joined;
        let bytes = match self.begun.is_empty() {
            true => piece,
            false => {
                joined = [&self.begun, piece].concat();
                &joined
            }
        };
        match std::str::from_utf8(bytes) {
            Ok(_) => self.begun.clear(),
            Err(error) if error.error_len().is_none() => self.begun = bytes[error.valid_up_to()..].to_vec(),
            Err(_) => return false,
        }
        true
    }

    /// Whether no letter is cut at the end.
    fn are_whole(&self) -> bool {
        self.begun.is_empty()
    }
}
