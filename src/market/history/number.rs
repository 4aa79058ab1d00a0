//! Numbers as files write them: decimal points or commas, marks of thousands, currency signs, words for "nothing".

use super::options::DecimalMark;
use super::refusal::Refusal;
use super::words::shorten;

/// The ways in which files say that there is no value.
const NOTHING: [&str; 16] = [
    "",
    "null",
    "none",
    "nil",
    "na",
    "n/a",
    "nan",
    "-",
    "--",
    "—",
    ".",
    "#n/a",
    "#n/a n/a",
    "#value!",
    "undefined",
    "\\n",
];

/// Digits of a number beside its exponent, where others are lost.
const MOST_LOST: usize = 4;

/// A field where a number is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Field {
    /// A number.
    Number(f64),
    /// A word for no value.
    Missing,
    /// Something else.
    Wrong,
}

/// Whether the field says that there is no value.
pub(super) fn is_missing(text: &str) -> bool {
    NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The text without currency signs and blanks around it.
fn bare(text: &str) -> &str {
    const SIGNS: [&str; 8] = ["$", "€", "£", "¥", "USDT", "USDC", "USD", "EUR"];
    let mut text = text.trim();
    for sign in SIGNS {
        text = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)).unwrap_or(text).trim();
    }
    text
}

/// Marks of thousands that are never decimal marks.
fn is_blank_mark(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{a0}' | '\u{202f}' | ' ')
}

/// Whether this looks like a number in any convention: digits with marks between them, a sign, an exponent.
pub(super) fn looks_numeric(text: &str) -> bool {
    let text = bare(text);
    let (number, exponent) = split_exponent(text);
    let number = number.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(number);
    number.bytes().any(|byte| byte.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',') || is_blank_mark(c))
        && exponent.is_none_or(|exponent| exponent.parse::<i16>().is_ok())
}

fn split_exponent(text: &str) -> (&str, Option<&str>) {
    match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    }
}

/// What the numbers of a file say about its convention.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    point: Option<String>,
    comma: Option<String>,
    /// Numbers such as 1.234 and 1,234, which have two readings.
    open_point: Option<String>,
    open_comma: Option<String>,
    /// Digits without any mark, and numbers in all that have one or more.
    plain: bool,
}

impl Evidence {
    /// Takes a field into account; words are none.
    pub fn add(&mut self, text: &str) {
        let text = text.strip_suffix('%').map_or(text, str::trim_end);
        if !text.contains(['.', ',']) {
            self.plain |= text.bytes().any(|byte| byte.is_ascii_digit());
            return;
        }
        if self.point.is_some() && !text.contains(',') {
            return;
        }
        if !looks_numeric(text) {
            return;
        }
        let (number, exponent) = split_exponent(bare(text));
        let number: String = number.chars().filter(|c| !is_blank_mark(*c)).collect();
        let number = number.trim_start_matches(['+', '-', '\u{2212}']);
        let keep = |place: &mut Option<String>| {
            place.get_or_insert_with(|| text.to_owned());
        };
        let (points, commas) = (number.matches('.').count(), number.matches(',').count());
        match (points, commas) {
            (1.., 1..) if number.rfind('.') > number.rfind(',') => keep(&mut self.point),
            (1.., 1..) | (2.., 0) => keep(&mut self.comma),
            (0, 2..) => keep(&mut self.point),
            _ => {
                let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
                let is_open = part.len() == 3
                    && (1..=3).contains(&whole.len())
                    && !whole.starts_with('0')
                    && exponent.is_none();
                match (is_open, points == 1) {
                    (false, true) => keep(&mut self.point),
                    (false, false) => keep(&mut self.comma),
                    (true, true) => keep(&mut self.open_point),
                    (true, false) => keep(&mut self.open_comma),
                }
            }
        }
    }

    /// The decimal mark; `separator` is that of the fields. `Err(None)` where only the course of the prices can tell.
    pub fn decide(&self, separator: u8, chosen: Option<DecimalMark>) -> Result<DecimalMark, Option<Refusal>> {
        if let Some(mark) = chosen {
            return Ok(mark);
        }
        match (&self.point, &self.comma) {
            (Some(point), Some(comma)) => {
                Err(Some(Refusal::MixedDecimals { comma: shorten(comma), point: shorten(point) }))
            }
            (Some(_), None) => Ok(DecimalMark::Point),
            (None, Some(_)) => Ok(DecimalMark::Comma),
            (None, None) => match (&self.open_point, &self.open_comma) {
                (None, None) => Ok(DecimalMark::Point),
                // 1.234 beside 1,234: one of them is a decimal mark, and nothing says which.
                (Some(_), Some(_)) => Err(None),
                // With commas between the fields numbers have points; marks of thousands would stand beside plain ones.
                (Some(_), None) if separator == b',' && !self.plain => Ok(DecimalMark::Point),
                _ => Err(None),
            },
        }
    }

    /// A number that has two readings, as a refusal.
    pub fn ask(&self) -> Refusal {
        let value = self.open_point.as_ref().or(self.open_comma.as_ref()).cloned().unwrap_or_default();
        let whole: String = value.chars().filter(|c| !matches!(c, '.' | ',')).collect();
        Refusal::Decimals { part: value.replace(',', "."), whole, value }
    }
}

