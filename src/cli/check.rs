//! `check`: the gate for CI.

use std::collections::HashSet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::Args;

use liqsim::calibrate::{AssumptionOptions, assumptions};
use liqsim::engine::RunOptions;
use liqsim::market::{Duration, PriceHistory};
use liqsim::report::html::{self, Document};
use liqsim::report::{Format, Layout, RenderError, github_annotations, render, render_check};
use liqsim::result::RunResult;
use liqsim::scenario::Scenario;
use liqsim::study::{
    Assumptions, CheckError, CheckOptions, CheckReport, ComparisonOptions, ScenarioCheck, Verdict, check,
};

use super::failure::error_with_help;
use super::interrupt;
use super::output::{OutputFile, print};
use super::prices::PriceOptions;
use super::progress::ProgressLine;
use super::sources::{Loaded, Sources, scenario_texts};
use super::values;
use super::verdicts::{TestFlags, VerdictOutput, read_results};

/// Check the limits of scenarios, and results against a baseline
///
/// The exit status is 0 if all is well, 1 if something fails or cannot be decided: the worst of all scenarios. A limit passes if the whole 95 % interval
/// of its metric is allowed, and fails if none of it is. Against a baseline every number of every level is tested, at one
/// false-alarm rate over all together (Holm); a run of the same scenario, seed and number of paths must agree with its
/// baseline in every digit.
///
/// Against --prices the model of the position's asset is compared with recorded returns: volatility, jumps, tails (Kupiec), clusters
/// (Christoffersen) and distribution (Kolmogorov), each ranked among 1999 histories that the model makes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim check liqsim.toml\n  liqsim check scenarios/ci\n  liqsim check liqsim.toml --save baseline.json\n  \
                        liqsim check liqsim.toml --baseline baseline.json --tolerance 2% --fail-on worse -o junit.xml --github\n  \
                        liqsim check liqsim.toml --baseline baseline.json --update-baseline\n  \
                        liqsim check liqsim.toml --prices btc_1h.csv.gz --since 2026-01-01"
)]
pub struct Check {
    #[command(flatten)]
    sources: Sources,

    /// Number of paths, in place of the scenario's paths or precision
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: Option<u64>,

    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The verdict does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// Write the results as a baseline for later checks
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Compare with the results of an earlier --save
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Show what changed since the baseline, and write the results into it: the changes are accepted
    #[arg(long, requires = "baseline", conflicts_with = "save")]
    update_baseline: bool,

    /// Test whether the scenario's model still describes these prices (CSV, JSON or Parquet, plain or gzip)
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    #[command(flatten)]
    reading: PriceOptions,

    /// With --prices: join bars into longer ones, such as 1d
    #[arg(long, value_name = "DURATION", requires = "prices")]
    interval: Option<Duration>,

    #[command(flatten)]
    test: TestFlags,

    /// Where a limit is undecided, run as many paths as decide it
    #[arg(long)]
    decide: bool,

    /// With --decide: no more paths than this
    #[arg(long, value_name = "N", value_parser = values::paths, default_value = "1e9", requires = "decide")]
    max_paths: u64,

    /// Print annotations for GitHub Actions, and append the Markdown to the summary of the job
    #[arg(long)]
    github: bool,

    #[command(flatten)]
    output: VerdictOutput,
}

