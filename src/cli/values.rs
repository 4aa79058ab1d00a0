//! Values of arguments: text to numbers, with messages that say what would be right.

use std::ops::Range;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use liqsim::market::Period;
use liqsim::report::Format;
use liqsim::stats::MOST_PATHS;

use super::failure::warn;

/// A number of paths: `1000000`, `1_000_000` or `1e6`; at least 1.
pub fn paths(text: &str) -> Result<u64, String> {
    let plain = text.replace('_', "");
    let paths = plain.parse::<u64>().ok().or_else(|| {
        let number = plain.parse::<f64>().ok()?;
        // Beyond what is exact it is too many anyway.
        (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
    });
    match paths {
        None => Err("must be a whole number, such as 1000000, 1_000_000 or 1e6".to_owned()),
        Some(0) => Err("must be at least 1".to_owned()),
        Some(paths) if paths > MOST_PATHS => {
            Err(format!("must be at most {MOST_PATHS}: a bin of a result counts no more"))
        }
        Some(paths) => Ok(paths),
    }
}

/// A range of blocks without its end: `0..128`.
pub fn blocks(text: &str) -> Result<Range<u64>, String> {
    let (start, end) = text.split_once("..").unwrap_or((text, ""));
    match (start.trim().parse(), end.trim().parse()) {
        (Ok(start), Ok(end)) if start < end => Ok(start..end),
        _ => Err("must be the first block and the one after the last, such as 0..128".to_owned()),
    }
}

/// Threads beyond this number on every core gain nothing and cost memory.
const THREADS_PER_CORE: usize = 4;

/// A number of threads: at least 1, and no more than make sense on this machine.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("must be a whole number of at least 1".to_owned()),
        Ok(threads) => {
            let most = THREADS_PER_CORE * std::thread::available_parallelism().map_or(1, usize::from);
            if threads > most {
                warn(format_args!(
                    "{threads} threads are more than {THREADS_PER_CORE} a core: {most} are used"
                ));
            }
            Ok(threads.min(most))
        }
    }
}

/// A finite number greater than 0.
pub fn positive(text: &str) -> Result<f64, String> {
    let number = finite(text)?;
    if number > 0.0 { Ok(number) } else { Err("must be greater than 0".to_owned()) }
}

/// A finite number of at least 0.
pub fn not_negative(text: &str) -> Result<f64, String> {
    let number = finite(text)?;
    if number >= 0.0 { Ok(number) } else { Err("must be at least 0".to_owned()) }
}

/// A ratio of at least 0 and less than 1: `0.005`, `0.5%` or `50bp`.
pub fn ratio(text: &str) -> Result<f64, String> {
    // Divided, not multiplied by 0.01: 0.5 % is then the number nearest to 0.005.
    let (number, divisor) = match (text.strip_suffix('%'), text.strip_suffix("bp")) {
        (Some(number), _) => (number, 100.0),
        (_, Some(number)) => (number, 10_000.0),
        _ => (text, 1.0),
    };
    let message = "must be a ratio, such as 0.005, 0.5% or 50bp";
    let ratio = finite(number.trim_end()).map_err(|_| message)? / divisor;
    if (0.0..1.0).contains(&ratio) {
        Ok(ratio)
    } else {
        Err("must be at least 0 and less than 1 (100 %)".to_owned())
    }
}

/// A maintenance rate: a ratio greater than 0.
pub fn positive_ratio(text: &str) -> Result<f64, String> {
    let ratio = ratio(text)?;
    if ratio > 0.0 { Ok(ratio) } else { Err("must be greater than 0".to_owned()) }
}

/// A volatility: `0.8` or `80%`.
pub fn volatility(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    positive(number.trim_end()).map(|number| number / unit)
}

/// Collateral as TOML: a number, or coins such as `0.5 BTC` in quotes.
pub fn equity(text: &str) -> Result<String, String> {
    let (amount, coin) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let amount = positive(amount).map_err(|problem| format!("{problem}; such as 5000 or \"0.5 BTC\""))?;
    Ok(match coin.trim() {
        "" => format!("{amount:?}"),
        coin => serde_json::Value::from(format!("{amount} {coin}")).to_string(),
    })
}

/// The start of a year, month, day, or the time, in seconds since 1970.
pub fn since(text: &str) -> Result<i64, String> {
    period(text).map(|period| period.start)
}

/// The end of a year, month, day, or the time, in seconds since 1970.
pub fn until(text: &str) -> Result<i64, String> {
    period(text).map(|period| period.end)
}

fn period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| {
        "must be a year, a month, a day or a time, such as 2024, 2024-01, 2024-01-31 or 2024-01-31T05:00:00Z".to_owned()
    })
}

/// A finite number; underscores between digits as in a scenario file.
pub fn finite(text: &str) -> Result<f64, String> {
    let number = text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "must be a finite number".to_owned())
}

/// One of the formats that a command prints.
pub fn format(list: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    let known = list.iter().map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(known).try_map(|name| Format::named(&name, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_paths_may_have_separators_or_an_exponent() {
        for text in ["1000000", "1_000_000", "1e6", "1E6", "10e5"] {
            assert_eq!(paths(text), Ok(1_000_000), "{text}");
        }
        for text in ["0", "", "-1", "1.5", "1e-3", "nan", "inf", "1e300", "ten", "0e5"] {
            assert!(paths(text).is_err(), "{text}");
        }
        for text in ["1e18", "1e300", "2000000000000"] {
            assert!(paths(text).unwrap_err().contains("at most 1000000000000"), "{text}");
        }
    }

    #[test]
    fn ranges_of_blocks_are_without_their_end() {
        assert_eq!(blocks("0..128"), Ok(0..128));
        for text in ["", "5", "5..", "..5", "5..5", "6..5", "0..=3", "a..b", "-1..3"] {
            assert!(blocks(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ratios_have_units() {
        for (text, value) in
            [("0.005", 0.005), ("0.5%", 0.005), ("0.5 %", 0.005), ("50bp", 0.005), ("0", 0.0)]
        {
            assert_eq!(ratio(text), Ok(value), "{text}");
        }
        for text in ["1", "100%", "-1bp", "nan", "", "%", "5pct"] {
            assert!(ratio(text).is_err(), "{text}");
        }
        assert!(positive_ratio("0%").is_err());
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        for text in ["nan", "inf", "-inf", "1e400", "", "x"] {
            assert!(positive(text).is_err() && not_negative(text).is_err(), "{text}");
        }
        assert_eq!(positive("64_000.5"), Ok(64_000.5));
        assert!(positive("0").is_err());
        assert_eq!(not_negative("0"), Ok(0.0));
    }
}
