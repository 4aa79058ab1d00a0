//! `replay`: recorded history beside the simulation.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};

use crate::engine::{self, RunError, RunOptions};
use crate::market::{Duration, IssueKind, PriceHistory, format_time};
use crate::report::{
    ReplayReport, ReplayRow, Replayed, render_replay_json, render_replay_markdown, render_replay_table,
    render_walk_forward_json, render_walk_forward_markdown, render_walk_forward_table,
};
use crate::scenario::{self, PathBudget, Scenario};
use crate::study::{Replay as History, WalkForward};

use super::failure::{WrongScenarios, error_with_help};
use super::interrupt;
use super::output::{print, terminal_layout};
use super::progress::ProgressLine;
use super::values;
use super::walk_forward::Walk;

/// Paths of each forecast of a walk: an error of a probability of at most 0.35 percentage points.
const FORECAST_PATHS: u64 = 20_000;

/// Replay recorded prices beside the simulation
///
/// A position is opened at the close of every bar; the lows (of a long; the highs of a short) of the bars within the
/// horizon decide. Intervals come from a block bootstrap, since starts overlap.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim replay btc_1h.csv liqsim.toml\n  \
                        liqsim replay btc_1h.csv.gz liqsim.toml --horizons 1d,7d,30d --since 2021-01-01 --format json\n  \
                        liqsim replay btc_1h.csv.gz liqsim.toml --walk-forward 365d --horizons 7d")]
pub struct Replay {
    /// Prices as CSV, plain or gzip, with columns for time, open, high, low, close; "-" is standard input
    #[arg(value_name = "PRICES")]
    prices: PathBuf,

    /// The scenario
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,

    /// Override a key of the scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Horizons in place of the scenario's, with commas
    #[arg(long, value_name = "DURATION", value_delimiter = ',')]
    horizons: Vec<Duration>,

    /// Leave out bars before this time
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    since: Option<i64>,

    /// Leave out bars from this time on
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    until: Option<i64>,

    /// Forecast anew through history: estimate the scenario's kind of model from so much of it, simulate from there, go on
    #[arg(long, value_name = "WINDOW")]
    walk_forward: Option<Duration>,

    /// With --walk-forward: time between two forecasts; the horizon by default, so that they do not overlap
    #[arg(long, value_name = "DURATION", requires = "walk_forward")]
    every: Option<Duration>,

    /// Number of simulated paths, in place of the scenario's paths or precision; 20,000 for each forecast of --walk-forward
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
    format: ReplayFormat,
}

/// The formats of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// Text for people
    Table,
    /// JSON
    Json,
    /// A GitHub table
    Markdown,
}

impl Replay {
    /// Replays, simulates, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let mut scenario = scenario::load(&self.scenario, &self.overrides)
            .map_err(|problems| WrongScenarios(vec![problems]))?;
        if let Some(paths) = self.paths {
            scenario.simulation.paths = PathBudget::Fixed(paths);
        }
        scenario.simulation.seed = self.seed.unwrap_or(scenario.simulation.seed);
        let (history, found) = PriceHistory::read(&self.prices)?;
        let history = history.between(self.since, self.until);
        let (Some(first), Some(last)) = (history.bars.first(), history.bars.last()) else {
            return Err(error_with_help(
                "there are no bars between --since and --until",
                "choose a longer range",
            ));
        };
        let mut notes = Vec::new();
        let gaps = found.issues.iter().filter(|issue| matches!(issue.kind, IssueKind::Gap { .. })).count();
        if gaps > 0 {
            notes.push(format!(
                "The history has {gaps} gaps: the price stands still inside, and the bar behind opens with a jump."
            ));
        }
        if history.close_only {
            notes
                .push("The prices are closes only: what happened between two closes is not seen.".to_owned());
        }
        let of = Replayed {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            prices: self.prices.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            from: format_time(first.time),
            to: format_time(last.time),
            interval_seconds: history.interval.seconds(),
            bars: history.bars.len(),
        };
        let stop = interrupt::stop_flag()?;
        let horizons =
            if self.horizons.is_empty() { vec![scenario.simulation.horizon] } else { self.horizons.clone() };
        if let Some(window) = self.walk_forward {
            if self.paths.is_none() {
                scenario.simulation.paths = PathBudget::Fixed(FORECAST_PATHS);
            }
            let walk = Walk { options: WalkForward { window, every: self.every }, threads: self.threads };
            let report = walk.report(&history, scenario, &horizons, (of, notes), &stop)?;
            return match self.format {
                ReplayFormat::Table => print(&render_walk_forward_table(&report, terminal_layout())),
                ReplayFormat::Json => print(&render_walk_forward_json(&report)?),
                ReplayFormat::Markdown => print(&render_walk_forward_markdown(&report)),
            };
        }
        let mut report = ReplayReport { of, notes, levels: Vec::new() };
        let replay = History::new(&history);
        for horizon in horizons {
            scenario.simulation.horizon = horizon;
            report.levels.extend(self.rows(&replay, &scenario, &stop)?);
        }
        match self.format {
            ReplayFormat::Table => print(&render_replay_table(&report, terminal_layout())),
            ReplayFormat::Json => print(&render_replay_json(&report)?),
            ReplayFormat::Markdown => print(&render_replay_markdown(&report)),
        }
    }

    fn rows(
        &self,
        replay: &History,
        scenario: &Scenario,
        stop: &AtomicBool,
    ) -> anyhow::Result<Vec<ReplayRow>> {
        let replayed = replay.levels(scenario)?;
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let result = engine::run(scenario, &RunOptions { threads: self.threads, stop, progress: &progress })?;
        if stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted.into());
        }
        let rows = replayed.iter().zip(&result.levels).map(|(level, simulated)| {
            let (realised, predicted) = (level.realised, simulated.liquidation_probability);
            ReplayRow {
                horizon_days: scenario.simulation.horizon.days(),
                leverage: level.leverage,
                starts: level.starts,
                realised: realised.into(),
                predicted,
                agrees: realised.low <= predicted.high && predicted.low <= realised.high,
            }
        });
        Ok(rows.collect())
    }
}
