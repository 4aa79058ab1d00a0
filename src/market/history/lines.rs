//! Lines of a text as an editor counts them, whatever ends them.

/// Counts lines up to places that rise.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// From a place on whose line is known.
    pub fn from(text: &'a str, at: usize, line: u64) -> Self {
        Self { text: text.as_bytes(), at, line }
    }

    /// Where the record begins whose line was asked for last.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The line of a record that begins at this place, or behind the breaks there: readers of records leave those before it.
    pub fn of(&mut self, byte: usize) -> u64 {
        let is_break = |byte: &&u8| matches!(**byte, b'\n' | b'\r');
        let breaks = self.text.get(byte..).unwrap_or_default().iter().take_while(is_break).count();
        let start = (byte + breaks).min(self.text.len());
        for at in self.at..start {
            let ends = match self.text[at] {
                b'\r' => true,
                b'\n' => at == 0 || self.text[at - 1] != b'\r',
                _ => false,
            };
            self.line += u64::from(ends);
        }
        self.at = self.at.max(start);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_is_one_line() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc", "a\rb\r\rc"] {
            let mut lines = Lines::from(text, 0, 1);
            let places = ["a", "b", "c"].map(|letter| text.find(letter).unwrap());
            assert_eq!(places.map(|place| lines.of(place)), [1, 2, 4], "{text:?}");
            // As a reader gives them, which stops within the break.
            let mut lines = Lines::from(text, 0, 1);
            assert_eq!(places.map(|place| lines.of(place.saturating_sub(1))), [1, 2, 4], "{text:?}");
        }
    }
}
