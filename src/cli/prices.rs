//! How the commands read files of prices: the same options, the same words.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use liqsim::market::{ColumnChoice, DateOrder, DecimalMark, HistoryReport, PriceHistory, ReadOptions};

use super::failure::error_with_help;
use super::values;

/// Which bars of a file are used, and what to know to read it.
#[derive(Debug, Args)]
pub struct PriceOptions {
    /// First year, month, day or time to use (UTC): 2023, 2023-01, 2023-01-31, 2023-01-31T05:00
    #[arg(long, value_name = "TIME", value_parser = values::since)]
    pub since: Option<i64>,

    /// Last year, month or day to use, whole; or the time (UTC) before which bars must start
    #[arg(long, value_name = "TIME", value_parser = values::until)]
    pub until: Option<i64>,

    /// Order of day and month in dates such as 03/04/2024, where the file does not tell
    #[arg(long, value_enum, value_name = "ORDER")]
    dates: Option<Dates>,

    /// Mark before the decimals in numbers such as 1.234, where the file does not tell
    #[arg(long, value_enum, value_name = "MARK")]
    decimals: Option<Decimals>,

    /// Columns by name or number (from 1): time=Day,close=Last; also clock, open, high, low, volume
    #[arg(long, value_name = "CHOICE")]
    columns: Option<ColumnChoice>,

    /// Take times before 2009 and after tomorrow as they are
    #[arg(long)]
    allow_times: bool,
}

/// Orders of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dates {
    /// 31/12/2024
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

/// Decimal marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Decimals {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

impl PriceOptions {
    /// Whether any of them is given.
    pub fn is_given(&self) -> bool {
        self.since.is_some()
            || self.until.is_some()
            || self.dates.is_some()
            || self.decimals.is_some()
            || self.columns.is_some()
            || self.allow_times
    }

    /// All bars of a file, whatever the range asked for, and what was found in it.
    pub fn read_whole(&self, path: &Path) -> anyhow::Result<(PriceHistory, HistoryReport)> {
        Ok(PriceHistory::read(path, &self.reading())?)
    }

    /// The bars of the range asked for, and what was found in the file there.
    pub fn read(&self, path: &Path) -> anyhow::Result<(PriceHistory, HistoryReport)> {
        let (whole, mut report) = self.read_whole(path)?;
        // Without bounds no second copy is made: the file may be large.
        let history = match (self.since, self.until) {
            (None, None) => whole,
            (since, until) => whole.between(since, until),
        };
        if history.bars.is_empty() {
            return Err(error_with_help(
                "no bars are left between --since and --until",
                "choose a wider range",
            ));
        }
        report.keep_between(self.since, self.until);
        Ok((history, report))
    }

    /// The file as a scenario names it, to be read in the same way.
    pub fn written(&self, path: &Path) -> anyhow::Result<String> {
        let quoted = |text: &str| serde_json::to_string(text);
        let file = quoted(&path.display().to_string())?;
        if !self.is_given() {
            return Ok(file);
        }
        let mut keys = vec![format!("file = {file}")];
        for (key, bound) in [("since", self.since), ("until", self.until)] {
            let time = bound.map(jiff::Timestamp::from_second).transpose()?;
            keys.extend(time.map(|time| format!("{key} = \"{time}\"")));
        }
        let word = |key: &str, word: Option<clap::builder::PossibleValue>| {
            word.map(|word| format!("{key} = \"{}\"", word.get_name()))
        };
        keys.extend(word("dates", self.dates.and_then(|dates| dates.to_possible_value())));
        keys.extend(word("decimals", self.decimals.and_then(|mark| mark.to_possible_value())));
        if let Some(columns) = &self.columns {
            keys.push(format!("columns = {}", quoted(&columns.to_string())?));
        }
        keys.extend(self.allow_times.then(|| "allow_times = true".to_owned()));
        Ok(format!("{{ {} }}", keys.join(", ")))
    }

    /// How the file is read.
    fn reading(&self) -> ReadOptions {
        ReadOptions {
            now: now(),
            any_times: self.allow_times,
            dates: self.dates.map(|dates| match dates {
                Dates::DayFirst => DateOrder::DayFirst,
                Dates::MonthFirst => DateOrder::MonthFirst,
            }),
            decimals: self.decimals.map(|decimals| match decimals {
                Decimals::Point => DecimalMark::Point,
                Decimals::Comma => DecimalMark::Comma,
            }),
            columns: self.columns.clone().unwrap_or_default(),
        }
    }
}

/// Seconds since 1970; none if the clock stands before.
pub fn now() -> Option<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    now.and_then(|now| i64::try_from(now.as_secs()).ok())
}
