//! The line about safe leverage below the numbers of a run.

use super::number;
use crate::numeric::elementary;
use crate::result::RunResult;

/// A leverage with the decimals that its interval supports.
pub(super) fn leverage(value: f64, low: Option<f64>, high: Option<f64>) -> String {
    let width = low.zip(high).map_or(0.0, |(low, high)| high - low);
    let decimals =
        if width > 0.0 { (1.0 - elementary::log10(width)).floor().clamp(0.0, 5.0) as usize } else { 2 };
    format!("{value:.decimals$}x")
}

/// The line on safe leverage below the table of a run; none where nothing was asked for.
pub fn line(result: &RunResult) -> Option<String> {
    let entries: Vec<String> = result
        .safe_leverage
        .iter()
        .map(|safe| {
            let text = |value| leverage(value, Some(safe.low), Some(safe.high));
            let ends = safe.low_with_parameters.zip(safe.high_with_parameters);
            let wide = ends.map_or_else(String::new, |(low, high)| {
                let text = |value| leverage(value, Some(low), Some(high));
                format!(" (with parameters [{}, {}])", text(low), text(high))
            });
            let limited = if safe.limited_by_venue { " (the venue allows no more)" } else { "" };
            format!(
                "{} [{}, {}]{wide}{limited} for at most {}",
                text(safe.leverage),
                text(safe.low),
                text(safe.high),
                number::rate(safe.max_probability)
            )
        })
        .collect();
    (!entries.is_empty())
        .then(|| format!("Safe leverage by probability of liquidation: {}.", entries.join("; ")))
}
