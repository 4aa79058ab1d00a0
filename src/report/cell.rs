//! A cell of a table, and its text.

/// The content of a cell, whose column holds one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number; none where it does not exist.
    Number(Option<f64>),
}

impl Cell {
    /// The cell as text; empty where there is nothing.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => spreadsheet_text(text),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        }
    }

    /// The cell as people see it: a text is what it is.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.text(),
        }
    }
}

/// A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe, which these do not show
/// (OWASP, "CSV Injection"). Numbers stay.
fn spreadsheet_text(text: &str) -> String {
    let is_number = text.trim_end_matches('%').trim_end().parse::<f64>().is_ok();
    if text.starts_with(['=', '+', '-', '@']) && !is_number { format!("'{text}") } else { text.to_owned() }
}
