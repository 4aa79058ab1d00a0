//! Lines of a text as an editor counts them, whatever ends them, while a reader of records takes it in.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{Reader, ReaderBuilder, Trim};

/// Bytes that were counted are dropped when there are so many.
const DROPPED: usize = 1 << 16;

/// Bytes that a reader has taken and whose lines are not counted yet.
#[derive(Debug, Default)]
struct Taken {
    /// Place of the first in the text.
    start: usize,
    bytes: Vec<u8>,
}

/// Hands on bytes, and shows them to whoever counts lines.
pub(super) struct Shown<R> {
    inner: R,
    taken: Rc<RefCell<Taken>>,
}

impl<R: Read> Read for Shown<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken.borrow_mut().bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

/// Counts lines up to places that rise.
#[derive(Debug)]
pub(super) struct Lines {
    taken: Rc<RefCell<Taken>>,
    at: usize,
    line: u64,
    /// The byte before.
    last: u8,
}

/// A reader of the records of a text from a place on whose line is known, and the count of their lines.
pub(super) fn records<R: Read>(text: R, at: usize, line: u64, separator: u8) -> (Reader<Shown<R>>, Lines) {
    let taken = Rc::new(RefCell::new(Taken { start: at, bytes: Vec::new() }));
    let shown = Shown { inner: text, taken: Rc::clone(&taken) };
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(Trim::All)
        .from_reader(shown);
    (reader, Lines { taken, at, line, last: 0 })
}

impl Lines {
    /// Where the record begins whose line was asked for last.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The line of a record that begins at this place, or behind the breaks there: readers of records leave those before it.
    pub fn of(&mut self, byte: usize) -> u64 {
        let mut taken = self.taken.borrow_mut();
        let index = byte.saturating_sub(taken.start).min(taken.bytes.len());
        let is_break = |byte: &&u8| matches!(**byte, b'\n' | b'\r');
        let breaks = taken.bytes[index..].iter().take_while(is_break).count();
        let counted = self.at - taken.start;
        let end = (index + breaks).max(counted);
        for byte in &taken.bytes[counted..end] {
            let ends = match byte {
                b'\r' => true,
                b'\n' => self.last != b'\r',
                _ => false,
            };
            self.line += u64::from(ends);
            self.last = *byte;
        }
        self.at = taken.start + end;
        if end > DROPPED {
            taken.bytes.drain(..end);
            taken.start = self.at;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines on which the records of a text begin, and the places.
    fn found(text: &str, shift: usize) -> (Vec<u64>, Vec<usize>) {
        let (mut reader, mut lines) = records(text.as_bytes(), 0, 1, b',');
        let mut record = csv::StringRecord::new();
        let (mut numbers, mut places) = (Vec::new(), Vec::new());
        while reader.read_record(&mut record).unwrap() {
            let byte = record.position().map_or(0, |position| position.byte() as usize);
            numbers.push(lines.of(byte.saturating_sub(shift)));
            places.push(lines.place());
        }
        (numbers, places)
    }

    #[test]
    fn every_ending_is_one_line() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc", "a\rb\r\rc"] {
            let places: Vec<usize> = ["a", "b", "c"].map(|letter| text.find(letter).unwrap()).into();
            assert_eq!(found(text, 0), (vec![1, 2, 4], places), "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_over_more_text_than_is_kept() {
        let text = "some words,1\r\n".repeat(40_000);
        let (numbers, places) = found(&text, 0);
        assert!(numbers.iter().zip(1..).all(|(found, line)| *found == line));
        assert_eq!((numbers.len(), places[39_999]), (40_000, 14 * 39_999));
        let (mut reader, mut lines) = records(text.as_bytes(), 0, 1, b',');
        let mut most = 0;
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).unwrap() {
            lines.of(record.position().map_or(0, |position| position.byte() as usize));
            most = most.max(lines.taken.borrow().bytes.len());
        }
        assert!(most < 4 * DROPPED, "{most}");
    }
}
