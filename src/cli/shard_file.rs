//! The file of a shard: what its paths came to, and the scenario, so that shards can be joined where they are alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use liqsim::estimate::Partial;
use liqsim::report::html::ScenarioText;
use liqsim::scenario::{self, Problems, Scenario, Source};

use super::failure::error_with_help;

/// Version of the format.
const FORMAT: u32 = 1;

/// What a shard's file holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShardFile {
    /// Version of the format.
    format: u32,
    /// The scenario.
    pub scenario: ShardScenario,
    /// Hash of the partial result as it is written, to tell a damaged file.
    checksum: String,
    /// The partial result.
    pub partial: Partial,
}

/// A scenario as it was given to `run`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShardScenario {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What `--set` changed.
    pub overrides: Vec<String>,
    /// Number of paths of the whole run, where `--paths` gave it.
    pub paths: Option<u64>,
    /// Seed, where `--seed` gave it.
    pub seed: Option<u64>,
}

impl ShardScenario {
    /// Reads the text as a scenario; files that it names must be there.
    pub fn load(&self) -> Result<Scenario, Problems> {
        let source = Source::of_file(&self.file, self.text.as_str());
        Ok(scenario::parse(source, &self.overrides)?.with(self.paths, self.seed))
    }

    /// The text for a report.
    pub fn text(&self) -> ScenarioText {
        ScenarioText { name: self.file.display().to_string(), text: self.text.clone() }
    }
}

impl ShardFile {
    /// The file of a partial result.
    pub fn new(scenario: ShardScenario, partial: Partial) -> anyhow::Result<Self> {
        Ok(Self { format: FORMAT, scenario, checksum: checksum(&partial)?, partial })
    }

    /// The text of the file.
    pub fn text(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let refuse = |reason: String| {
            error_with_help(
                format_args!("{} is no shard of liqsim: {reason}", path.display()),
                "shards are written by `liqsim run SCENARIO --shard 1/4 -o FILE`",
            )
        };
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: Self = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        if file.format != FORMAT {
            return Err(refuse(format!("its format is {}, and this version knows {FORMAT}", file.format)));
        }
        if checksum(&file.partial)? != file.checksum {
            return Err(refuse("it is damaged".to_owned()));
        }
        Ok(file)
    }
}

fn checksum(partial: &Partial) -> anyhow::Result<String> {
    Ok(blake3::hash(&serde_json::to_vec(partial)?).to_hex()[..32].to_owned())
}
