//! The scenario files of a command, with overrides.

use std::path::PathBuf;

use clap::Args;

use crate::report::html::ScenarioText;
use crate::scenario::{self, Scenario};

use super::failure::WrongScenarios;

/// Scenario files and what is changed in them.
#[derive(Debug, Args)]
pub struct Sources {
    /// Scenario files (TOML); "-" is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Override a key of the scenario, such as simulation.horizon=7d; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl Sources {
    /// Loads all files, or fails with the problems of all that are wrong.
    pub fn load(&self) -> anyhow::Result<Vec<Scenario>> {
        load_all(&self.files, &self.overrides)
    }

    /// The texts of the files that can be read again, for the report.
    pub fn texts(&self) -> Vec<ScenarioText> {
        scenario_texts(&self.files)
    }
}

/// Loads all files, or fails with the problems of all that are wrong.
pub fn load_all(files: &[PathBuf], overrides: &[String]) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        match scenario::load(file, overrides) {
            Ok(scenario) => scenarios.push(scenario),
            Err(problems) => wrong.push(problems),
        }
    }
    if wrong.is_empty() { Ok(scenarios) } else { Err(WrongScenarios(wrong).into()) }
}

/// The texts of the files that can be read again, for the report.
pub fn scenario_texts(files: &[PathBuf]) -> Vec<ScenarioText> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        std::fs::read_to_string(path).ok().map(|text| ScenarioText { name, text })
    };
    files.iter().filter_map(read).collect()
}
