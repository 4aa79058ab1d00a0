//! `replay`: recorded history beside the simulation.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::market::{Duration, Issue, IssueKind, PriceHistory};
use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{
    Format, Layout, REPLAY_FORMATS, RenderError, ReplayReport, ReplayRow, Replayed, WalkForwardReport,
    render_replay, render_walk_forward_json, render_walk_forward_markdown, render_walk_forward_table,
};
use liqsim::scenario::{PathBudget, Scenario};
use liqsim::study::{RecordedNetwork, Replay as History, RunError, WalkForward, run_levels};

use super::calibrate_network::NetworkFiles;
use super::failure::error_with_help;
use super::histories::{AssetHistory, common_range, held_assets, of_assets};
use super::interrupt;
use super::output::{OutputFile, print, terminal_layout};
use super::prices::PriceOptions;
use super::progress::ProgressLine;
use super::sources::{load, scenario_texts};
use super::track_record::{TrackRecord, WalkModel};
use super::values;
use super::walk_forward::Walk;

/// Paths of each forecast of a walk: an error of a probability of at most 0.35 percentage points.
const FORECAST_PATHS: u64 = 20_000;

/// Replay recorded prices beside the simulation
///
/// A position is opened at the close of every bar; the lows (of a long; the highs of a short) of the bars within the
/// horizon decide. Fees, interest, funding (constant or recorded) and the owner's orders are those of the scenario; recorded funding is
/// paid at the times of its record. Intervals come from a block bootstrap, since starts overlap.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim replay btc_1h.csv liqsim.toml\n  \
                        liqsim replay btc_1h.csv.gz liqsim.toml --horizons 1d,7d,30d --since 2021-01-01 -o report.html\n  \
                        liqsim replay btc_1h.csv.gz liqsim.toml --walk-forward 365d --horizons 7d\n  \
                        liqsim replay btc_1h.csv.gz liqsim.toml --horizons 1d,7d --every 25h -o forecasts.csv --walk-forward")]
pub struct Replay {
    /// Prices (CSV, JSON or Parquet, plain or gzip); "-" is standard input. For a scenario of several assets one file each, NAME=FILE
    /// where its name does not say which; otherwise several with --walk-forward alone
    #[arg(value_name = "PRICES", required = true, num_args = 1..)]
    prices: Vec<PathBuf>,

    /// The scenario
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,

    /// Override a key of the scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Horizons in place of the scenario's, with commas
    #[arg(long, value_name = "DURATION", value_delimiter = ',')]
    horizons: Vec<Duration>,

    #[command(flatten)]
    reading: PriceOptions,

    #[command(flatten)]
    network: NetworkFiles,

    /// Forecast anew through history. Alone: by har, scaled_history and forecast from all bars before each entry, on both sides (place
    /// it behind the files). With a window: estimate the scenario's kind of model from so much history, simulate from there, go on
    #[arg(long, value_name = "WINDOW", num_args = 0..=1)]
    walk_forward: Option<Option<Duration>>,

    /// With --walk-forward: time between two forecasts; 25h by default, with a window the horizon, so that they do not overlap
    #[arg(long, value_name = "DURATION", requires = "walk_forward")]
    every: Option<Duration>,

    /// With --walk-forward alone: follow the whole account, its payments, stops and orders, and not the liquidation price alone; slow. So it
    /// is done with several positions in any case
    #[arg(long, requires = "walk_forward")]
    whole_account: bool,

    /// With --walk-forward alone: the models side by side, with commas; har, scaled-history and forecast by default, auto for all that
    /// calibrate knows (slow)
    #[arg(long, value_name = "MODEL", value_enum, value_delimiter = ',', requires = "walk_forward")]
    models: Vec<WalkModel>,

    /// Number of simulated paths, in place of the scenario's paths or precision; for each forecast of --walk-forward
    /// 5,000, of a whole account 2,000, with a window 20,000
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: Option<u64>,

    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,

    /// Also write the replay to a file, in the format of its extension (.json, .md, .txt, .html; .csv: every forecast of
    /// --walk-forward alone); repeatable
    #[arg(short, long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,
}

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json, Format::Markdown];

