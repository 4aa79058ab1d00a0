//! Signs that cannot be seen and change how a line is shown.

/// Whether a sign is a line end or another control character, or a mark that turns the direction of writing (UAX 9, table 4
/// "Explicit directional formatting"): in a terminal, a log or a page it can make a text pass for something else.
pub fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
