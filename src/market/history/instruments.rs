//! Words in a column that nothing uses and that tell two courses of prices apart: two instruments, venues or intervals.

use std::collections::BTreeMap;

use crate::numeric::elementary;

use super::counts::{median, most_frequent};
use super::number;
use super::refusal::{Refusal, Refused};
use super::stamp;
use super::words::shorten;

/// Words of which a column has more are remarks, not names.
const MOST_NAMES: usize = 10;
/// Moves within one name before they say what is usual.
const FEWEST: usize = 20;
/// Rows that stand twice with other closes under two names before they prove anything.
const FEWEST_TWICE: usize = 3;
/// The moves from one name to another are this many times the usual ones of a single name, if there are many of them ...
const LARGER: f64 = 4.0;
const MANY: usize = 10;
/// ... and this many times if there are few, and larger than any.
const FAR_LARGER: f64 = 10.0;

/// Line, time and close of a row.
pub(super) type Close = (u64, i64, f64);

/// Whether no field of a column is a number or a time.
pub(super) fn are_words(sample: &[Vec<String>], column: usize) -> bool {
    let is_word = |text: &str| !number::looks_numeric(text) && stamp::read(text).is_err();
    let mut fields = sample.iter().filter_map(|row| row.get(column)).peekable();
    fields.peek().is_some() && fields.all(|field| is_word(field))
}

/// Whether a field without a header names an instrument: BTCUSDT, BTC/USD, ETH-USD.
pub(super) fn is_ticker(text: &str) -> bool {
    let is_name = text.len() >= 5
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "/-_:.".contains(c))
        && text.starts_with(|c: char| c.is_ascii_uppercase());
    is_name && ["USD", "USDT", "USDC", "EUR", "BTC", "PERP", "SWAP"].iter().any(|end| text.ends_with(end))
}

/// The words of one column, row by row.
#[derive(Debug)]
pub(super) struct Labels {
    pub column: usize,
    names: Vec<String>,
    of_row: Vec<Option<usize>>,
    is_open: bool,
}

impl Labels {
    /// No words yet.
    pub fn new(column: usize) -> Self {
        Self { column, names: Vec::new(), of_row: Vec::new(), is_open: true }
    }

    /// Takes the word of the next row.
    pub fn add(&mut self, word: &str) {
        if !self.is_open {
            return;
        }
        let known = self.names.iter().position(|name| name.eq_ignore_ascii_case(word));
        let index = known.or_else(|| {
            (!word.is_empty()).then(|| {
                self.names.push(word.to_owned());
                self.names.len() - 1
            })
        });
        self.of_row.push(index);
        self.is_open = self.names.len() <= MOST_NAMES;
    }

    /// Refuses rows of which these words tell two courses apart; `column` is their name.
    pub fn check(&self, rows: &[Close], column: &str) -> Result<(), Refused> {
        if !self.is_open || self.names.len() < 2 || self.of_row.len() != rows.len() {
            return Ok(());
        }
        let refuse = |line: u64, first: usize, second: usize| {
            let (first, second) = (shorten(&self.names[first]), shorten(&self.names[second]));
            (Some(line), Refusal::Symbols { column: column.to_owned(), first, second })
        };
        let named: Vec<(usize, Close)> =
            self.of_row.iter().zip(rows).filter_map(|(name, row)| Some(((*name)?, *row))).collect();
        let mut by_time: BTreeMap<i64, (usize, f64)> = BTreeMap::new();
        let mut twice = Vec::new();
        for (name, (line, time, close)) in &named {
            let (other, known) = *by_time.entry(*time).or_insert((*name, *close));
            if other != *name && known != *close {
                twice.push((*line, other, *name));
            }
        }
        // More of them are refused whatever stands beside them.
        if twice.len() * 10 > rows.len() {
            return Ok(());
        }
        if let Some((line, one, other)) = twice.first().filter(|_| twice.len() >= FEWEST_TWICE) {
            return Err(refuse(*line, *one, *other));
        }
        let step = |a: Close, b: Close| (b.1 - a.1).abs();
        let usual = most_frequent(named.windows(2).map(|pair| step(pair[0].1, pair[1].1)));
        let Some((usual, _)) = usual else { return Ok(()) };
        let log_move = |a: f64, b: f64| Some(elementary::ln(b / a).abs()).filter(|size| size.is_finite());
        let mut last: Vec<Option<f64>> = vec![None; self.names.len()];
        let (mut within, mut across, mut first) = (Vec::new(), Vec::new(), None);
        for (index, (name, row)) in named.iter().enumerate() {
            let (line, _, close) = *row;
            within.extend(last[*name].and_then(|before| log_move(before, close)));
            last[*name] = Some(close);
            if let Some((other, before)) = index.checked_sub(1).map(|before| named[before])
                && other != *name
                && step(before, *row) <= usual
            {
                across.extend(log_move(before.2, close));
                first.get_or_insert((line, other, *name));
            }
        }
        let Some((line, one, other)) = first.filter(|_| within.len() >= FEWEST) else { return Ok(()) };
        let largest = within.iter().copied().fold(0.0, f64::max);
        let (many, usual, far) = (across.len() >= MANY, median(within), median(across));
        if many && far > LARGER * usual || far > FAR_LARGER * usual && far > largest {
            return Err(refuse(line, one, other));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A course that moves by less than one per cent an hour, and its words and factors by row.
    fn check(label: impl Fn(usize) -> (&'static str, f64)) -> Result<(), Refused> {
        let mut labels = Labels::new(2);
        let rows: Vec<Close> = (0..100)
            .map(|index| {
                let (word, factor) = label(index);
                labels.add(word);
                let close = factor * (100.0 + ((index * 37) % 11) as f64 / 20.0);
                (index as u64 + 2, 3_600 * index as i64, close)
            })
            .collect();
        labels.check(&rows, "quote")
    }

    #[test]
    fn two_courses_under_two_words_are_refused() {
        let turns = check(|index| if index % 2 == 0 { ("USD", 1.0) } else { ("EUR", 0.92) });
        let expected = |line| {
            let (column, first, second) = ("quote".to_owned(), "USD".to_owned(), "EUR".to_owned());
            Err((Some(line), Refusal::Symbols { column, first, second }))
        };
        assert_eq!(turns, expected(3));
        let halves = check(|index| if index < 60 { ("USD", 1.0) } else { ("EUR", 0.92) });
        assert_eq!(halves, expected(62));
    }

    #[test]
    fn words_that_go_with_one_course_are_let_through() {
        assert_eq!(check(|index| (if index % 3 == 0 { "buy" } else { "sell" }, 1.0)), Ok(()));
        assert_eq!(check(|index| (if index < 50 { "old" } else { "new" }, 1.0)), Ok(()));
        assert_eq!(check(|_| ("BTCUSDT", 1.0)), Ok(()));
        assert_eq!(check(|index| (if index == 5 { "" } else { "x" }, 1.0)), Ok(()));
    }
}
