//! `sweep`: many scenarios into one folder.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::report::Format;
use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{MOST_MAPPED, Ranking, SweepReport, SweepTables, render_differences};
use liqsim::result::RunResult;
use liqsim::scenario::{Axis, is_metric};
use liqsim::study::{
    self, Differences, GroupPart, OverError, ResultsFolder, RunError, SweepChanges, SweepError, SweepPlan,
    SweptCell, SweptSource,
};

use super::failure::{WrongScenarios, error_with_help, warn};
use super::interrupt;
use super::output::{prepare_file, print, terminal_layout};
use super::progress::ProgressLine;
use super::sources::{read_source, scenario_files};
use super::values;

/// Differences between venues that are shown.
const MOST_PAIRS: usize = 12;

/// Run every cell of a sweep into a folder of results
///
/// The table [sweep] of a scenario gives keys several values: `"assets.BTC.model.volatility" = [0.4, 0.6]` or
/// `{ from = 0.4, to = 0.8, count = 5 }`; all combinations are run, or with `mode = "paired"` the n-th values
/// together. Each finished cell is a file; a sweep that was interrupted goes on where it stopped. Cells that
/// differ in the account only (venue, leverage, side, policy) are run on the same simulated paths, with the
/// same results as one by one.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim sweep liqsim.toml --over volatility=40%..90% --over horizon=7d,30d -o results\n  \
                        liqsim sweep liqsim.toml -o results --rank-by expected_shortfall.0.95\n\nA table [sweep] to put at the end of a scenario:\n  \
                        [sweep]\n  simulation.horizon = [\"7d\", \"30d\"]\n  account.venue = [\"binance-usdm-btcusdt\", \"bybit-linear-btcusdt\"]"
)]
pub struct Sweep {
    /// Scenario files, or folders of them (*.toml)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Override a key of every scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// A key that takes several values, beside those of [sweep]: horizon=1d..90d, volatility=40%,60%,80%, or
    /// any key of the scenario with a range or a list; repeatable
    #[arg(long, value_name = "KEY=VALUES", value_parser = Axis::from_str)]
    over: Vec<Axis>,

    /// Folder for the results: cells/IDENTITY.json, index.csv, results.csv, results.parquet, report.html
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// Print the best levels by this metric, such as expected_shortfall.0.95: gains falling, all else rising;
    /// by the probability of liquidation if absent
    #[arg(long, value_name = "METRIC")]
    rank_by: Option<String>,

    /// With --rank-by: falling values
    #[arg(long, requires = "rank_by")]
    descending: bool,

    /// Number of paths, in place of the scenarios' paths or precision
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: Option<u64>,

    /// Seed of all randomness, in place of the scenarios'
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The results do not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,
}

impl Sweep {
    /// Runs what is not finished, then writes the tables.
    pub fn execute(self) -> anyhow::Result<()> {
        if let Some(metric) = self.rank_by.as_deref().filter(|metric| !is_metric(metric)) {
            return Err(error_with_help(
                format_args!("unknown metric \"{metric}\""),
                "use a key of a level of the result, such as liquidation_probability or return.quantiles.0.05",
            ));
        }
        let sources = self.sources()?;
        let cannot_write = || format!("cannot write to the folder {}", self.output.display());
        let folder = ResultsFolder::open(&self.output).with_context(cannot_write)?;
        for table in ["index.csv", "results.csv", "results.parquet", "report.html"] {
            prepare_file(&self.output.join(table))?;
        }
        let stop = interrupt::stop_flag()?;
        let changes = SweepChanges { overrides: self.overrides.clone(), paths: self.paths, seed: self.seed };
        let plan = SweepPlan::new(sources, changes, |identity| folder.finished(identity).is_some())
            .map_err(explain)?;
        self.run(&plan, &folder, &stop)?;
        let result = |identity: &str| folder.finished(identity);
        let tables = SweepTables { plan: &plan, result: &result };
        let mut ranking = Ranking::new(self.rank_by.as_deref(), self.descending);
        write_tables(&tables, &folder, &mut ranking).with_context(cannot_write)?;
        write_page(&tables, &folder).with_context(cannot_write)?;
        let changed: BTreeSet<PathBuf> = plan.sources().iter().flat_map(SweptSource::changed_files).collect();
        for path in changed {
            warn(format_args!(
                "{} has changed since the sweep began: all cells are of what it held then; run the sweep again for what it holds now",
                path.display()
            ));
        }
        let (total, new) = (count_of(plan.cells().len(), "cell"), plan.to_run());
        let table = ranking.table(tables.heads());
        let between = self.differences(&plan, &result, &stop)?;
        print(&format!("{total} in {}, {new} of them new\n{table}{between}", self.output.display()))
    }

