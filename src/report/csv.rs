//! CSV: one row per scenario and leverage, flat columns; what does not exist is an empty cell.

use crate::result::RunResult;

use super::format::Format;
use super::{RenderError, flat};

/// The CSV text of the results, with one header.
pub fn render(results: &[RunResult]) -> Result<String, RenderError> {
    let mut text = Vec::new();
    flat::table(results).write(&mut text, Format::Csv).map_err(::csv::Error::from)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