impl Check {
    /// Simulates, judges, writes and prints.
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let files = self.output.prepare()?;
        let renewed = self.baseline.as_deref().filter(|_| self.update_baseline);
        let save = self.save.as_deref().or(renewed);
        let save = save.map(|path| OutputFile::prepare_as(path, Format::Json)).transpose()?;
        let mut baseline = self.baseline.as_deref().map(read_results).transpose()?;
        let Loaded { files: sources, scenarios, .. } = self.sources.load()?;
        let scenarios: Vec<Scenario> =
            scenarios.into_iter().map(|scenario| scenario.with(self.paths, self.seed)).collect();
        // One result against one, whatever their names: options may have changed what the title says.
        if let (Some([one]), [scenario]) = (baseline.as_deref_mut(), &scenarios[..]) {
            one.scenario.clone_from(&scenario.name);
        }
        if save.is_some() || baseline.is_some() {
            let mut names = HashSet::new();
            if let Some(twice) = scenarios.iter().find(|scenario| !names.insert(&scenario.name)) {
                return Err(error_with_help(
                    format_args!("two scenarios are named \"{}\"", twice.name),
                    "a baseline knows scenarios by their names: give each its own",
                ));
            }
        }
        if self.prices.is_none() && self.reading.is_given() {
            return Err(error_with_help(
                "--since, --until, --dates, --decimals, --columns and --allow-times are about prices, and none are named",
                "name the file with --prices",
            ));
        }
        let prices = self.prices.as_deref().map(|path| self.history(path)).transpose()?;
        if baseline.is_none()
            && save.is_none()
            && prices.is_none()
            && scenarios.iter().all(|scenario| scenario.limits.is_empty())
        {
            return Err(error_with_help(
                "there is nothing to check: no scenario has limits",
                "add [[limits]] to the file, or name a --baseline (`--save baseline.json` writes one) or --prices",
            ));
        }
        let stop = interrupt::stop_flag()?;
        let (mut checks, mut results) = (Vec::new(), Vec::new());
        for (file, scenario) in sources.iter().zip(&scenarios) {
            let (mut check, result) = self.judge(file, scenario, baseline.as_deref(), &stop)?;
            if self.update_baseline {
                accept(&mut check);
            }
            if let Some((history, found)) = &prices {
                check.notes.extend(found.iter().cloned());
                check.assumptions = Some(self.judge_assumptions(scenario, history)?);
                check.judge();
            } else if scenario.limits.is_empty() {
                check.notes.push("The scenario has no limits.".to_owned());
            }
            checks.push(check);
            results.push(result);
        }
        if self.update_baseline {
            let is_new = |old: &RunResult| results.iter().all(|new| new.scenario != old.scenario);
            let kept: Vec<RunResult> = baseline.into_iter().flatten().filter(is_new).collect();
            results.extend(kept);
        }
        if let Some(save) = save {
            save.write(&render(&results, Format::Json, Layout::FILE)?)?;
        }
        let report = CheckReport::new(checks);
        let status = self.output.write(files, report.verdict, |format, layout| match format {
            // With the pictures of the runs behind the verdict.
            Format::Html => Self::page(&report, &results, &sources),
            format => render_check(&report, format, layout),
        })?;
        if self.github {
            self.tell_github(&report)?;
        }
        Ok(status)
    }

    fn page(report: &CheckReport, results: &[RunResult], files: &[PathBuf]) -> Result<String, RenderError> {
        let mut documents = vec![Document::of_check(report)];
        for result in results {
            documents.push(Document::of_run(result)?);
        }
        html::render(&documents, &scenario_texts(files))
    }

    fn judge(
        &self,
        file: &Path,
        scenario: &Scenario,
        baseline: Option<&[RunResult]>,
        stop: &AtomicBool,
    ) -> anyhow::Result<(ScenarioCheck, RunResult)> {
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop, progress: &progress };
        let decide = self.decide.then_some(self.max_paths);
        let is_known = |known: &&[RunResult]| known.iter().any(|result| result.scenario == scenario.name);
        // What a baseline that is renewed does not know yet is added to it.
        let baseline = baseline.filter(|known| !self.update_baseline || is_known(known));
        let asked = CheckOptions { baseline, comparison: self.test.options(), decide };
        check(scenario, &file.display().to_string(), &asked, &options).map_err(|error| match error {
            CheckError::NotInBaseline(_) => error_with_help(error, "add it with --update-baseline"),
            CheckError::Run(error) => error.into(),
        })
    }

    /// The prices that the model is compared with, and what was found in their file.
    fn history(&self, path: &Path) -> anyhow::Result<(PriceHistory, Vec<String>)> {
        let (history, mut report) = self.reading.read(path)?;
        let Some(interval) = self.interval else { return Ok((history, report.lines())) };
        let (joined, issues) = history.resample(interval)?;
        report.issues.extend(issues);
        Ok((joined, report.lines()))
    }

    fn judge_assumptions(&self, scenario: &Scenario, history: &PriceHistory) -> anyhow::Result<Assumptions> {
        let path = self.prices.as_deref().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ComparisonOptions { false_alarm_rate, tolerance, .. } = self.test.options();
        let options = AssumptionOptions { false_alarm_rate, tolerance };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        pool.install(|| assumptions(scenario, history, &name, options))
            .map_err(|error| error_with_help(error, "use a longer range of prices or another --interval"))
    }

    fn tell_github(&self, report: &CheckReport) -> anyhow::Result<()> {
        let annotations = github_annotations(report);
        if self.output.format == Format::Table {
            print(&annotations)?;
        } else {
            // Standard output holds a document; the runner reads both streams.
            anstream::stderr().write_all(annotations.as_bytes())?;
        }
        let Some(summary) = env::var_os("GITHUB_STEP_SUMMARY") else { return Ok(()) };
        let text = render_check(report, Format::Markdown, Layout::FILE)?;
        let append = OpenOptions::new().create(true).append(true).open(&summary);
        append
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write the job summary {}", Path::new(&summary).display()))
    }
}

/// Accepts what changed since the baseline: it is shown, and fails nothing.
fn accept(check: &mut ScenarioCheck) {
    match &mut check.baseline {
        Some(baseline) => {
            baseline.verdict = Verdict::Pass;
            baseline.notes.push("The baseline is renewed: these numbers are its own from now on.".to_owned());
        }
        None => check.notes.push("The scenario is new in the baseline.".to_owned()),
    }
    check.judge();
}
