//! Zones that stand beside times: in the name of their column, or in a column of offsets.

use super::stamp::zone_hours;

/// Whether a text names a zone that is not UTC: an offset such as "+08:00" or "UTC-5", or a zone by its letters.
pub(super) fn zone_beside(text: &str) -> bool {
    let word = match text.rsplit_once(['(', '[']) {
        Some((_, word)) => word.trim_end_matches([')', ']']),
        None => text,
    };
    let word = word.trim();
    let offset = word.trim_start_matches(|char: char| char.is_ascii_alphabetic());
    let is_offset = offset.starts_with(['+', '-'])
        && offset.len() > 1
        && offset[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
        && offset.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    is_offset || zone_hours(word).is_some_and(|hours| hours != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_beside_the_cells_are_seen() {
        for text in ["+08:00", "UTC+8", "time (UTC+8)", "Date (EST)", "GMT-0500", "-05:30", "Time (EET)"] {
            assert!(zone_beside(text), "{text}");
        }
        for text in
            ["UTC", "time (UTC)", "Z", "+00:00", "UTC+0", "Date (ms)", "time", "open-time", "2024-01-01", ""]
        {
            assert!(!zone_beside(text), "{text}");
        }
    }
}