    /// What a venue changes, cell by cell against the first one on the same paths.
    fn differences(
        &self,
        plan: &SweepPlan,
        result: &dyn Fn(&str) -> Option<RunResult>,
        stop: &AtomicBool,
    ) -> anyhow::Result<String> {
        let mut text = String::new();
        let options = RunOptions { threads: self.threads, stop, ..RunOptions::default() };
        let name = |cell: &SweptCell| {
            let values = plan.sources()[cell.source].cells.values(cell.cell);
            values.iter().map(|value| value.trim_matches('"')).collect::<Vec<_>>().join(" ")
        };
        for (first, other) in plan.pairs_of_venues().into_iter().take(MOST_PAIRS) {
            let [first, other] = [first, other].map(|cell| &plan.cells()[cell]);
            let (Some(its), Some(others)) = (result(&first.identity), result(&other.identity)) else {
                continue;
            };
            let scenario = |cell| plan.scenario(cell).map_err(|problems| explain(problems.into()));
            let (before, after) = (scenario(first)?, scenario(other)?);
            match study::differences((&before, &its), (&after, &others), &options) {
                Err(RunError::Interrupted) => break,
                Err(error) => return Err(error.into()),
                Ok(None) => {
                    text += &format!(
                        "\n{} against {}: no paired differences, since they share no paths (payments or looks at other times) or no \
                         leverage.\n",
                        name(other),
                        name(first)
                    );
                }
                Ok(Some(found)) => {
                    let found = Differences { first: name(first), other: name(other), ..found };
                    text += &format!("\n{}", render_differences(&found, Format::Table, terminal_layout())?);
                }
            }
        }
        Ok(text)
    }

    fn sources(&self) -> anyhow::Result<Vec<SweptSource>> {
        let (mut sources, mut wrong) = (Vec::new(), Vec::new());
        for file in scenario_files(&self.files)? {
            let source = read_source(&file).and_then(SweptSource::new);
            match source.map_err(OverError::from).and_then(|source| source.over(&self.over, &self.overrides))
            {
                Ok(source) => sources.push(source),
                Err(OverError::Scenario(problems)) => wrong.push(problems),
                Err(error) => {
                    return Err(error_with_help(error, "see `liqsim explain` for the keys of a scenario"));
                }
            }
        }
        if wrong.is_empty() { Ok(sources) } else { Err(WrongScenarios(wrong).into()) }
    }

    /// Runs group after group, and keeps the results of each.
    fn run(&self, plan: &SweepPlan, folder: &ResultsFolder, stop: &AtomicBool) -> anyhow::Result<()> {
        let total = plan.cells().len();
        let mut finished = total - plan.to_run();
        let line = ProgressLine::share();
        for group in plan.groups() {
            line.name(match group[..] {
                [one] => format!("{} of {total}: {}", finished + 1, plan.cells()[one].name),
                _ => format!("{} to {} of {total}", finished + 1, finished + group.len()),
            });
            let progress = |progress| line.show(&plan.progress(finished, group.len(), progress));
            let options = RunOptions { threads: self.threads, stop, progress: &progress };
            let kept = folder.at_work();
            let mut done = 0;
            let mut keep_result = |result: &RunResult| {
                folder.keep(result)?;
                done += 1;
                Ok(())
            };
            let mut keep_part = |part: &GroupPart| folder.keep_at_work(part);
            plan.run_group_kept(group, kept.as_ref(), &mut keep_part, &mut keep_result, &options)
                .map_err(|error| match error {
                    SweepError::Keep(error) => anyhow::Error::from(error)
                        .context(format!("cannot write to the folder {}", self.output.display())),
                    error => explain(error),
                })
                .with_context(|| {
                    format!("{} of {total} cells are finished; the same command goes on", finished + done)
                })?;
            folder.no_longer_at_work()?;
            finished += group.len();
        }
        Ok(())
    }
}

/// A number of things in words.
fn count_of(count: usize, thing: &str) -> String {
    format!("{} {thing}{}", liqsim::report::count(count as u64), if count == 1 { "" } else { "s" })
}

/// Wrong scenarios are shown with the places of their problems.
fn explain(error: SweepError) -> anyhow::Error {
    match error {
        SweepError::Scenario(problems) => WrongScenarios(vec![problems]).into(),
        error => error.into(),
    }
}

/// index.csv, results.csv and, where this program can, results.parquet.
fn write_tables(
    tables: &SweepTables<'_>,
    folder: &ResultsFolder,
    ranking: &mut Ranking<'_>,
) -> io::Result<()> {
    folder.write_table("index.csv", |file| tables.write_index(file))?;
    folder.write_table("results.csv", |csv| {
        #[cfg(feature = "parquet")]
        let written = folder.write_table("results.parquet", |parquet| {
            tables.write_results(csv, Some((parquet, Format::Parquet)), ranking)
        });
        #[cfg(not(feature = "parquet"))]
        let written = tables.write_results(csv, None, ranking);
        written
    })
}

/// report.html, a heat map of all cells; nothing where they are too many for a page.
fn write_page(tables: &SweepTables<'_>, folder: &ResultsFolder) -> anyhow::Result<()> {
    let Some(report) = SweepReport::new(tables)? else {
        warn(format_args!("no report.html: a page holds at most {MOST_MAPPED} cells times leverages"));
        return Ok(());
    };
    let text = |source: &SweptSource| ScenarioText {
        name: source.name().to_owned(),
        text: source.text().to_owned(),
    };
    let texts: Vec<ScenarioText> = tables.plan.sources().iter().map(text).collect();
    let page = html::render(&[Document::of_sweep(&report)?], &texts)?;
    folder.write_table("report.html", |file| file.write_all(page.as_bytes()))?;
    Ok(())
}
