//! From bytes to letters: UTF-8, UTF-16, and the older sets of single bytes, in which digits are the same.

use std::borrow::Cow;

use super::refusal::{Refusal, Refused};

/// Bytes that tell UTF-16 without a mark at its start.
const SAMPLE: usize = 400;
/// The letters of Windows-1252 from 0x80 on; above 0x9f they are those of Latin-1. Five places hold none.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of bytes, and what was decided where they do not say what they are.
pub(super) fn of(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<String>), Refused> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    // Digits and separators of UTF-16 have a byte of nothing beside them.
    let is_empty = |from: usize| {
        let half = bytes.iter().take(SAMPLE).skip(from).step_by(2);
        bytes.len() > 3 && half.filter(|byte| **byte != 0).count() == 0
    };
    if is_empty(1) {
        return utf16(bytes, u16::from_le_bytes);
    }
    if is_empty(0) {
        return utf16(bytes, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((Cow::Borrowed(text), None)),
        Err(error) => error,
    };
    let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=25 | 27..=31 | 127);
    if bytes.iter().any(is_control) {
        return Err((Some(line), Refusal::NotText));
    }
    let letter = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    let words = format!(
        "letters that are no UTF-8 (line {line}) as those of Windows-1252; digits are the same in every older set"
    );
    Ok((Cow::Owned(bytes.iter().map(letter).collect()), Some(words)))
}

fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(Cow<'a, str>, Option<String>), Refused> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok((Cow::Owned(text), None)),
        _ => Err((None, Refusal::NotText)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_sets_of_letters_keep_their_digits() {
        let (text, words) = of(b"Date;Schlu\xdfkurs (\x80)\n2024-01-01;41\xa0891,32\n").unwrap();
        assert_eq!(text, "Date;Schlußkurs (€)\n2024-01-01;41\u{a0}891,32\n");
        assert!(words.is_some_and(|words| words.contains("line 1")));
        assert_eq!(of("Schlußkurs".as_bytes()).unwrap(), (Cow::Borrowed("Schlußkurs"), None));
    }

    #[test]
    fn wide_letters_need_no_mark() {
        let text = "time,close\n1,2\n";
        for units in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = text.encode_utf16().flat_map(units).collect();
            assert_eq!(of(&wide).unwrap().0, text);
        }
        assert_eq!(of(b"\x00\x01\xff\x9e12").unwrap_err(), (Some(1), Refusal::NotText));
    }
}
