//! `sweep`: many scenarios into one folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;

use crate::engine::{self, RunError, RunOptions, RunResult};
use crate::report::html::{self, Document};
use crate::report::{Format, Layout, SweepAxis, SweepCell, SweepReport, render};
use crate::scenario::{self, PathBudget, Scenario, Source, Sweep as Cells, is_metric, read_sweep};
use crate::study::{Metrics, ResultsFolder};

use super::failure::{WrongScenarios, error_with_help, warn};
use super::interrupt;
use super::output::print;
use super::progress::ProgressLine;
use super::sources::scenario_texts;
use super::values;

/// Rows of the map that a page can hold.
const MOST_MAPPED: usize = 10_000;
/// Rows of the ranking that are printed.
const MOST_RANKED: usize = 20;

/// Run every cell of a sweep into a folder of results
///
/// The table [sweep] of a scenario gives keys several values: `"assets.BTC.model.volatility" = [0.4, 0.6]` or
/// `{ from = 0.4, to = 0.8, count = 5 }`; all combinations are run, or with `mode = "paired"` the n-th values together. Each
/// finished cell is a file; a sweep that was interrupted goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim sweep scenarios/ -o results --rank-by liquidation_probability")]
pub struct Sweep {
    /// Scenario files, or folders of them (*.toml)
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Override a key of every scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Folder for the results: cells/IDENTITY.json, index.csv, results.csv, report.html
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
struct SweptFile {
    file: PathBuf,
    cells: Cells,
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
        let total: usize = sources.iter().map(|source| source.cells.cells()).sum();
        let (mut number, mut ran) = (0, 0);
        for source in &sources {
            for cell in 0..source.cells.cells() {
                number += 1;
                let scenario = self.scenario(source, cell)?;
                if folder.finished(&scenario.identity()).is_none() {
                    let name = format!("{number} of {total}: {}", scenario.name);
                    let result = self.simulate(&scenario, &name, &stop).with_context(|| {
                        format!("{} of {total} cells are finished; the same command goes on", number - 1)
                    })?;
                    folder.keep(&result).with_context(cannot_write)?;
                    ran += 1;
                }
            }
        }
        self.write_index(&folder, &sources).with_context(cannot_write)?;
        let ranked = self.write_results(&folder, &sources).with_context(cannot_write)?;
        self.write_page(&folder, &sources).with_context(cannot_write)?;
        print(&format!("{total} cells in {}, {ran} of them new\n{ranked}", self.output.display()))
    }

