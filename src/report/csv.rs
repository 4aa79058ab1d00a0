//! CSV: one row per scenario and leverage, flat columns; what does not exist is an empty cell.

use crate::result::RunResult;

use super::RenderError;
use super::flat::{Further, row_among};

/// The CSV text of the results, with one header.
pub fn render(results: &[RunResult]) -> Result<String, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut header_is_written = false;
    let further = Further::of(results);
    for result in results {
        for level in &result.levels {
            let row = row_among(result, level, further);
            if !header_is_written {
                writer.write_record(row.iter().map(|(name, _)| name))?;
                header_is_written = true;
            }
            writer.write_record(row.iter().map(|(_, cell)| cell.text()))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
