//! Which column holds what: by header name in the usual variants, or by place where there is no header.

use csv::StringRecord;

use super::time::parse_time;

/// Indices of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Start of the bar.
    pub time: usize,
    /// Open, high and low; none in files of closes.
    pub range: Option<[usize; 3]>,
    /// Close.
    pub close: usize,
    /// Volume.
    pub volume: Option<usize>,
}

/// Names after lower-casing and dropping all but letters and digits, the preferred first.
const TIME: [&str; 13] = [
    "timestamp",
    "opentime",
    "opentimestamp",
    "unix",
    "unixtimestamp",
    "time",
    "datetime",
    "date",
    "dateutc",
    "timeutc",
    "timeopen",
    "startat",
    "ts",
];
const OPEN: [&str; 4] = ["open", "openprice", "priceopen", "o"];
const HIGH: [&str; 4] = ["high", "highprice", "pricehigh", "h"];
const LOW: [&str; 4] = ["low", "lowprice", "pricelow", "l"];
const CLOSE: [&str; 8] = ["close", "closeprice", "priceclose", "price", "last", "markprice", "value", "c"];
const VOLUME: [&str; 5] = ["volume", "vol", "basevolume", "quantity", "v"];

/// Why the columns of a header cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// No time.
    #[error("no column of times: name one of them \"timestamp\" (start of the bar)")]
    Time,
    /// No close.
    #[error("no column of prices: name one of them \"close\"")]
    Close,
    /// Some of open, high and low, but not all.
    #[error("open, high and low must stand together, or only \"close\"")]
    Range,
}

impl Columns {
    /// The columns of a header line.
    pub fn of_header(header: &StringRecord) -> Result<Self, ColumnsError> {
        let names: Vec<String> = header.iter().map(plain).collect();
        let find =
            |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        let time = find(&TIME)
            // The nameless index column of a data frame.
            .or_else(|| (names.len() > 1 && names[0].is_empty()).then_some(0))
            .ok_or(ColumnsError::Time)?;
        let close = find(&CLOSE).ok_or(ColumnsError::Close)?;
        let range = match (find(&OPEN), find(&HIGH), find(&LOW)) {
            (Some(open), Some(high), Some(low)) => Some([open, high, low]),
            (None, None, None) => None,
            _ => return Err(ColumnsError::Range),
        };
        let volume = find(&VOLUME).or_else(|| names.iter().position(|name| name.starts_with("volume")));
        Ok(Self { time, range, close, volume })
    }

    /// The columns of a file without header, from its first row: time and close, or time, open, high, low, close and
    /// perhaps volume and more, as the exchanges dump them. `None` if the row is not all numbers behind a time.
    pub fn of_first_row(row: &StringRecord) -> Option<Self> {
        let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
        parse_time(row.get(0)?)?;
        if !row.iter().skip(1).take(5).all(is_number) {
            return None;
        }
        match row.len() {
            2 => Some(Self { time: 0, range: None, close: 1, volume: None }),
            5 => Some(Self { time: 0, range: Some([1, 2, 3]), close: 4, volume: None }),
            6.. => Some(Self { time: 0, range: Some([1, 2, 3]), close: 4, volume: Some(5) }),
            _ => None,
        }
    }
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    // "1. open" and its like.
    letters.skip_while(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> StringRecord {
        StringRecord::from(text.split(',').collect::<Vec<_>>())
    }

    fn columns(time: usize, range: Option<[usize; 3]>, close: usize, volume: Option<usize>) -> Columns {
        Columns { time, range, close, volume }
    }

    #[test]
    fn headers_in_the_usual_variants_are_understood() {
        for (header, expected) in [
            ("timestamp,open,high,low,close,volume", columns(0, Some([1, 2, 3]), 4, Some(5))),
            ("Date,Open,High,Low,Close,Adj Close,Volume", columns(0, Some([1, 2, 3]), 4, Some(6))),
            ("unix,date,symbol,open,high,low,close,Volume BTC", columns(0, Some([3, 4, 5]), 6, Some(7))),
            ("open_time,open,high,low,close,volume,close_time", columns(0, Some([1, 2, 3]), 4, Some(5))),
            ("time,close", columns(0, None, 1, None)),
            (",\"Price\"", columns(0, None, 1, None)),
            ("close,low,high,open,Open Time", columns(4, Some([3, 2, 1]), 0, None)),
        ] {
            assert_eq!(Columns::of_header(&record(header)), Ok(expected), "{header}");
        }
    }

    #[test]
    fn headers_that_lack_something_say_what() {
        for (header, error) in [
            ("open,high,low,close", ColumnsError::Time),
            ("timestamp,funding_rate", ColumnsError::Close),
            ("timestamp,high,low,close", ColumnsError::Range),
        ] {
            assert_eq!(Columns::of_header(&record(header)), Err(error), "{header}");
        }
    }

    #[test]
    fn rows_without_a_header_are_told_by_their_numbers() {
        let kline = "1499040000000,0.016,0.8,0.015,0.0157,148976.1,1499644799999,2434.1,308,1756.8,28.4,0";
        assert_eq!(Columns::of_first_row(&record(kline)), Some(columns(0, Some([1, 2, 3]), 4, Some(5))));
        assert_eq!(Columns::of_first_row(&record("1499040000,1.5")), Some(columns(0, None, 1, None)));
        assert_eq!(Columns::of_first_row(&record("timestamp,close")), None);
        assert_eq!(Columns::of_first_row(&record("1499040000,BTC,1,2,3,4")), None);
    }
}
