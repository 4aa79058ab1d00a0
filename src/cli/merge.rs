//! `merge`: the shards of one run.

use std::path::{Path, PathBuf};

use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::estimate::{MergeError, Partial};
use liqsim::report::html::ScenarioText;
use liqsim::study::{self, MergePartsError, PartFile, PartScenario};

use super::failure::{WrongScenarios, error_with_help};
use super::own_files::read_text;
use super::result_output::ResultOutput;
use super::values;

/// Join the shards of one run: the same bytes as the whole run
///
/// `run --shard 2/8` simulates the second of eight parts of a run, on any machine and in any order, and writes what its paths came to.
/// Files that the scenario names (prices, venues) must be where they were.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim run liqsim.toml --shard 1/2 -o part-1.json\n  liqsim run liqsim.toml --shard 2/2 -o part-2.json\n  \
                        liqsim merge part-1.json part-2.json --format json"
)]
pub struct Merge {
    /// The files of all shards, in any order
    #[arg(value_name = "SHARD", required = true)]
    shards: Vec<PathBuf>,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    #[command(flatten)]
    output: ResultOutput,
}

impl Merge {
    /// Reads, joins, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let outputs = self.output.prepare()?;
        let (mut scenarios, mut parts) = (Vec::new(), Vec::new());
        for path in &self.shards {
            let PartFile { scenario, partial, .. } = read(path)?;
            scenarios.push(scenario);
            parts.push(partial);
        }
        let source = scenarios.swap_remove(0);
        let scenario = source.load().map_err(|problems| WrongScenarios(vec![problems]))?;
        let options = RunOptions { threads: self.threads, ..RunOptions::default() };
        let result = study::merge(&scenario, &parts, &options).map_err(|error| match error {
            MergePartsError::Parts(error) => self.explain(&error, &parts),
            MergePartsError::OtherScenario => error_with_help(
                format_args!("the scenario of {} is no longer what was run", self.shards[0].display()),
                "a file that it names has changed, or the shards are of another version of liqsim: run them anew",
            ),
            MergePartsError::Run(error) => error.into(),
        })?;
        let PartScenario { file, text, .. } = source;
        let text = ScenarioText { name: file.display().to_string(), text };
        self.output.write(outputs, &[result], &[text])
    }

    fn explain(&self, error: &MergeError, parts: &[Partial]) -> anyhow::Error {
        let name = |place: usize| self.shards[place].display();
        match error {
            MergeError::Nothing => error_with_help("there are no shards", "name the files of all of them"),
            MergeError::Foreign(place) => error_with_help(
                format_args!("{} is of another run than {}", name(*place), name(0)),
                "all shards come from the same scenario, seed, number of paths and version of liqsim",
            ),
            MergeError::OtherCount(place) => error_with_help(
                format_args!(
                    "{} is shard {}, but {} is shard {}",
                    name(*place),
                    parts[*place].shard,
                    name(0),
                    parts[0].shard
                ),
                "all shards must be of the same number",
            ),
            MergeError::Twice(one, other) => error_with_help(
                format_args!("{} and {} are both shard {}", name(*one), name(*other), parts[*one].shard),
                "leave one of them out",
            ),
            MergeError::TooManyPaths => {
                error_with_help("the shards hold more paths than a run can count", "merge those of one run")
            }
            MergeError::Missing(numbers) => {
                let of = parts[0].shard.of();
                let list: Vec<String> = numbers.iter().map(|number| format!("{number}/{of}")).collect();
                error_with_help(
                    format_args!("not all shards are there; missing: {}", list.join(", ")),
                    format_args!(
                        "run what is missing, such as `liqsim run SCENARIO --shard {} -o FILE`",
                        list[0]
                    ),
                )
            }
        }
    }
}

/// Reads the file of a shard.
fn read(path: &Path) -> anyhow::Result<PartFile> {
    let text = read_text(path)?;
    PartFile::parse(&text).map_err(|reason| {
        error_with_help(
            format_args!("{} is no shard of liqsim: {reason}", path.display()),
            "shards are written by `liqsim run SCENARIO --shard 1/4 -o FILE`",
        )
    })
}
