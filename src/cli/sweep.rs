//! `sweep`: many scenarios into one folder.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;

use crate::engine::{self, Progress, RunOptions};
use crate::result::RunResult;
use crate::scenario::{self, PathBudget, Scenario, Source, Sweep as Cells, is_metric, read_sweep};
use crate::study::ResultsFolder;
use crate::study::{RunError, run_sharing};

use super::failure::{WrongScenarios, error_with_help};
use super::interrupt;
use super::output::print;
use super::progress::ProgressLine;
use super::sources::scenario_files;
use super::sweep_page::write_page;
use super::sweep_tables::{Ranking, Tables};
use super::values;

/// Levels of all cells of a group together: each level of a group takes memory on every thread, and levels whose state no longer fits
/// into the second-level cache cost more than the paths that they share.
const MOST_LEVELS: usize = 64;

/// Run every cell of a sweep into a folder of results
///
/// The table [sweep] of a scenario gives keys several values: `"assets.BTC.model.volatility" = [0.4, 0.6]` or
/// `{ from = 0.4, to = 0.8, count = 5 }`; all combinations are run, or with `mode = "paired"` the n-th values together. Each
/// finished cell is a file; a sweep that was interrupted goes on where it stopped. Cells that differ in the account only (venue, leverage, side,
/// policy) are run on the same simulated paths, with the same results as one by one.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim sweep scenarios/ -o results --rank-by liquidation_probability")]
pub struct Sweep {
    /// Scenario files, or folders of them (*.toml)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Override a key of every scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Folder for the results: cells/IDENTITY.json, index.csv, results.csv, results.parquet, report.html
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// Print the levels with the smallest values of a metric, such as expected_shortfall.0.95
    #[arg(long, value_name = "METRIC")]
    rank_by: Option<String>,

    /// With --rank-by: the largest values
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

/// One scenario file with its cells.
pub struct SweptFile {
    /// Where it is.
    pub file: PathBuf,
    /// Its cells.
    pub cells: Cells,
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
        let stop = interrupt::stop_flag()?;
        let plan = self.plan(&sources, &folder)?;
        let total = plan.identities.len();
        let new = plan.groups.iter().map(Vec::len).sum::<usize>();
        let line = ProgressLine::share();
        let mut finished = total - new;
        for group in &plan.groups {
            let scenarios = group
                .iter()
                .map(|(source, cell)| self.scenario(source, *cell))
                .collect::<anyhow::Result<Vec<_>>>()?;
            line.name(match &scenarios[..] {
                [one] => format!("{} of {total}: {}", finished + 1, one.name),
                _ => format!("{} to {} of {total}", finished + 1, finished + group.len()),
            });
            let progress =
                |progress| line.show(&within(finished as u64, group.len() as u64, total as u64, progress));
            let results = self.simulate(&scenarios, &progress, &stop).with_context(|| {
                format!("{finished} of {total} cells are finished; the same command goes on")
            })?;
            for result in &results {
                folder.keep(result).with_context(cannot_write)?;
            }
            finished += group.len();
        }
        drop(line);
        let mut ranking = Ranking::new(self.rank_by.as_deref(), self.descending);
        let tables = Tables { folder: &folder, sources: &sources, identities: &plan.identities };
        tables.write_index().with_context(cannot_write)?;
        tables.write_results(&mut ranking).with_context(cannot_write)?;
        write_page(&tables).with_context(cannot_write)?;
        print(&format!("{total} cells in {}, {new} of them new\n{ranking}", self.output.display()))
    }

    fn sources(&self) -> anyhow::Result<Vec<SweptFile>> {
        let (mut sources, mut wrong) = (Vec::new(), Vec::new());
        for file in scenario_files(&self.files)? {
            match Source::read(&file).and_then(read_sweep) {
                Ok(cells) => sources.push(SweptFile { file, cells }),
                Err(problems) => wrong.push(problems),
            }
        }
        if wrong.is_empty() { Ok(sources) } else { Err(WrongScenarios(wrong).into()) }
    }

    fn scenario(&self, source: &SweptFile, cell: usize) -> anyhow::Result<Scenario> {
        let overrides = [source.cells.overrides(cell), self.overrides.clone()].concat();
        let mut scenario =
            scenario::load(&source.file, &overrides).map_err(|problems| WrongScenarios(vec![problems]))?;
        if let Some(paths) = self.paths {
            scenario.simulation.paths = PathBudget::Fixed(paths);
        }
        scenario.simulation.seed = self.seed.unwrap_or(scenario.simulation.seed);
        Ok(scenario)
    }

    /// Reads every cell, so that what is wrong comes to light before anything is run, and puts those that are not finished into
    /// groups that share their paths.
    fn plan<'a>(&self, sources: &'a [SweptFile], folder: &ResultsFolder) -> anyhow::Result<CellPlan<'a>> {
        let mut plan = CellPlan { identities: Vec::new(), groups: Vec::new() };
        let mut planned = HashSet::new();
        // By path key: the group that still takes cells, and its levels.
        let mut open: HashMap<String, (usize, usize)> = HashMap::new();
        for (source, cell) in cells(sources) {
            let scenario = self.scenario(source, cell)?;
            let identity = scenario.identity();
            if planned.insert(identity.clone()) && folder.finished(&identity).is_none() {
                let levels = scenario.account.leverage.len();
                let key = engine::path_key(&scenario)?;
                let known = open.get(&key).filter(|(_, taken)| taken + levels <= MOST_LEVELS);
                let (group, taken) = known.copied().unwrap_or_else(|| {
                    plan.groups.push(Vec::new());
                    (plan.groups.len() - 1, 0)
                });
                plan.groups[group].push((source, cell));
                open.insert(key, (group, taken + levels));
            }
            plan.identities.push((scenario.name, identity));
        }
        Ok(plan)
    }

    fn simulate(
        &self,
        scenarios: &[Scenario],
        progress: &(dyn Fn(Progress) + Sync),
        stop: &AtomicBool,
    ) -> anyhow::Result<Vec<RunResult>> {
        let results = run_sharing(scenarios, &RunOptions { threads: self.threads, stop, progress })?;
        // Part of the paths is another result than that of the cell.
        if stop.load(Ordering::Relaxed) { Err(RunError::Interrupted.into()) } else { Ok(results) }
    }
}

/// What there is to do.
struct CellPlan<'a> {
    /// Title and identity of every cell.
    identities: Vec<(String, String)>,
    /// Cells that are not finished, in groups that share their paths.
    groups: Vec<Vec<(&'a SweptFile, usize)>>,
}

/// How far the whole sweep is, in thousandths of a cell.
fn within(finished: u64, running: u64, total: u64, group: Progress) -> Progress {
    const PARTS: u64 = 1000;
    let part = PARTS * running * group.paths_done / group.paths_planned.max(1);
    Progress { paths_done: PARTS * finished + part.min(PARTS * running), paths_planned: PARTS * total }
}

/// Every cell of every file.
pub fn cells(sources: &[SweptFile]) -> impl Iterator<Item = (&SweptFile, usize)> {
    sources.iter().flat_map(|source| (0..source.cells.cells()).map(move |cell| (source, cell)))
}
