//! `run`: simulate scenarios and show the result for every leverage.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use crate::engine::{RunError, RunOptions, RunResult, run_tallied};
use crate::report::html::{self, Document};
use crate::report::{FileFormat, Format, plot, render, render_file};
use crate::scenario::{PathBudget, Scenario};
use crate::study::Depths;

use super::failure::{error_with_help, warn};
use super::interrupt;
use super::output::{OutputFile, print, terminal_layout};
use super::progress::ProgressLine;
use super::sources::Sources;
use super::values::{self, RunFormat};

/// Probability of liquidation at which a leverage is shown as safe.
const SAFE: f64 = 0.01;

/// Simulate scenarios: liquidation probability and returns for every leverage
///
/// An interrupt (Ctrl-C) stops after the running blocks of paths and shows the result so far; a second one ends at once.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim run liqsim.toml\n  liqsim run liqsim.toml --paths 1e7 --format json\n  liqsim run liqsim.toml --plot -o report.html -o curve.png\n  \
                        liqsim run long.toml short.toml -o result.csv -o result.md --set simulation.horizon=7d"
)]
pub struct Run {
    #[command(flatten)]
    sources: Sources,

    /// Number of paths, in place of the scenario's paths or precision: 1000000, 1_000_000 or 1e6
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: Option<u64>,

    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// Format on standard output
    #[arg(long, value_enum, default_value = "table")]
    format: RunFormat,

    /// Also write the result to a file, in the format of its extension (.json, .csv, .md, .txt, .html, .svg, .png); repeatable
    #[arg(short, long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,

    /// Draw the probability of liquidation over leverage below the table
    #[arg(long)]
    plot: bool,
}

impl Run {
    /// Simulates, writes the files, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let outputs =
            self.outputs.iter().map(|path| OutputFile::prepare(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut scenarios = self.sources.load()?;
        for scenario in &mut scenarios {
            if let Some(paths) = self.paths {
                scenario.simulation.paths = PathBudget::Fixed(paths);
            }
            if let Some(seed) = self.seed {
                scenario.simulation.seed = seed;
            }
        }
        let results = self.simulate(&scenarios, &*interrupt::stop_flag()?)?;
        // Files first: whoever reads standard output may leave early.
        for output in outputs {
            let contents = match output.format {
                FileFormat::Text(Format::Html) => self.page(&results)?.into_bytes(),
                format => render_file(&results, format)?,
            };
            output.write(contents)?;
        }
        let layout = terminal_layout();
        let mut text = render(&results, self.format.into(), layout)?;
        if self.plot && self.format == RunFormat::Table {
            for result in &results {
                text += &format!("\n{}\n{}", result.scenario, plot(result, layout.width));
            }
        }
        print(&text)
    }

    /// The report, with the scenario files that can be read again.
    fn page(&self, results: &[RunResult]) -> anyhow::Result<String> {
        let documents = results.iter().map(Document::of_run).collect::<Result<Vec<_>, _>>()?;
        Ok(html::render(&documents, &self.sources.texts())?)
    }

    fn simulate(&self, scenarios: &[Scenario], stop: &AtomicBool) -> anyhow::Result<Vec<RunResult>> {
        let mut results = Vec::new();
        for scenario in scenarios {
            let line = ProgressLine::new(&scenario.name);
            let progress = |progress| line.show(&progress);
            match run_tallied(scenario, &RunOptions { threads: self.threads, stop, progress: &progress }) {
                Ok((mut result, tally)) => {
                    result
                        .safe_leverage
                        .extend(Depths::new(scenario, &tally).map(|depths| depths.safe(SAFE)));
                    results.push(result);
                }
                Err(RunError::Interrupted) => break,
                Err(error) => return Err(error_with_help(error, "try fewer threads: --threads 1")),
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        if results.is_empty() {
            return Err(RunError::Interrupted.into());
        }
        if results.len() < scenarios.len() {
            warn(format_args!("only {} of {} scenarios were run", results.len(), scenarios.len()));
        }
        Ok(results)
    }
}
