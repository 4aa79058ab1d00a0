//! The text of a file, read from its start as often as needed: from memory, or from the file where it is large.

use std::borrow::Cow;
use std::io::{self, Read};

use super::streamed::Streamed;

/// A text whose beginning is in memory.
pub(in crate::market) struct Text<'a> {
    /// The beginning, whole lines; all of it where nothing is behind.
    pub head: Cow<'a, str>,
    /// Bytes of all of it.
    pub length: u64,
    /// Whether it ends within a line.
    pub is_open: bool,
    behind: Option<&'a Streamed>,
}

impl<'a> Text<'a> {
    /// A text in memory.
    pub fn whole(text: Cow<'a, str>) -> Self {
        let is_open = is_open(text.as_bytes().last().copied());
        Self { length: text.len() as u64, is_open, head: text, behind: None }
    }

    /// The text of a file that is read piece by piece.
    pub fn streamed(file: &'a Streamed) -> Self {
        let is_open = is_open(Some(file.last));
        Self { head: Cow::Borrowed(&file.head), length: file.length, is_open, behind: Some(file) }
    }

    /// The text from a place of its beginning on.
    ///
    /// # Errors
    /// The file cannot be read again.
    pub fn from(&self, at: usize) -> io::Result<Box<dyn Read + '_>> {
        let head = &self.head.as_bytes()[at..];
        Ok(match self.behind {
            None => Box::new(head),
            Some(file) => Box::new(head.chain(file.behind_head()?)),
        })
    }
}

fn is_open(last: Option<u8>) -> bool {
    !matches!(last, Some(b'\n' | b'\r' | b'"'))
}