/// Reads a field as a number with this decimal mark; with a sign for per cent the hundredth of it.
pub(super) fn read(text: &str, mark: DecimalMark) -> Field {
    if let Some(hundreds) = text.strip_suffix('%') {
        return match plain(hundreds.trim_end(), mark) {
            Field::Number(number) => Field::Number(number / 100.0),
            other => other,
        };
    }
    plain(text, mark)
}

fn plain(text: &str, mark: DecimalMark) -> Field {
    // The common case first: nothing to strip, nothing to replace.
    if mark == DecimalMark::Point
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && let Ok(number) = text.parse::<f64>()
    {
        return Field::Number(number);
    }
    if is_missing(text) {
        return Field::Missing;
    }
    if !looks_numeric(text) {
        return Field::Wrong;
    }
    let (decimal, thousands) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let text = bare(text);
    let mut digits_only = String::with_capacity(text.len());
    let mut after_mark = None;
    for c in text.chars() {
        if c == thousands || is_blank_mark(c) {
            // Marks stand before groups of three digits, never behind the decimals.
            if after_mark.is_some_and(|digits| digits != 3) || digits_only.contains('.') {
                return Field::Wrong;
            }
            after_mark = Some(0);
        } else if c == decimal {
            if after_mark.is_some_and(|digits| digits != 3) {
                return Field::Wrong;
            }
            after_mark = None;
            digits_only.push('.');
        } else {
            if c.is_ascii_digit() {
                after_mark = after_mark.map(|digits| digits + 1);
            }
            digits_only.push(if c == '\u{2212}' { '-' } else { c });
        }
    }
    if after_mark.is_some_and(|digits| digits != 3) {
        return Field::Wrong;
    }
    match digits_only.parse::<f64>() {
        Ok(number) if number.is_finite() => Field::Number(number),
        _ => Field::Wrong,
    }
}

/// Whether a spreadsheet showed a number with few of its digits, such as 4.3E+04, and so wrote it.
pub(super) fn has_lost_digits(text: &str) -> bool {
    let (number, exponent) = split_exponent(bare(text));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits <= MOST_LOST
        && exponent.and_then(|exponent| exponent.parse::<i16>().ok()).is_some_and(|power| power >= 3)
}

/// A volume: as [`read`], with the suffixes K, M and B; 0 where it cannot be read, since no fit uses it.
pub(super) fn volume(text: &str, mark: DecimalMark) -> f64 {
    let (digits, factor) = match text.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => (&text[..text.len() - 1], 1e3),
        Some(b'M') => (&text[..text.len() - 1], 1e6),
        Some(b'B') => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    match read(digits, mark) {
        Field::Number(number) => factor * number,
        Field::Missing | Field::Wrong => 0.0,
    }
}

/// Digits behind the last mark, or all digits where there is none: a number that was cut has fewer.
pub(super) fn visible_digits(text: &str) -> (bool, usize) {
    let text = bare(text);
    match text.rfind(['.', ',']) {
        Some(mark) => (true, text.len() - mark - 1),
        None => (false, text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecimalMark::{Comma, Point};

    #[test]
    fn numbers_are_read_in_both_conventions() {
        for (text, mark, number) in [
            ("43172.08", Point, 43_172.08),
            ("43,172.08", Point, 43_172.08),
            ("43.172,08", Comma, 43_172.08),
            ("43 172,08", Comma, 43_172.08),
            ("1'026.5", Point, 1_026.5),
            ("$72,041.09", Point, 72_041.09),
            ("4.5e-3", Point, 0.0045),
            ("1,5E+04", Comma, 15_000.0),
            ("-12", Point, -12.0),
        ] {
            assert_eq!(read(text, mark), Field::Number(number), "{text}");
        }
        for text in ["4,31.2", "1,23", "12,3456", "ten", "1.2.3", "inf", "1e999", "1.5,000"] {
            assert_eq!(read(text, Point), Field::Wrong, "{text}");
        }
        for text in ["", "null", "#N/A", ".", "NaN"] {
            assert_eq!(read(text, Point), Field::Missing, "{text}");
        }
        assert_eq!(
            ["4.3E+04", "4.312e4", "4.31267E+04", "4.3e-05", "43000"].map(has_lost_digits),
            [true, true, false, false, false]
        );
        assert_eq!(volume("41.52K", Point), 41_520.0);
        assert_eq!(volume("lots", Point), 0.0);
    }

    #[test]
    fn one_clear_number_decides_and_two_that_contradict_are_refused() {
        let decide = |fields: &[&str], separator| {
            let mut evidence = Evidence::default();
            fields.iter().for_each(|field| evidence.add(field));
            evidence.decide(separator, None)
        };
        assert_eq!(decide(&["1.026", "43000,50"], b';'), Ok(Comma));
        assert_eq!(decide(&["1,026", "0.512"], b','), Ok(Point));
        assert_eq!(decide(&["1,026,000"], b','), Ok(Point));
        assert_eq!(decide(&["1.234", "1.250"], b','), Ok(Point));
        assert_eq!(decide(&["1.234", "965"], b','), Err(None));
        assert_eq!(decide(&["1.234", "1.250"], b';'), Err(None));
        assert!(matches!(decide(&["1,5", "2.5"], b';'), Err(Some(Refusal::MixedDecimals { .. }))));
    }
}
