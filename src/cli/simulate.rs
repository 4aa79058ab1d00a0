//! `simulate`: price paths as bars, for other tools.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use liqsim::engine::RunOptions;
use liqsim::market::Duration;
use liqsim::report::{Cell, Format, TABLE_FORMATS, TableWriter};
use liqsim::scenario::Scenario;
use liqsim::study::{SimulateError, SimulatedBar, simulate};

use super::failure::error_with_help;
use super::interrupt;
use super::output::{prepare_file, write_file_with};
use super::progress::ProgressLine;
use super::sources::load;
use super::values;

const COLUMNS: [&str; 8] = ["path", "asset", "bar", "seconds", "open", "high", "low", "close"];
/// Rows that nobody has to ask for.
const MOST_ROWS: u128 = 1_000_000_000;
/// Further ones where a coin is mined: the day's.
const NETWORK_COLUMNS: [&str; 2] = ["difficulty", "hashprice"];

/// Simulate price paths as bars, for other tools
///
/// One row per path, asset and bar: path and bar are counted from 1, seconds is the start of the bar, prices are in quote units. The account
/// plays no part. Low and high each have their exact law, and are drawn independently given the open and close of each
/// continuous stretch; those of a bootstrap are as recorded.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim simulate liqsim.toml --paths 100 --interval 1h -o bars.parquet\n  \
                  liqsim simulate liqsim.toml --paths 10 > bars.csv"
)]
pub struct Simulate {
    /// The scenario; "-" is standard input
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,

    /// Override a key of the scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Number of paths
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: u64,

    /// Length of a bar
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    interval: Duration,

    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The paths do not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// Write more than 10^9 rows, which take some 100 GB as CSV
    #[arg(long)]
    allow_large: bool,

    /// File for the bars, .csv or .parquet; CSV on standard output by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Simulate {
    /// Simulates and writes.
    pub fn execute(self) -> anyhow::Result<()> {
        let format = match &self.output {
            None => Format::Csv,
            Some(path) => {
                let format = Format::of_file(path, TABLE_FORMATS).map_err(|error| {
                    error_with_help(error, "name the file by its format, such as bars.csv")
                })?;
                prepare_file(path)?;
                format
            }
        };
        let scenario = load(&self.scenario, &self.overrides)?.with(None, self.seed);
        self.count(&scenario)?;
        match &self.output {
            None => self.write(&scenario, format, &mut io::stdout()),
            Some(path) => write_file_with(path, |file| self.write(&scenario, format, file)),
        }
    }

    /// Refuses more rows than anybody wants by mistake.
    fn count(&self, scenario: &Scenario) -> anyhow::Result<()> {
        let bars = scenario.simulation.horizon.seconds() / self.interval.seconds().max(1);
        let rows = u128::from(self.paths) * u128::from(bars) * scenario.assets.len() as u128;
        if rows <= MOST_ROWS || self.allow_large {
            return Ok(());
        }
        let message = format!("{} paths of {bars} bars are {rows} rows, more than {MOST_ROWS}", self.paths);
        let help = "give fewer --paths, a longer --interval, or --allow-large";
        Err(error_with_help(message, help))
    }

    fn write(
        &self,
        scenario: &Scenario,
        format: Format,
        file: &mut (dyn Write + Send),
    ) -> anyhow::Result<()> {
        // Begun by the first bar: what cannot be simulated leaves no head of a table behind.
        let (mut file, mut table) = (Some(file), None);
        let stop = interrupt::stop_flag()?;
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop: &stop, progress: &progress };
        let show = |bar: &SimulatedBar| -> anyhow::Result<()> {
            let row = self.row(scenario, bar);
            if let Some(file) = file.take() {
                let columns: Vec<_> = COLUMNS
                    .iter()
                    .chain(&NETWORK_COLUMNS)
                    .map(|name| (*name).to_owned())
                    .zip(row.clone())
                    .collect();
                table = Some(TableWriter::new(file, format, &columns)?);
            }
            Ok(table.as_mut().map_or(Ok(()), |table| table.push(row.iter()))?)
        };
        simulate(scenario, self.paths, self.interval, &options, show).map_err(|error| match error
            .downcast::<SimulateError>(
        ) {
            Ok(error @ SimulateError::Interval { .. }) => error_with_help(
                error,
                "choose an --interval that divides it, or another horizon: --set simulation.horizon=30d",
            ),
            Ok(error) => error.into(),
            Err(error) => error,
        })?;
        Ok(table.map_or(Ok(()), TableWriter::finish)?)
    }

    fn row(&self, scenario: &Scenario, bar: &SimulatedBar) -> Vec<Cell> {
        let asset = scenario.assets.get(bar.asset).map_or("", |asset| asset.name.as_str());
        let [open, high, low, close] =
            [bar.open, bar.high, bar.low, bar.close].map(|price| Cell::Number(Some(price)));
        let mut row = vec![
            Cell::Count(bar.path + 1),
            Cell::Text(asset.to_owned()),
            Cell::Count(bar.bar as u64 + 1),
            Cell::Count(bar.bar as u64 * self.interval.seconds()),
            open,
            high,
            low,
            close,
        ];
        if scenario.miner.is_some() {
            let (difficulty, hashprice) = bar.network.unzip();
            row.extend([Cell::Number(difficulty), Cell::Number(hashprice)]);
        }
        row
    }
}
