//! The JSON Schema of the scenario file, from the same declarations that read it.

use serde_json::{Value, json};

use super::file::ScenarioFile;
use super::shape::Shape;

/// JSON Schema (draft 2020-12) of a scenario file; descriptions are the documentation of the keys.
pub fn schema() -> Value {
    let mut schema = ScenarioFile::schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("liqsim scenario");
    let of_positions = json!({ "properties": { "account": { "required": ["venue", "positions"] } } });
    let of_miner = json!({ "properties": { "policy": false } });
    schema["if"] = json!({ "required": ["miner"] });
    schema["then"] = of_miner;
    schema["else"] = of_positions;
    schema
}
