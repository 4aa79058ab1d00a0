//! `schema`: the JSON Schema of scenario files.

use clap::Args;

use liqsim::report::{Format, reference};
use liqsim::scenario;

use super::output::print;
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Json, Format::Markdown];

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim schema > liqsim.schema.json\n  liqsim schema --format markdown")]
pub struct Schema {
    /// JSON Schema, or the reference of all keys as Markdown
    #[arg(long, value_parser = values::format(PRINTED), default_value = "json")]
    format: Format,
}

impl Schema {
    /// Prints the schema.
    pub fn execute(self) -> anyhow::Result<()> {
        let schema = scenario::schema();
        match self.format {
            Format::Markdown => print(&reference(&schema)),
            _ => print(&(serde_json::to_string_pretty(&schema)? + "\n")),
        }
    }
}
