//! `compare`: what changed between two results.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use liqsim::report::render_comparisons;
use liqsim::result::RunResult;
use liqsim::study::{Comparison, ComparisonOptions, Verdict, compare};

use super::failure::error_with_help;
use super::verdicts::{TestFlags, VerdictOutput, read_results};

/// Compare two results: what changed, and whether that can be chance
///
/// Every number of every level is tested, at one false-alarm rate over all together (Holm). Results of the same scenario,
/// seed and number of paths must agree in every digit. Exit status: 0 nothing changed, 1 changed or undecided.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim compare before.json after.json --tolerance 2%")]
pub struct Compare {
    /// The result before: JSON of `liqsim run`
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The result after
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    #[command(flatten)]
    test: TestFlags,

    #[command(flatten)]
    output: VerdictOutput,
}

impl Compare {
    /// Compares and prints.
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let files = self.output.prepare()?;
        let (before, after) = (read_results(&self.before)?, read_results(&self.after)?);
        let comparisons = pairs(&before, &after, &self.test.options())?;
        let verdict = Verdict::worst(comparisons.iter().map(|comparison| comparison.verdict));
        self.output.write(files, verdict, |format, layout| render_comparisons(&comparisons, format, layout))
    }
}

/// One result against one whatever their names; several by name.
fn pairs(
    before: &[RunResult],
    after: &[RunResult],
    options: &ComparisonOptions,
) -> anyhow::Result<Vec<Comparison>> {
    if let ([before], [after]) = (before, after) {
        return Ok(vec![compare(before, after, options.clone())]);
    }
    let missing = |scenario: &str| {
        error_with_help(
            format_args!("scenario \"{scenario}\" is in one of the two results only"),
            "compare results of the same scenarios",
        )
    };
    let mut comparisons = Vec::new();
    for result in after {
        let other = before.iter().find(|other| other.scenario == result.scenario);
        comparisons.push(compare(other.ok_or_else(|| missing(&result.scenario))?, result, options.clone()));
    }
    match before.iter().find(|other| after.iter().all(|result| result.scenario != other.scenario)) {
        Some(other) => Err(missing(&other.scenario)),
        None => Ok(comparisons),
    }
}
