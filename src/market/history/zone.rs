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
    // A place, as the database of zones names it; "Etc" stands for none.
    let is_place = word.split_once('/').is_some_and(|(area, city)| {
        ["US", "Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific"].contains(&area)
            && city.starts_with(|c: char| c.is_ascii_uppercase())
    });
    is_offset || is_place || zone_hours(word).is_some_and(|hours| hours != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_beside_the_cells_are_seen() {
        for text in [
            "+08:00",
            "UTC+8",
            "time (UTC+8)",
            "Date (EST)",
            "GMT-0500",
            "-05:30",
            "Time (EET)",
            "America/New_York",
            "US/Eastern",
        ] {
            assert!(zone_beside(text), "{text}");
        }
        for text in [
            "UTC",
            "time (UTC)",
            "Z",
            "+00:00",
            "UTC+0",
            "Date (ms)",
            "time",
            "open-time",
            "2024-01-01",
            "",
            "Etc/UTC",
            "BTC/USD",
        ] {
            assert!(!zone_beside(text), "{text}");
        }
    }
}
