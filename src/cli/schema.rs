//! `schema`: the JSON Schema of scenario files.

use clap::Args;

use crate::scenario;

use super::output::print;

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim schema > liqsim.schema.json")]
pub struct Schema {}

impl Schema {
    /// Prints the schema.
    pub fn execute(self) -> anyhow::Result<()> {
        print(&(serde_json::to_string_pretty(&scenario::schema())? + "\n"))
    }
}
