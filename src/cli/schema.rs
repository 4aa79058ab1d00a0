//! `schema`: the JSON Schema of scenario files.

use clap::{Args, ValueEnum};

use liqsim::report::reference;
use liqsim::scenario;

use super::output::print;

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim schema > liqsim.schema.json\n  liqsim schema --format markdown")]
pub struct Schema {
    /// JSON Schema, or the reference of all keys as Markdown
    #[arg(long, value_enum, default_value = "json")]
    format: SchemaFormat,
}

/// How the schema is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaFormat {
    /// For editors
    Json,
    /// For people
    Markdown,
}

impl Schema {
    /// Prints the schema.
    pub fn execute(self) -> anyhow::Result<()> {
        let schema = scenario::schema();
        match self.format {
            SchemaFormat::Json => print(&(serde_json::to_string_pretty(&schema)? + "\n")),
            SchemaFormat::Markdown => print(&reference(&schema)),
        }
    }
}
