//! `merge`: the parts of one run.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::estimate::{Blocks, MergeError, Partial, all_blocks};
use liqsim::report::Format;
use liqsim::report::html::ScenarioText;
use liqsim::study::{self, MergePartsError, PartFile, PartScenario, part_files};

use super::confined;
use super::failure::{WrongScenarios, error_with_help, warn};
use super::output::OutputFile;
use super::own_files::read_bytes;
use super::result_output::ResultOutput;
use super::values;

/// Join the parts of one run: the same bytes as the whole run
///
/// `run --shard 2/8` and `run --blocks 125..250` make parts of a run, on any machine and in any order. They may be joined two at a time in
/// any tree: with -o to a .part file the outcome is a part again. A folder stands for the .part files in it, and for what `run --resume` kept
/// there. Files that the scenario names (prices, venues) are in
/// the parts; those of more than 4 MiB together must be where they were.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim run liqsim.toml --shard 1/2 -o 1.part\n  liqsim run liqsim.toml --shard 2/2 -o 2.part\n  \
                        liqsim merge 1.part 2.part --format json\n  liqsim merge 1.part 2.part -o all.part"
)]
pub struct Merge {
    /// The files of the parts, or folders of them, in any order
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    #[command(flatten)]
    output: ResultOutput,
}

/// What the parts that were read so far come to.
struct Joined {
    scenario: PartScenario,
    part: Partial,
    /// Which file had which blocks.
    files: Vec<(Blocks, PathBuf)>,
}

impl Joined {
    /// Reads the parts one after the other: two are held at a time.
    fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let (first, rest) = files.split_first().context("there are no parts")?;
        let PartFile { scenario, partial, .. } = read(first)?;
        let own = vec![(partial.blocks.clone(), first.clone())];
        let mut joined = Self { scenario, part: partial, files: own };
        for path in rest {
            let PartFile { partial, .. } = read(path)?;
            joined.part.merge(&partial).map_err(|error| joined.explain(&error, path))?;
            joined.files.push((partial.blocks, path.clone()));
        }
        Ok(joined)
    }

    fn explain(&self, error: &MergeError, path: &Path) -> anyhow::Error {
        let (first, path) = (self.files[0].1.display(), path.display());
        match error {
            MergeError::Foreign => error_with_help(
                format_args!("{path} is of another run than {first}"),
                "all parts come from the same scenario, seed, number of paths and version of liqsim",
            ),
            MergeError::Overlap(range) => {
                let wanted = Blocks::of(range.clone());
                let holds = |(blocks, _): &&(Blocks, PathBuf)| blocks.shared_with(&wanted).is_some();
                let other = self.files.iter().find(holds).map_or(first, |(_, file)| file.display());
                error_with_help(
                    format_args!("{other} and {path} both hold blocks {wanted}"),
                    "leave one of them out",
                )
            }
            MergeError::TooManyPaths => {
                error_with_help("the parts hold more paths than a run can count", "merge those of one run")
            }
            MergeError::Work(error) => error_with_help(
                format_args!("{path} and {first} cannot be joined: {error}"),
                "one of them is damaged, or was made by another program",
            ),
        }
    }
}

impl Merge {
    /// Reads, joins, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let is_part = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "part");
        let outputs = &self.output.outputs;
        let wants_part = outputs.iter().any(is_part);
        if wants_part && outputs.len() > 1 {
            return Err(error_with_help(
                "a part goes to one file",
                "write results by another `liqsim merge`",
            ));
        }
        let part_output = outputs.iter().find(|path| is_part(path));
        let part_output = part_output.map(|path| OutputFile::prepare_as(path, Format::Part)).transpose()?;
        let result_outputs = if wants_part { Vec::new() } else { self.output.prepare()? };
        let Joined { scenario: source, part, files } = Joined::read(&self.files()?)?;
        let scenario =
            source.load(confined::files(&source.file)).map_err(|problems| WrongScenarios(vec![problems]))?;
        if let Some(output) = part_output {
            let missing = part.blocks.gaps(0..all_blocks(&scenario.simulation.paths));
            if !missing.is_empty() {
                warn(format_args!(
                    "{} blocks are still missing, the first of them {}",
                    count(&missing),
                    missing[0].start
                ));
            }
            return output.write(PartFile::new(source, part)?.bytes()?);
        }
        let options = RunOptions { threads: self.threads, ..RunOptions::default() };
        let result = study::merge(&scenario, &part, &options).map_err(|error| match error {
            MergePartsError::Missing(ref missing) => error_with_help(
                &error,
                format_args!(
                    "run what is missing, such as `liqsim run SCENARIO --blocks {} -o FILE`",
                    Blocks::of(missing.first().cloned().unwrap_or(0..0))
                ),
            ),
            MergePartsError::OtherScenario => error_with_help(
                format_args!("the scenario of {} is no longer what was run", files[0].1.display()),
                "a file that it names has changed, or the parts are of another version of liqsim: run them anew",
            ),
            MergePartsError::Unsound => error_with_help(error, "run them anew"),
            MergePartsError::Run(error) => error.into(),
        })?;
        let PartScenario { file, text, .. } = source;
        let text = ScenarioText { name: file.display().to_string(), text };
        self.output.write(result_outputs, &[result], &[text], &[])
    }

    /// All files, those of folders by name.
    fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for path in &self.parts {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let found =
                part_files(path).with_context(|| format!("cannot read the folder {}", path.display()))?;
            if found.is_empty() {
                return Err(error_with_help(
                    format_args!("the folder {} holds no part", path.display()),
                    "files of parts end with .part",
                ));
            }
            files.extend(found);
        }
        Ok(files)
    }
}

fn count(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

/// Reads the file of a part.
fn read(path: &Path) -> anyhow::Result<PartFile> {
    PartFile::parse(&read_bytes(path)?).map_err(|reason| {
        error_with_help(
            format_args!("{} is no part of a run: {reason}", path.display()),
            "parts are written by `liqsim run SCENARIO --shard 1/4 -o FILE`",
        )
    })
}
