//! `simulate`: price paths as bars, for other tools.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use rayon::prelude::*;

use crate::engine::{AssetBars, PathBars, Progress};
use crate::market::Duration;
use crate::numeric::elementary;
use crate::report::{Cell, ParquetTable};
use crate::scenario::{self, Scenario};
use crate::study::RunError;

use super::failure::{WrongScenarios, error_with_help};
use super::interrupt;
use super::output::{prepare_file, write_file_with};
use super::progress::ProgressLine;
use super::values;

/// Paths of a block: memory is this times the bars of a path, for each block that is simulated at the same time.
const BLOCK: usize = 32;
/// Blocks simulated at the same time.
const BATCH: usize = 16;
const COLUMNS: [&str; 8] = ["path", "asset", "bar", "seconds", "open", "high", "low", "close"];

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

    /// File for the bars, .csv or .parquet; CSV on standard output by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Simulate {
    /// Simulates and writes.
    pub fn execute(self) -> anyhow::Result<()> {
        let is_parquet = match &self.output {
            None => false,
            Some(path) => {
                let known = is_parquet(path)?;
                prepare_file(path)?;
                known
            }
        };
        let mut scenario = scenario::load(&self.scenario, &self.overrides)
            .map_err(|problems| WrongScenarios(vec![problems]))?;
        scenario.simulation.seed = self.seed.unwrap_or(scenario.simulation.seed);
        let horizon = scenario.simulation.horizon;
        if self.interval.seconds() == 0 || horizon.seconds() % self.interval.seconds() != 0 {
            return Err(error_with_help(
                format_args!("bars of {} do not make up the horizon of {horizon}", self.interval),
                "choose an --interval that divides it, or another horizon: --set simulation.horizon=30d",
            ));
        }
        let bars = PathBars::new(&scenario, self.interval)?;
        match &self.output {
            None => self.write_csv(&scenario, &bars, &mut io::stdout().lock()),
            Some(path) => write_file_with(path, |file| {
                if is_parquet {
                    self.write_parquet(&scenario, &bars, file)
                } else {
                    self.write_csv(&scenario, &bars, file)
                }
            }),
        }
    }

    fn write_csv(&self, scenario: &Scenario, bars: &PathBars, file: &mut dyn Write) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(COLUMNS).map_err(io_error)?;
        let write = |row: &[Cell]| Ok(writer.write_record(row.iter().map(Cell::text)).map_err(io_error)?);
        self.for_each_row(scenario, bars, write)?;
        Ok(writer.flush()?)
    }

    fn write_parquet(
        &self,
        scenario: &Scenario,
        bars: &PathBars,
        file: &mut (dyn Write + Send),
    ) -> anyhow::Result<()> {
        let kinds = row(scenario, 0, 0, self.interval, 0, [0.0; 4]);
        let columns = COLUMNS.iter().map(|name| (*name).to_owned()).zip(kinds);
        let mut table = ParquetTable::new(file, &columns.collect::<Vec<_>>())?;
        self.for_each_row(scenario, bars, |row| Ok(table.push(row.iter())?))?;
        Ok(table.finish()?)
    }

    /// Hands out the rows path by path; blocks are simulated in parallel, and written in their order.
    fn for_each_row(
        &self,
        scenario: &Scenario,
        bars: &PathBars,
        mut write: impl FnMut(&[Cell]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let stop = interrupt::stop_flag()?;
        let line = ProgressLine::new(&scenario.name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        let blocks = self.paths.div_ceil(BLOCK as u64);
        for first in (0..blocks).step_by(BATCH) {
            if stop.load(Ordering::Relaxed) {
                return Err(RunError::Interrupted.into());
            }
            let batch: Vec<u64> = (first..blocks.min(first + BATCH as u64)).collect();
            let in_block = |block: u64| (self.paths - block * BLOCK as u64).min(BLOCK as u64) as usize;
            let made: Vec<Vec<AssetBars>> =
                pool.install(|| batch.par_iter().map(|block| bars.block(*block, in_block(*block))).collect());
            for (block, assets) in batch.iter().zip(&made) {
                for lane in 0..in_block(*block) {
                    let path = block * BLOCK as u64 + lane as u64;
                    for (asset, bars) in assets.iter().enumerate() {
                        for bar in 0..bars.open.len() {
                            let prices = [&bars.open, &bars.high, &bars.low, &bars.close]
                                .map(|column| column[bar][lane]);
                            write(&row(scenario, path, asset, self.interval, bar, prices))?;
                        }
                    }
                }
            }
            let paths_done = (first + batch.len() as u64) * BLOCK as u64;
            line.show(&Progress { paths_done: paths_done.min(self.paths), paths_planned: self.paths });
        }
        Ok(())
    }
}

/// The error of the sink itself, so that a broken pipe is known as one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// The cells of a bar at log-prices over the price at the start.
fn row(
    scenario: &Scenario,
    path: u64,
    asset: usize,
    interval: Duration,
    bar: usize,
    prices: [f64; 4],
) -> [Cell; 8] {
    let asset = &scenario.assets[asset];
    let [open, high, low, close] =
        prices.map(|price| Cell::Number(Some(asset.price * elementary::exp(price))));
    [
        Cell::Count(path + 1),
        Cell::Text(asset.name.clone()),
        Cell::Count(bar as u64 + 1),
        Cell::Count(bar as u64 * interval.seconds()),
        open,
        high,
        low,
        close,
    ]
}

fn is_parquet(path: &Path) -> anyhow::Result<bool> {
    match path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase).as_deref() {
        Some("parquet") => Ok(true),
        Some("csv") => Ok(false),
        _ => Err(error_with_help(
            format_args!("the extension of \"{}\" stands for no format of bars", path.display()),
            "name the file by its format: bars.csv or bars.parquet",
        )),
    }
}
