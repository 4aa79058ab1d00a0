//! Recorded funding rates of a perpetual contract.

use std::io::Read;

use csv::{ReaderBuilder, Trim};
use flate2::read::MultiGzDecoder;

use super::{Duration, parse_time};

/// Names of the column of rates, in letters and digits only.
const RATE: [&str; 4] = ["fundingrate", "rate", "interest1h", "lastfundingrate"];
const TIME: [&str; 6] = ["timestamp", "time", "date", "fundingtime", "fundingratetimestamp", "calctime"];

/// Funding rates in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct FundingHistory {
    /// Times of payment, in seconds since 1970; rising.
    pub times: Vec<i64>,
    /// Fractions of the notional.
    pub rates: Vec<f64>,
    /// Most frequent time between two payments.
    pub interval: Duration,
}

/// Why a record of funding cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FundingHistoryError {
    /// Not a gzip file, though it begins like one.
    #[error("cannot be unpacked: {0}")]
    Packed(std::io::Error),
    /// A column is missing.
    #[error("the header has no column of {0}; a record has `timestamp` and `funding_rate`")]
    Column(&'static str),
    /// A row that is not text or has another number of fields.
    #[error("line {line}: {problem}")]
    Row {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A value that is no time or no rate.
    #[error("line {line}: {value:?} is not a {expected}")]
    Value {
        /// The line, from 1.
        line: u64,
        /// The text.
        value: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A time that is not after the one before.
    #[error("line {line}: the time is not after the one before; sort the rows and remove duplicates")]
    Order {
        /// The line, from 1.
        line: u64,
    },
    /// Fewer than two rows.
    #[error("there are fewer than two rows")]
    TooFew,
}

impl FundingHistory {
    /// Reads a CSV file with a header, plain or gzip.
    ///
    /// # Errors
    /// See [`FundingHistoryError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FundingHistoryError> {
        let mut unpacked = Vec::new();
        let text = if bytes.starts_with(&[0x1f, 0x8b]) {
            MultiGzDecoder::new(bytes).read_to_end(&mut unpacked).map_err(FundingHistoryError::Packed)?;
            &unpacked[..]
        } else {
            bytes
        };
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
        let malformed = |error: &csv::Error| FundingHistoryError::Row {
            line: error.position().map_or(1, csv::Position::line),
            problem: error.to_string(),
        };
        let header = reader.headers().map_err(|error| malformed(&error))?.clone();
        let plain = |name: &str| -> String {
            name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
        };
        let find = |known: &[&str]| {
            known.iter().find_map(|known| header.iter().position(|name| plain(name) == *known))
        };
        let time_column = find(&TIME).ok_or(FundingHistoryError::Column("times"))?;
        let rate_column = find(&RATE).ok_or(FundingHistoryError::Column("rates"))?;
        let (mut times, mut rates): (Vec<i64>, Vec<f64>) = (Vec::new(), Vec::new());
        for row in reader.records() {
            let row = row.map_err(|error| malformed(&error))?;
            let line = row.position().map_or(0, csv::Position::line);
            let value = |column: usize| row.get(column).unwrap_or_default();
            let wrong = |value: &str, expected| FundingHistoryError::Value {
                line,
                value: value.to_owned(),
                expected,
            };
            let time =
                parse_time(value(time_column)).ok_or_else(|| wrong(value(time_column), "point in time"))?;
            let rate: Option<f64> = value(rate_column).parse().ok();
            let rate = rate
                .filter(|rate| rate.abs() <= 1.0)
                .ok_or_else(|| wrong(value(rate_column), "fraction of the notional"))?;
            if times.last().is_some_and(|last| time <= *last) {
                return Err(FundingHistoryError::Order { line });
            }
            times.push(time);
            rates.push(rate);
        }
        let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        steps.sort_unstable();
        let runs = steps.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
        let interval = runs.and_then(|run| run.first()).ok_or(FundingHistoryError::TooFew)?;
        Ok(Self { times, rates, interval: Duration::from_seconds(interval.unsigned_abs()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_several_makers_are_read() {
        let read = |text: &str| FundingHistory::from_bytes(text.as_bytes()).unwrap();
        let record = read(
            "timestamp,funding_rate\n2024-01-01T00:00:00Z,0.0001\n2024-01-01T08:00:00Z,-0.0002\n2024-01-01T16:00:00Z,0\n",
        );
        assert_eq!(record.interval, Duration::from_seconds(8 * 3_600));
        assert_eq!(record.rates, [1e-4, -2e-4, 0.0]);
        assert_eq!(record.times[0], 1_704_067_200);
        let record = read("timestamp,interest_1h,interest_8h\n0,1e-5,8e-5\n3600,2e-5,8e-5\n");
        assert_eq!((record.rates, record.interval), (vec![1e-5, 2e-5], Duration::from_seconds(3_600)));
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        let error = |text: &str| FundingHistory::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            error("time,price\n0,1\n"),
            "the header has no column of rates; a record has `timestamp` and `funding_rate`"
        );
        assert!(error("time,rate\n0,1e-4\n0,1e-4\n").starts_with("line 3: the time is not after"));
        assert_eq!(error("time,rate\n0,1e-4\n8,ten\n"), "line 3: \"ten\" is not a fraction of the notional");
        assert_eq!(error("time,rate\n0,1e-4\n"), "there are fewer than two rows");
        assert!(error("time,rate\n0\n").starts_with("line 2"));
    }
}
