//! `run --shard`, `--blocks` and `--resume`: parts of a run, and runs that go on from what they had.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Context;
use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::estimate::{Blocks, Partial, Shard};
use liqsim::report::Format;
use liqsim::report::html::ScenarioText;
use liqsim::scenario::Scenario;
use liqsim::study::{self, KeptPart, PartFile, PartRun, PartScenario, RunError, run_kept};

use super::confined;
use super::failure::{WrongScenarios, error_with_help, warn};
use super::interrupt;
use super::output::{OutputFile, print};
use super::progress::ProgressLine;
use super::result_output::ResultOutput;
use super::values;

/// Which part of a run, and where what is finished of it is kept.
#[derive(Debug, Args)]
pub struct PartOptions {
    /// Run one part only, such as 2/8 for the second of eight, and write what it came to for `liqsim merge`; with -o to a .part or .json file
    #[arg(long, value_name = "K/N", conflicts_with_all = ["format", "plot", "blocks"])]
    shard: Option<Shard>,

    /// Run some blocks of 1024 paths only, from A up to and without B, counted from 0; otherwise as --shard
    #[arg(long, value_name = "A..B", value_parser = values::blocks, conflicts_with_all = ["format", "plot"])]
    blocks: Option<Range<u64>>,

    /// Keep what is finished in a folder every few seconds, and go on from what is there: after a crash, a kill, an interrupt
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
}

fn not_one_file() -> anyhow::Error {
    error_with_help("a part goes to one .part or .json file", "give one, such as -o 2.part")
}

/// Where a part goes.
struct PartOutput(Option<OutputFile>);

impl PartOutput {
    /// Checks that the file can be written.
    fn prepare(files: &[PathBuf]) -> anyhow::Result<Self> {
        let [path] = files else {
            return if files.is_empty() { Ok(Self(None)) } else { Err(not_one_file()) };
        };
        let format = Format::of_file(path, &[Format::Part, Format::Json]).map_err(|_| not_one_file())?;
        Ok(Self(Some(OutputFile::prepare_as(path, format)?)))
    }

    /// Writes the part; one that was cut short replaces nothing complete.
    fn write(self, source: PartScenario, part: Partial, is_complete: bool) -> anyhow::Result<()> {
        let file = PartFile::new(source, part)?;
        let Some(output) = self.0 else { return print(&file.text()?) };
        let output = if is_complete { output } else { output.beside_what_is_there() };
        output.write(if output.format == Format::Json {
            file.text()?.into_bytes()
        } else {
            file.bytes()?
        })?;
        if !is_complete {
            warn(format_args!("what is finished is in {}", output.path().display()));
        }
        Ok(())
    }
}

impl PartOptions {
    /// Whether anything of this is asked for.
    pub fn are_given(&self) -> bool {
        self.shard.is_some() || self.blocks.is_some() || self.resume.is_some()
    }

    /// Runs the part, or the whole with what is kept of it, and writes it.
    pub fn execute(
        &self,
        source: PartScenario,
        threads: Option<usize>,
        output: &ResultOutput,
    ) -> anyhow::Result<()> {
        let is_part = self.shard.is_some() || self.blocks.is_some();
        let part_output = is_part.then(|| PartOutput::prepare(&output.outputs)).transpose()?;
        let result_outputs = if is_part { Vec::new() } else { output.prepare()? };
        let scenario =
            source.load(confined::files(&source.file)).map_err(|problems| WrongScenarios(vec![problems]))?;
        let source = source.carrying_files_of(&scenario)?;
        let run = PartRun::new(&scenario)?;
        let wanted = match self.shard {
            Some(shard) => Some(run.shard(shard)?),
            None => self.blocks.clone(),
        };
        let blocks = wanted.clone().unwrap_or(0..run.blocks());
        if blocks.is_empty() || blocks.end > run.blocks() {
            let (start, end, all) = (blocks.start, blocks.end, run.blocks());
            return Err(RunError::NoSuchBlocks { start, end, all }.into());
        }
        let kept = self.open(&scenario, &blocks)?;
        let stop = interrupt::stop_flag()?;
        let (part, is_complete) = {
            let line = ProgressLine::new(&scenario.name);
            let progress = |progress| line.show(&progress);
            let options = RunOptions { threads, stop: &stop, progress: &progress };
            let had = kept.as_ref().and_then(|kept| kept.finished(&scenario));
            let mut keep = |part: &Partial| {
                if stop.load(Ordering::Relaxed) {
                    interrupt::is_writing();
                }
                kept.as_ref().map_or(Ok(()), |kept| kept.keep(&source, part))
            };
            run_kept(&scenario, wanted, had, &mut keep, &options)?
        };
        let Some(part) = part else { return Err(RunError::Interrupted.into()) };
        if !is_complete {
            interrupt::is_writing();
            interrupt::is_cut_short();
            say_what_is_left(&part.blocks, &blocks, kept.as_ref());
        }
        match part_output {
            Some(output) => {
                interrupt::is_writing();
                output.write(source, part, is_complete)
            }
            None if !is_complete => Ok(()),
            None => {
                let options = RunOptions { threads, stop: &stop, ..RunOptions::default() };
                let result = study::merge(&scenario, &part, &options)?;
                interrupt::is_writing();
                let text = ScenarioText { name: source.file.display().to_string(), text: source.text };
                output.write(result_outputs, &[result], &[text], &[])
            }
        }
    }

    /// Where what is finished is kept, if anywhere.
    fn open(&self, scenario: &Scenario, blocks: &Range<u64>) -> anyhow::Result<Option<KeptPart>> {
        let Some(folder) = &self.resume else { return Ok(None) };
        match KeptPart::open(folder, scenario, blocks) {
            Ok(kept) => Ok(Some(kept)),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Err(error_with_help(
                format_args!("{}: another run is at work on these blocks", folder.display()),
                "wait until it has ended, or name another folder",
            )),
            error => error.map(Some).with_context(|| format!("cannot keep anything in {}", folder.display())),
        }
    }
}

/// Tells which blocks are missing of those that were asked for.
fn say_what_is_left(had: &Blocks, wanted: &Range<u64>, kept: Option<&KeptPart>) {
    let mut left = Blocks::default();
    had.gaps(wanted.clone()).into_iter().for_each(|gap| left.add(&Blocks::of(gap)));
    warn(format_args!("blocks {had} are finished, and {left} are not"));
    if let Some(kept) = kept {
        let path = kept.path();
        warn(format_args!(
            "what is finished is kept in {}: the same command goes on from there",
            path.display()
        ));
    }
}
