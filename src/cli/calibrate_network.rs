//! `calibrate --network`: how difficulty answered to hashprice and price.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use liqsim::calibrate::NetworkCalibration;
use liqsim::market::{
    DailyValues, HistoryError, HistoryReport, LARGEST_DATA, PriceHistory, ReadOptions, read_input,
};

use super::failure::{error_with_help, warn};
use super::prices;

/// Records of a network.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkFiles {
    /// Recorded difficulty by day (CSV with a column "difficulty")
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,

    /// Recorded fees in coins a day (CSV with a column "fees"); those of --network if they stand there
    #[arg(long, value_name = "FILE", requires = "network")]
    pub fees: Option<PathBuf>,
}

/// Difficulty, and fees where they are recorded.
pub type Records = (DailyValues, Option<DailyValues>);

impl NetworkFiles {
    /// Reads the records, if there are any; says what was found in them.
    pub fn read(&self) -> anyhow::Result<Option<Records>> {
        let Some(path) = &self.network else { return Ok(None) };
        let difficulty = read(path, DailyValues::difficulty)?;
        let fees = match &self.fees {
            Some(fees) => Some(read(fees, DailyValues::fees)?),
            // A column of fees beside the difficulty.
            None => DailyValues::fees(&path.display().to_string(), &bytes(path)?, &options()).ok(),
        };
        for (_, report) in
            std::iter::once(&difficulty).chain(self.fees.is_some().then_some(()).and(fees.as_ref()))
        {
            for line in report.lines() {
                warn(format_args!("{}: {line}", report.source));
            }
        }
        Ok(Some((difficulty.0, fees.map(|(fees, _)| fees))))
    }

    /// The network's law, if there is a record.
    pub fn calibrate(&self, prices: &PriceHistory) -> anyhow::Result<Option<NetworkCalibration>> {
        let Some((difficulty, fees)) = self.read()? else { return Ok(None) };
        let found = NetworkCalibration::of(&difficulty, fees.as_ref(), prices)
            .map_err(|error| error_with_help(error, "give a longer record, and prices of the same days"))?;
        Ok(Some(found))
    }
}

fn options() -> ReadOptions {
    ReadOptions { now: prices::now(), ..ReadOptions::default() }
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_input(path, LARGEST_DATA).with_context(|| format!("cannot read {}", path.display()))
}

fn read(
    path: &Path,
    reader: fn(&str, &[u8], &ReadOptions) -> Result<(DailyValues, HistoryReport), HistoryError>,
) -> anyhow::Result<(DailyValues, HistoryReport)> {
    Ok(reader(&path.display().to_string(), &bytes(path)?, &options())?)
}
