//! Days of the past in a file: a scenario can draw from them without the history.
//!
//! CSV with a header, one day a row: `start` (hours since 1970, UTC), `weight`, `shock`, `short`, and for each of the 24 hours of the day
//! `low`, `high`, `close`: logarithms of the price over the close before the day, in units of the day's deviation
//! (`low1,high1,close1,low2,...,close24`). Shapes have eight decimals.

use std::fmt::Write;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::days::{DayShape, Days, HourShape};
use super::variances::DAY;

/// Columns before the hours.
const FIRST: [&str; 4] = ["start", "weight", "shock", "short"];

/// Why a file holds no days.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DayFileError {
    /// Not text, or badly packed.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Other columns.
    #[error(
        "the header is not that of a file of days (start,weight,shock,short,low1,high1,close1, ... close24)"
    )]
    Header,
    /// A row that is none.
    #[error("line {line}: {reason}")]
    Row {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Nothing in it.
    #[error("it holds no days")]
    Empty,
}

fn header() -> String {
    let hours = (1..=DAY).flat_map(|hour| ["low", "high", "close"].map(|price| format!("{price}{hour}")));
    FIRST.iter().map(|name| (*name).to_owned()).chain(hours).collect::<Vec<_>>().join(",")
}

impl Days {
    /// The text of the file of these days.
    pub fn to_csv(&self) -> String {
        let mut text = header() + "\n";
        for (index, day) in self.days().iter().enumerate() {
            // Writing to a text cannot fail.
            let _ = write!(text, "{},{:.8},{:.8},{:.8}", day.hour, day.weight, day.shock, day.short);
            for price in self.hours_of(index).iter().flatten() {
                let _ = write!(text, ",{price:.8}");
            }
            text.push('\n');
        }
        text
    }

    /// The days in the bytes of a file, plain or gzip.
    ///
    /// # Errors
    /// See [`DayFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DayFileError> {
        let mut text = String::new();
        let read = match bytes {
            [0x1f, 0x8b, ..] => MultiGzDecoder::new(bytes).read_to_string(&mut text),
            mut bytes => bytes.read_to_string(&mut text),
        };
        read.map_err(|error| DayFileError::Unreadable(error.to_string()))?;
        Self::from_csv(&text)
    }

    /// The days in the text of a file.
    ///
    /// # Errors
    /// See [`DayFileError`].
    pub fn from_csv(text: &str) -> Result<Self, DayFileError> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line.trim()) != Some(header().as_str()) {
            return Err(DayFileError::Header);
        }
        let (mut days, mut hours) = (Vec::new(), Vec::new());
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let (day, shape) = row(line).map_err(|reason| DayFileError::Row { line: index + 1, reason })?;
            days.push(day);
            hours.extend(shape);
        }
        Self::new(days, hours).ok_or(DayFileError::Empty)
    }
}

fn row(line: &str) -> Result<(DayShape, Vec<HourShape>), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    if fields.len() != FIRST.len() + 3 * DAY {
        return Err(format!("{} fields, where there are {}", fields.len(), FIRST.len() + 3 * DAY));
    }
    let hour = fields[0].parse().map_err(|_| format!("\"{}\" is no whole number of hours", fields[0]))?;
    let number = |text: &&str| {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| format!("\"{text}\" is not a number"))
    };
    let numbers: Vec<f64> = fields[1..].iter().map(number).collect::<Result<_, _>>()?;
    let [weight, shock, short] = [numbers[0], numbers[1], numbers[2]];
    if weight <= 0.0 {
        return Err(format!("a weight of {weight}"));
    }
    let hours: Vec<HourShape> = numbers[3..].as_chunks::<3>().0.to_vec();
    let mut before = 0.0;
    for (index, [low, high, close]) in hours.iter().enumerate() {
        // Rounded to eight decimals.
        if low - 1e-7 > close.min(*high) || high + 1e-7 < *close {
            return Err(format!("the close of hour {} lies outside its low and high", index + 1));
        }
        before = *close;
    }
    let low = hours.iter().map(|hour| hour[0]).fold(0.0, f64::min);
    let high = hours.iter().map(|hour| hour[1]).fold(0.0, f64::max);
    Ok((DayShape { shock, short, low, high, close: before, weight, hour }, hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> Days {
        let hour = |day: usize, hour: usize| {
            let close = 0.01 * (day as f64 - 1.0) * hour as f64;
            [close - 0.1, close + 0.2, close]
        };
        let shapes = (0..3).flat_map(|day| (1..=DAY).map(move |at| hour(day, at))).collect();
        let day = |index: usize| DayShape {
            shock: 0.25 * index as f64,
            short: -0.5,
            low: (1..=DAY).map(|at| hour(index, at)[0]).fold(0.0, f64::min),
            high: (1..=DAY).map(|at| hour(index, at)[1]).fold(0.0, f64::max),
            close: hour(index, DAY)[2],
            weight: 1.0 / (1.0 + index as f64),
            hour: 400_000 + 24 * index as i64,
        };
        Days::new((0..3).map(day).collect(), shapes).unwrap()
    }

    #[test]
    fn days_are_read_as_they_were_written() {
        let days = days();
        let again = Days::from_csv(&days.to_csv()).unwrap();
        for (index, (one, other)) in days.days().iter().zip(again.days()).enumerate() {
            assert_eq!(one.hour, other.hour);
            for (a, b) in [(one.low, other.low), (one.high, other.high), (one.close, other.close)] {
                assert!((a - b).abs() < 1e-8, "{index} {a} {b}");
            }
            assert!((one.weight - other.weight).abs() < 1e-8 && (one.shock - other.shock).abs() < 1e-8);
        }
    }

    #[test]
    fn what_is_no_file_of_days_is_refused_by_its_line() {
        let text = days().to_csv();
        assert_eq!(Days::from_csv("time,close\n1,2\n"), Err(DayFileError::Header));
        assert_eq!(Days::from_csv(text.lines().next().unwrap()), Err(DayFileError::Empty));
        let message = |text: String| Days::from_csv(&text).unwrap_err().to_string();
        assert!(message(text.replacen("0.50000000", "x", 1)).contains("x\" is not a number"));
        let cut = text.trim_end().rsplit_once(',').unwrap().0.to_owned();
        assert!(message(cut).starts_with("line 4: 75 fields"), "cut");
        let crossed = text.replacen(",0.20000000", ",-3.0", 1);
        assert!(crossed == text || Days::from_csv(&crossed).is_err());
    }
}
