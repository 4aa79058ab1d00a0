//! The scenario files of a command, with overrides.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use liqsim::report::html::ScenarioText;
use liqsim::scenario::{Problems, Scenario, Source, parse};
use liqsim::study::{CarriedFiles, PartScenario};

use super::confined;
use super::failure::{WrongScenarios, error_with_help};
use super::prices;
use super::usual::UsualFlags;

/// Scenario files and what is changed in them.
#[derive(Debug, Args)]
pub struct Sources {
    /// Scenario files (TOML), or folders of them (*.toml); "-" is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Override a key of the scenario, such as simulation.horizon=7d, or take it out (account.equity=);
    /// repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    #[command(flatten)]
    usual: UsualFlags,
}

/// Loaded scenarios with their files.
pub struct Loaded {
    /// One file per scenario.
    pub files: Vec<PathBuf>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// What was changed in each file.
    pub overrides: Vec<Vec<String>>,
}

impl Sources {
    /// Loads all files, or fails with the problems of all that are wrong.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        let files = scenario_files(&self.files)?;
        let (mut scenarios, mut changes, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for file in &files {
            match read_source(file) {
                Ok(source) => {
                    let overrides = self.overrides_of(&source)?;
                    match parse(source, &overrides) {
                        Ok(scenario) => scenarios.push(scenario),
                        Err(problems) => wrong.push(problems),
                    }
                    changes.push(overrides);
                }
                Err(problems) => wrong.push(problems),
            }
        }
        if wrong.is_empty() {
            Ok(Loaded { files, scenarios, overrides: changes })
        } else {
            Err(WrongScenarios(wrong).into())
        }
    }

    /// The only file, with what is changed in it.
    pub fn one(&self, paths: Option<u64>, seed: Option<u64>) -> anyhow::Result<PartScenario> {
        let files = scenario_files(&self.files)?;
        let [file] = &files[..] else {
            return Err(error_with_help(
                format_args!("a part is of the run of one scenario, and there are {}", files.len()),
                "name one file",
            ));
        };
        let source = read_source(file).map_err(|problems| WrongScenarios(vec![problems]))?;
        let overrides = self.overrides_of(&source)?;
        let (file, text) = (PathBuf::from(source.name()), source.text().to_owned());
        Ok(PartScenario { file, text, overrides, paths, seed, files: CarriedFiles::default() })
    }

    /// What the flags change in a file; `--set`, which is more exact, comes last.
    fn overrides_of(&self, source: &Source) -> anyhow::Result<Vec<String>> {
        let mut overrides = self.usual.overrides(source)?;
        overrides.extend_from_slice(&self.overrides);
        Ok(overrides)
    }
}

/// The files, and those of folders that end with .toml, in the order of their names.
pub fn scenario_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let cannot_read = || format!("cannot read the folder {}", path.display());
        let entries = fs::read_dir(path).with_context(cannot_read)?;
        let mut found = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .with_context(cannot_read)?;
        found.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        if found.is_empty() {
            return Err(error_with_help(
                format_args!("the folder {} holds no scenario", path.display()),
                "scenario files end with .toml",
            ));
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// A scenario file, with the files that it names read as of today.
pub fn read_source(file: &Path) -> Result<Source, Problems> {
    Ok(confined::read(file)?.at(prices::now()))
}

/// Loads a scenario as of today.
pub fn load(file: &Path, overrides: &[String]) -> anyhow::Result<Scenario> {
    let scenario = read_source(file).and_then(|source| parse(source, overrides));
    scenario.map_err(|problems| WrongScenarios(vec![problems]).into())
}

/// Loads all files, or fails with the problems of all that are wrong.
pub fn load_all(files: &[PathBuf], overrides: &[String]) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        match read_source(file).and_then(|source| parse(source, overrides)) {
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
        fs::read_to_string(path).ok().map(|text| ScenarioText { name, text })
    };
    files.iter().filter_map(read).collect()
}