    fn sources(&self) -> anyhow::Result<Vec<SweptFile>> {
        let mut files = Vec::new();
        for file in &self.files {
            if file.is_dir() {
                let entries =
                    fs::read_dir(file).with_context(|| format!("cannot read {}", file.display()))?;
                let mut found: Vec<PathBuf> =
                    entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
                found.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
                found.sort();
                files.extend(found);
            } else {
                files.push(file.clone());
            }
        }
        if files.is_empty() {
            return Err(error_with_help("the folders hold no scenario", "scenario files end with .toml"));
        }
        let (mut sources, mut wrong) = (Vec::new(), Vec::new());
        for file in files {
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

    fn simulate(&self, scenario: &Scenario, name: &str, stop: &AtomicBool) -> anyhow::Result<RunResult> {
        let line = ProgressLine::new(name);
        let progress = |progress| line.show(&progress);
        let result = engine::run(scenario, &RunOptions { threads: self.threads, stop, progress: &progress })?;
        // Part of the paths is another result than that of the cell.
        if stop.load(Ordering::Relaxed) { Err(RunError::Interrupted.into()) } else { Ok(result) }
    }

    /// One row per cell: its number, file, identity and values.
    fn write_index(&self, folder: &ResultsFolder, sources: &[SweptFile]) -> anyhow::Result<()> {
        let axes = axes(sources);
        let mut rows = vec![
            ["cell", "file", "scenario", "identity"]
                .into_iter()
                .chain(axes.iter().map(|axis| axis.key.as_str()))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        ];
        for (number, (source, cell)) in cells(sources).enumerate() {
            let scenario = self.scenario(source, cell)?;
            let mut row = vec![
                (number + 1).to_string(),
                source.file.display().to_string(),
                scenario.name.clone(),
                scenario.identity(),
            ];
            row.extend(values_of(&source.cells, cell, &axes));
            rows.push(row);
        }
        folder.write_table("index.csv", |file| {
            let mut writer = csv::Writer::from_writer(file);
            rows.iter().try_for_each(|row| writer.write_record(row))?;
            writer.flush()
        })?;
        Ok(())
    }

    /// One row per cell and level, read back cell by cell; returns the ranking as text.
    fn write_results(&self, folder: &ResultsFolder, sources: &[SweptFile]) -> anyhow::Result<String> {
        let mut ranked: Vec<(f64, usize, f64, String)> = Vec::new();
        let plain = Layout { width: None, colour: false };
        let mut rows = |file: &mut dyn Write| -> anyhow::Result<()> {
            for (number, (source, cell)) in cells(sources).enumerate() {
                let identity = self.scenario(source, cell)?.identity();
                let result =
                    folder.finished(&identity).with_context(|| format!("the result {identity} is gone"))?;
                let text = render(std::slice::from_ref(&result), Format::Csv, plain)?;
                let header = if number == 0 { 0 } else { text.find('\n').map_or(0, |end| end + 1) };
                file.write_all(&text.as_bytes()[header..])?;
                if let Some(metric) = &self.rank_by {
                    for level in &result.levels {
                        if let Some(found) = Metrics::new(level, result.paths).get(metric) {
                            let name = label(&source.cells, cell, &source.file);
                            ranked.push((found.estimate().value, number + 1, level.leverage, name));
                        }
                    }
                }
            }
            Ok(())
        };
        folder.write_table("results.csv", |file| rows(file).map_err(io::Error::other))?;
        ranked.sort_by(|a, b| if self.descending { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
        let line = |(value, cell, leverage, name): &(f64, usize, f64, String)| {
            format!("{value:>14.6}  cell {cell}, {leverage}x  {name}\n")
        };
        let head = self.rank_by.as_ref().map_or_else(String::new, |metric| format!("By {metric}:\n"));
        Ok(head + &ranked.iter().take(MOST_RANKED).map(line).collect::<String>())
    }

    /// The heat map of all cells; none where they are too many for a page.
    fn write_page(&self, folder: &ResultsFolder, sources: &[SweptFile]) -> anyhow::Result<()> {
        let axes = axes(sources);
        let mut report = SweepReport {
            is_grid: sources.len() == 1 && !sources[0].cells.is_paired,
            axes: Vec::new(),
            cells: Vec::new(),
        };
        for (source, cell) in cells(sources) {
            let identity = self.scenario(source, cell)?.identity();
            let result =
                folder.finished(&identity).with_context(|| format!("the result {identity} is gone"))?;
            let values = values_of(&source.cells, cell, &axes);
            report.cells.push(SweepCell::new(label(&source.cells, cell, &source.file), values, &result));
            let rows: usize = report.cells.iter().map(|cell| cell.levels.len()).sum();
            if rows > MOST_MAPPED {
                warn(format_args!(
                    "no report.html: a page holds at most {MOST_MAPPED} cells times leverages"
                ));
                return Ok(());
            }
        }
        report.axes = axes;
        let files: Vec<PathBuf> = sources.iter().map(|source| source.file.clone()).collect();
        let page = html::render(&[Document::of_sweep(&report)?], &scenario_texts(&files))?;
        folder.write_table("report.html", |file| file.write_all(page.as_bytes()))?;
        Ok(())
    }
}

/// The keys that take several values in any of the files, with all their values.
fn axes(sources: &[SweptFile]) -> Vec<SweepAxis> {
    let mut axes: Vec<SweepAxis> = Vec::new();
    for axis in sources.iter().flat_map(|source| &source.cells.axes) {
        let known = axes.iter().position(|known| known.key == axis.key);
        let at = known.unwrap_or_else(|| {
            axes.push(SweepAxis { key: axis.key.clone(), values: Vec::new() });
            axes.len() - 1
        });
        for value in axis.values.iter().map(|value| value.trim_matches('"').to_owned()) {
            if !axes[at].values.contains(&value) {
                axes[at].values.push(value);
            }
        }
    }
    axes
}

/// A cell's value of each axis; empty where its file does not have it.
fn values_of(cells: &Cells, cell: usize, axes: &[SweepAxis]) -> Vec<String> {
    let values = cells.values(cell);
    let value = |axis: &SweepAxis| {
        let at = cells.axes.iter().position(|known| known.key == axis.key);
        at.map_or_else(String::new, |at| values[at].trim_matches('"').to_owned())
    };
    axes.iter().map(value).collect()
}

/// Every cell of every file.
fn cells(sources: &[SweptFile]) -> impl Iterator<Item = (&SweptFile, usize)> {
    sources.iter().flat_map(|source| (0..source.cells.cells()).map(move |cell| (source, cell)))
}

/// What tells a cell from the others.
fn label(cells: &Cells, cell: usize, file: &Path) -> String {
    if cells.axes.is_empty() { file.display().to_string() } else { cells.overrides(cell).join(" ") }
}