/// The text of a walk through history.
fn render_walk(
    report: &WalkForwardReport,
    format: Format,
    layout: Layout,
    texts: &[ScenarioText],
) -> anyhow::Result<String> {
    Ok(match format {
        Format::Table => render_walk_forward_table(report, layout),
        Format::Json => render_walk_forward_json(report)?,
        Format::Markdown => render_walk_forward_markdown(report),
        Format::Html => html::render(&[Document::of_record(&report.document())?], texts)?,
        other => return Err(RenderError::Format(other).into()),
    })
}

impl Replay {
    /// Replays, simulates, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.walk_forward == Some(None) {
            return self.track_record();
        }
        if !self.models.is_empty() || self.whole_account {
            let option = if self.whole_account { "--whole-account" } else { "--models" };
            return Err(error_with_help(
                format_args!("{option} goes with --walk-forward without a window"),
                "with a window the whole account is followed, and the kind of the scenario's model is estimated anew",
            ));
        }
        let files = self.prepare()?;
        let mut scenario = load(&self.scenario, &self.overrides)?.with(self.paths, self.seed);
        let histories = self.histories(&scenario)?;
        let mut notes: Vec<String> = Vec::new();
        for one in &histories {
            let name = if histories.len() > 1 { format!("{}: ", one.name) } else { String::new() };
            notes.extend(one.report.lines().into_iter().map(|line| format!("{name}{line}")));
            let is_gap = |issue: &&Issue| matches!(issue.kind, IssueKind::Gap { .. });
            let gaps = one.report.issues.iter().filter(is_gap).count();
            if gaps > 0 {
                notes.push(format!(
                    "{name}The history has {gaps} gaps: the price stands still inside, and the bar behind opens with a jump."
                ));
            }
            if one.history.close_only {
                notes.push(format!(
                    "{name}The prices are closes only: what happened between two closes is not seen."
                ));
            }
        }
        let (from, to, bars) = common_range(&histories);
        let interval = histories[0].history.interval;
        let files_of: Vec<&str> = histories.iter().map(|one| one.file.as_str()).collect();
        let of = Replayed {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            prices: files_of.join(", "),
            from,
            to,
            interval_seconds: interval.seconds(),
            bars,
        };
        let named: Vec<(String, &PriceHistory)> =
            histories.iter().map(|one| (one.name.clone(), &one.history)).collect();
        let mut replay = match &named[..] {
            [(_, history)] => History::new(history),
            _ => History::of_several(&named)?,
        };
        if let Some((difficulty, fees)) = self.network.read()? {
            replay = replay.with_network(&RecordedNetwork::new(difficulty, fees));
        }
        notes.extend(replay.notes(&scenario)?);
        let stop = interrupt::stop_flag()?;
        let horizons =
            if self.horizons.is_empty() { vec![scenario.simulation.horizon] } else { self.horizons.clone() };
        if let Some(window) = self.walk_forward.flatten() {
            if self.paths.is_none() {
                scenario.simulation.paths = PathBudget::Fixed(FORECAST_PATHS);
            }
            let walk = Walk { options: WalkForward { window, every: self.every }, threads: self.threads };
            let report = walk.report((&replay, &named), scenario, &horizons, (of, notes), &stop)?;
            let texts = scenario_texts(std::slice::from_ref(&self.scenario));
            for file in files {
                let text = render_walk(&report, file.format, Layout::FILE, &texts)?;
                file.write(text)?;
            }
            return print(&render_walk(&report, self.format, terminal_layout(), &texts)?);
        }
        let mut report = ReplayReport { of, notes, levels: Vec::new() };
        for horizon in horizons {
            scenario.simulation.horizon = horizon;
            let (rows, defaults) = self.rows(&replay, interval, &scenario, &stop)?;
            report.levels.extend(rows);
            report.notes.extend(defaults);
        }
        for file in files {
            let text = match file.format {
                Format::Html => self.page(&report)?,
                format => render_replay(&report, format, Layout::FILE)?,
            };
            file.write(text)?;
        }
        print(&render_replay(&report, self.format, terminal_layout())?)
    }

    /// The histories of the assets that the scenario holds.
    fn histories(&self, scenario: &Scenario) -> anyhow::Result<Vec<AssetHistory>> {
        if held_assets(scenario).len() > 1 {
            return of_assets(&self.prices, scenario, &self.reading, false);
        }
        let [prices] = &self.prices[..] else {
            return Err(error_with_help(
                "several files of prices are for a scenario of several assets, or walked through one after the other",
                "give one file, or --walk-forward without a window behind them",
            ));
        };
        let (history, report) = self.reading.read(prices)?;
        let file = prices.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(vec![AssetHistory { name: String::new(), file, history, report }])
    }

    /// Walks through one or more histories by the models that need no window.
    fn track_record(&self) -> anyhow::Result<()> {
        let is_csv = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "csv");
        let tables = self.outputs.iter().filter(is_csv);
        let tables: Vec<OutputFile> =
            tables.map(|path| OutputFile::prepare_as(path, Format::Csv)).collect::<Result<_, _>>()?;
        let files = self.prepare()?;
        let mut scenario = load(&self.scenario, &self.overrides)?;
        scenario.simulation.seed = self.seed.unwrap_or(scenario.simulation.seed);
        let horizons =
            if self.horizons.is_empty() { vec![scenario.simulation.horizon] } else { self.horizons.clone() };
        let record = TrackRecord {
            scenario: &scenario,
            horizons: &horizons,
            every: self.every,
            models: &self.models,
            paths: self.paths,
            reading: &self.reading,
            whole_account: self.whole_account,
            threads: self.threads,
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        let walked = pool.install(|| record.walk(&self.prices))?;
        for table in tables {
            table.write(walked.csv())?;
        }
        let texts = scenario_texts(std::slice::from_ref(&self.scenario));
        for file in files {
            file.write(walked.render(file.format, Layout::FILE, &texts)?)?;
        }
        print(&walked.render(self.format, terminal_layout(), &texts)?)
    }

    /// Checks that the files can be written, so that a wrong path is found before the work and not after it.
    fn prepare(&self) -> anyhow::Result<Vec<OutputFile>> {
        // Forecasts as CSV are written by the walk that makes them.
        let others = self.outputs.iter().filter(|path| {
            self.walk_forward != Some(None) || path.extension().is_none_or(|extension| extension != "csv")
        });
        others.map(|path| OutputFile::prepare(path, REPLAY_FORMATS)).collect()
    }

    /// The page with the scenario's text.
    fn page(&self, report: &ReplayReport) -> Result<String, RenderError> {
        html::render(&[Document::of_replay(report)?], &scenario_texts(std::slice::from_ref(&self.scenario)))
    }

    fn rows(
        &self,
        replay: &History,
        interval: Duration,
        scenario: &Scenario,
        stop: &AtomicBool,
    ) -> anyhow::Result<(Vec<ReplayRow>, Vec<String>)> {
        let replayed = replay.levels(scenario)?;
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let result = run_levels(scenario, &RunOptions { threads: self.threads, stop, progress: &progress })?;
        if stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted.into());
        }
        let horizon = scenario.simulation.horizon;
        let rows = replayed.iter().zip(&result.levels).map(|(level, simulated)| {
            ReplayRow::new(level, simulated.liquidation_probability, interval, horizon)
        });
        let defaults = replayed.iter().zip(&result.levels).filter_map(|(level, simulated)| {
            let (realised, predicted) = (level.defaulted?, simulated.miner.as_ref()?.default_probability);
            Some(format!(
                "Over {} at {}x {:.2} % of the starts were wound up because a bill or an instalment could not be paid; predicted {:.2} % ({:.2} to {:.2} %).",
                scenario.simulation.horizon,
                level.leverage,
                100.0 * realised,
                100.0 * predicted.value,
                100.0 * predicted.low,
                100.0 * predicted.high
            ))
        });
        Ok((rows.collect(), defaults.collect()))
    }
}
