//! What commands with a verdict have in common: formats, files, exit status, results read back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use liqsim::report::{Format, Layout, RenderError, VERDICT_FORMATS};
use liqsim::result::RunResult;
use liqsim::scenario::metrics;
use liqsim::study::{ComparisonOptions, FailOn, Verdict, sound};

use super::failure::error_with_help;
use super::output::{OutputFile, print, terminal_layout};
use super::own_files::read_text;
use super::values;

/// Exit status where something fails or cannot be decided.
const NOT_PASSED: u8 = 1;

/// Flags of the tests against another result.
#[derive(Debug, Args)]
pub struct TestFlags {
    /// Changes of at most this share of the old value do not matter, such as 2%
    #[arg(long, value_name = "RATIO", value_parser = values::ratio, default_value = "0%")]
    tolerance: f64,

    /// Probability of even one false alarm among all comparisons of runs of the same thing
    #[arg(long, value_name = "RATIO", value_parser = values::positive_ratio, default_value = "1%")]
    false_alarm_rate: f64,

    /// Which changes fail: those for the worse, or any
    #[arg(long, value_enum, value_name = "CHANGES", default_value = "any")]
    fail_on: FailOnChoice,

    /// Compare these numbers only, such as liquidation_probability,expected_shortfall.0.95
    #[arg(long, value_name = "METRICS", value_delimiter = ',', value_parser = metric)]
    metrics: Vec<String>,
}

/// Which changes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOnChoice {
    /// Those for the worse: more liquidations, larger losses, smaller returns
    Worse,
    /// All of them
    Any,
}

/// A number that two results can be compared by.
fn metric(text: &str) -> Result<String, String> {
    match metrics().any(|known| known == text) {
        true => Ok(text.to_owned()),
        false => Err("must be a key of a level, such as liquidation_probability (`liqsim explain` has them)"
            .to_owned()),
    }
}

impl TestFlags {
    /// The options of the comparison.
    pub fn options(&self) -> ComparisonOptions {
        ComparisonOptions {
            false_alarm_rate: self.false_alarm_rate,
            tolerance: self.tolerance,
            fail_on: match self.fail_on {
                FailOnChoice::Worse => FailOn::Worse,
                FailOnChoice::Any => FailOn::Any,
            },
            metrics: self.metrics.clone(),
        }
    }
}

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json, Format::Markdown, Format::Junit, Format::Sarif];

/// Where the verdict goes.
#[derive(Debug, Args)]
pub struct VerdictOutput {
    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    pub format: Format,

    /// Also write the verdict to a file, in the format of its extension (.json, .xml for JUnit, .sarif, .md, .txt, .html); repeatable
    #[arg(short, long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,

    /// Exit with status 0 whatever the verdict
    #[arg(long)]
    exit_zero: bool,
}

impl VerdictOutput {
    /// Checks that the files can be written, so that a wrong path is found before the work and not after it.
    pub fn prepare(&self) -> anyhow::Result<Vec<OutputFile>> {
        self.outputs.iter().map(|path| OutputFile::prepare(path, VERDICT_FORMATS)).collect()
    }

    /// Writes the files, prints, and returns the exit status of the verdict.
    pub fn write(
        &self,
        files: Vec<OutputFile>,
        verdict: Verdict,
        render: impl Fn(Format, Layout) -> Result<String, RenderError>,
    ) -> anyhow::Result<ExitCode> {
        let plain = Layout::FILE;
        for file in files {
            file.write(&render(file.format, plain)?)?;
        }
        print(&render(self.format, terminal_layout())?)?;
        let passed = verdict == Verdict::Pass || self.exit_zero;
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(NOT_PASSED) })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Box<RunResult>),
    More(Vec<RunResult>),
}

/// Reads the results that `run --format json` printed.
pub fn read_results(path: &Path) -> anyhow::Result<Vec<RunResult>> {
    let text = read_text(path)?;
    let refused = |reason: String| {
        error_with_help(
            format_args!("{} does not hold results of liqsim{reason}", path.display()),
            "results are written by `liqsim run FILE -o result.json` and `liqsim check FILE --save baseline.json`",
        )
    };
    let results = match serde_json::from_str(&text) {
        Ok(OneOrMore::One(result)) => vec![*result],
        Ok(OneOrMore::More(results)) => results,
        Err(_) => {
            // The reason of an untagged choice says nothing; that of a single result names line and key.
            let reason = serde_json::from_str::<RunResult>(&text).err();
            return Err(refused(reason.map_or_else(String::new, |error| format!(": {error}"))));
        }
    };
    if results.is_empty() {
        return Err(refused(": the list is empty".to_owned()));
    }
    for result in &results {
        sound(result).map_err(|error| refused(format!(": {error}")))?;
    }
    Ok(results)
}
