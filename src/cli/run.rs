//! `run`: simulate scenarios and show the result for every leverage.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::report::html::ScenarioText;
use liqsim::result::RunResult;
use liqsim::scenario::Scenario;
use liqsim::study::{self, Differences, RunError};

use super::failure::{error_with_help, warn};
use super::interrupt;
use super::progress::ProgressLine;
use super::result_output::ResultOutput;
use super::run_part::PartOptions;
use super::sources::{Loaded, Sources, scenario_texts};
use super::values;

/// Simulate scenarios: liquidation probability and returns for every leverage
///
/// An interrupt (Ctrl-C) stops the run, which then shows the result so far and marks it; a second one ends at once. What was cut
/// short replaces no file: beside result.json it is written to result.interrupted.json.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim run liqsim.toml\n  liqsim run liqsim.toml --leverage 3,5 --horizon 2w --short --stop 6%\n  \
                        liqsim run liqsim.toml --entry 61000 --quantity 0.5 --margin 9000\n  liqsim run liqsim.toml --paths 1e7 --format json\n  liqsim run liqsim.toml --plot -o report.html -o curve.png\n  \
                        liqsim run long.toml short.toml -o result.csv -o result.md --set simulation.horizon=7d\n\n\
                        Without a file: `liqsim risk BTC --leverage 5 --for 7d`, or `liqsim init`."
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

    #[command(flatten)]
    part: PartOptions,

    #[command(flatten)]
    output: ResultOutput,
}

impl Run {
    /// Simulates, writes the files, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.part.are_given() {
            let source = self.sources.one(self.paths, self.seed)?;
            return self.part.execute(source, self.threads, &self.output);
        }
        let outputs = self.output.prepare()?;
        let Loaded { files, scenarios, .. } = self.sources.load()?;
        let scenarios: Vec<Scenario> =
            scenarios.into_iter().map(|scenario| scenario.with(self.paths, self.seed)).collect();
        let stop = interrupt::stop_flag()?;
        let results = self.simulate(&scenarios, &stop)?;
        let texts = scenario_texts(&files);
        let differences = self.differences(&scenarios, &results, &texts, &stop)?;
        self.output.write(outputs, &results, &texts, &differences)
    }

    /// What the other scenarios have more than the first, by the names of their files, where they saw the same prices.
    fn differences(
        &self,
        scenarios: &[Scenario],
        results: &[RunResult],
        texts: &[ScenarioText],
        stop: &AtomicBool,
    ) -> anyhow::Result<Vec<Differences>> {
        let mut found = Vec::new();
        if !self.output.shows_differences() || results.len() < scenarios.len() {
            return Ok(found);
        }
        let options = RunOptions { threads: self.threads, stop, ..RunOptions::default() };
        let mut all = scenarios.iter().zip(results).zip(texts);
        let Some((first, named)) = all.next() else { return Ok(found) };
        for (other, text) in all {
            match study::differences(first, other, &options) {
                Err(RunError::Interrupted) => break,
                differences => found.extend(differences?.map(|differences| Differences {
                    first: named.name.clone(),
                    other: text.name.clone(),
                    ..differences
                })),
            }
        }
        Ok(found)
    }

    fn simulate(&self, scenarios: &[Scenario], stop: &AtomicBool) -> anyhow::Result<Vec<RunResult>> {
        let mut results = Vec::new();
        for scenario in scenarios {
            let line = ProgressLine::new(&scenario.name);
            let progress = |progress| line.show(&progress);
            match study::run(scenario, &RunOptions { threads: self.threads, stop, progress: &progress }) {
                Ok(result) => results.push(result),
                Err(RunError::Interrupted) => break,
                Err(error @ RunError::Threads(_)) => {
                    return Err(error_with_help(error, "try fewer threads: --threads 1"));
                }
                Err(error) => return Err(error.into()),
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        interrupt::is_writing();
        if results.is_empty() {
            return Err(RunError::Interrupted.into());
        }
        if results.len() < scenarios.len() {
            interrupt::is_cut_short();
            warn(format_args!("only {} of {} scenarios were run", results.len(), scenarios.len()));
        }
        Ok(results)
    }
}
