//! JSON as in the contract: pretty, in the order of the fields, numbers in the shortest form that reads back exactly.

use serde::Serialize;

use super::RenderError;

/// The JSON text of a result, ending with a line break. Numbers that are not finite become null.
pub fn render<T: Serialize + ?Sized>(result: &T) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(result)?;
    text.push('\n');
    Ok(text)
}
