//! Ranges of numbers: one declaration gives the check, its message and its part of the schema.

use serde_json::{Value, json};

use super::tree::number;

/// An interval of numbers, open or closed at its lower end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    low: f64,
    is_low_allowed: bool,
    high: f64,
}

impl Range {
    pub const fn above(low: f64) -> Self {
        Self { low, is_low_allowed: false, high: f64::INFINITY }
    }

    pub const fn at_least(low: f64) -> Self {
        Self { low, is_low_allowed: true, high: f64::INFINITY }
    }

    pub const fn at_most(self, high: f64) -> Self {
        Self { high, ..self }
    }

    pub fn contains(&self, value: f64) -> bool {
        (value > self.low || (self.is_low_allowed && value == self.low)) && value <= self.high
    }

    /// In words, to follow "must be".
    pub fn in_words(&self) -> String {
        let low = match self.is_low_allowed {
            true => format!("at least {}", number(self.low)),
            false => format!("greater than {}", number(self.low)),
        };
        if self.high == f64::INFINITY { low } else { format!("{low} and at most {}", number(self.high)) }
    }

    /// Adds the bounds to the schema of a number.
    pub fn add_to(&self, schema: &mut Value) {
        // Bounds of a duration are said in words: those of JSON Schema are for numbers.
        if schema["type"] == "string" {
            return;
        }
        schema[if self.is_low_allowed { "minimum" } else { "exclusiveMinimum" }] = json!(self.low);
        if self.high < f64::INFINITY {
            schema["maximum"] = json!(self.high);
        }
    }
}
