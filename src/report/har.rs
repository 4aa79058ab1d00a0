//! A calibration of `har` for people and for programs.

use serde_json::json;

use crate::calibrate::{HarCalibration, OutOfSample, OutOfSampleError, Provenance, bars};
use crate::market::format_time;

use super::calibration::plain;
use super::format::{Layout, RenderError};
use super::out_of_sample;
use super::table::Table;
use super::text::wrap;

/// Paragraphs are not wider than this, however wide the terminal is.
const WIDEST_PARAGRAPH: usize = 110;
pub(super) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Text for people, ending with a line break.
pub fn render_har_table(found: &HarCalibration, provenance: &Provenance, layout: Layout) -> String {
    let width = layout.width.unwrap_or(usize::MAX).min(WIDEST_PARAGRAPH);
    let mut text = format!("{} · {}\n", provenance.asset(), provenance.file_name());
    text += &wrap(&data_line(provenance), width, "", "");
    for line in provenance.report.lines() {
        text += &wrap(&line, width, "- ", "  ");
    }
    text += "\nThe next day's log-variance\n";
    text += &coefficient_table(found).terminal();
    text += &wrap(&fit_line(found), width, "", "");
    text += "\nVolatility a year at the last bar, without season\n";
    text += &volatility_table(found).terminal();
    let season = found.season();
    text += &format!(
        "\nSeason of the variance, mean 1\nHours (UTC) 0 to 23  {}  {:.2} to {:.2}\n",
        bars(&season.hours),
        season.hours.iter().copied().fold(f64::INFINITY, f64::min),
        season.hours.iter().copied().fold(0.0, f64::max)
    );
    let days: Vec<String> =
        WEEKDAYS.iter().zip(season.weekdays).map(|(day, factor)| format!("{day} {factor:.2}")).collect();
    text += &format!("Days                 {}  {}\n", bars(&season.weekdays), days.join(", "));
    text
}

/// What was read and used.
pub(super) fn data_line(provenance: &Provenance) -> String {
    let (first, last) = provenance.range;
    format!(
        "{} rows; used {} bars of {} from {} to {} (start of the last bar, UTC)",
        provenance.report.rows,
        provenance.bars,
        provenance.interval,
        format_time(first),
        format_time(last)
    )
}

/// Each coefficient: what it is the weight of, its key, value and standard error.
pub(super) fn coefficient_table(found: &HarCalibration) -> Table {
    let of = [
        "constant",
        "the last day",
        "mean of 7 days",
        "mean of 30 days",
        "mean of 90 days",
        "the last 6 hours",
    ];
    let row = |((key, value, error), of): ((&str, f64, f64), &str)| {
        [of.to_owned(), key.to_owned(), plain(value, 4), plain(error, 2)]
    };
    let heads = ["Weight of", "Key", "Value", "Standard error"];
    Table::of_texts(heads, found.coefficients().zip(of).map(row))
}

/// How much of the variance is explained, and by how many days.
pub(super) fn fit_line(found: &HarCalibration) -> String {
    let estimate = &found.estimate;
    format!(
        "R² {:.3}; standard deviation of the shocks {:.3}; {} past days are drawn from.",
        estimate.r_squared,
        estimate.shock_std_dev,
        estimate.days.len()
    )
}

/// Volatilities of stretches that end with the last bar, and of the next day.
pub(super) fn volatility_table(found: &HarCalibration) -> Table {
    let row = |(over, volatility): &(&str, f64)| [(*over).to_owned(), format!("{:.1} %", 100.0 * volatility)];
    Table::of_texts(["Over the last", "Volatility"], found.volatilities().iter().map(row))
}

/// One JSON object, ending with a line break; with the choice that it came from, if it was one.
///
/// # Errors
/// None that is known: all numbers are finite.
pub fn render_har_json(
    found: &HarCalibration,
    provenance: &Provenance,
    choice: Option<&Result<OutOfSample, OutOfSampleError>>,
) -> Result<String, RenderError> {
    let (first, last) = provenance.range;
    let mut object = json!({
        "liqsim": env!("CARGO_PKG_VERSION"),
        "source": provenance.report.source,
        "hash": provenance.report.hash,
        "rows": provenance.report.rows,
        "bars": provenance.bars,
        "interval": provenance.interval,
        "from": format_time(first),
        "to": format_time(last),
        "last_close": provenance.last_close,
        "reading": provenance.report.lines(),
        "chosen": "har",
        "har": found.json(),
    });
    if let Some(choice) = choice {
        object["out_of_sample"] = out_of_sample::value(choice);
    }
    Ok(serde_json::to_string_pretty(&object)? + "\n")
}
