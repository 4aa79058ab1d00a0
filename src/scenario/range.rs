//! Ranges in the schema of the file.

use serde_json::{Value, json};

pub(super) use crate::numeric::Range;

/// Adds the bounds of a range to the schema of a number.
pub(super) fn add_to(range: Range, schema: &mut Value) {
    // Bounds of a duration are said in words: those of JSON Schema are for numbers.
    if schema["type"] == "string" {
        return;
    }
    let (low, is_allowed) = range.low();
    schema[if is_allowed { "minimum" } else { "exclusiveMinimum" }] = json!(low);
    if range.high() < f64::INFINITY {
        schema["maximum"] = json!(range.high());
    }
}
