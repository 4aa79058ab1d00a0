//! A calibration of `har` as a page: coefficients with errors, the state at the last bar, the season as a picture. No script, no network.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::calibration::plain;
use super::format::RenderError;
use super::har::{WEEKDAYS, coefficient_table, data_line, fit_line, volatility_table};
use super::html::STYLE;
use super::table::Table;
use crate::calibrate::{HarCalibration, Provenance};

const TEMPLATE: &str = include_str!("assets/har.html");
/// Height of the tallest bar, and distance from bar to bar.
const HEIGHT: f64 = 104.0;
const STEP: f64 = 20.0;

#[derive(Serialize)]
struct Page {
    version: &'static str,
    style: &'static str,
    title: String,
    data: String,
    reading: Vec<String>,
    tables: [Titled; 3],
    pictures: [Picture; 2],
}

#[derive(Serialize)]
struct Titled {
    title: &'static str,
    #[serde(flatten)]
    table: Table,
    below: String,
}

#[derive(Serialize)]
struct Picture {
    title: &'static str,
    words: String,
    width: f64,
    /// Where the mean, 1, lies.
    one: f64,
    bars: Vec<Bar>,
}

#[derive(Serialize)]
struct Bar {
    name: String,
    label: String,
    value: String,
    x: f64,
    middle: f64,
    y: f64,
    height: f64,
}

/// Factors as bars, with names and labels below them.
fn picture(title: &'static str, factors: &[f64], named: impl Fn(usize) -> (String, String)) -> Picture {
    let place_of = |best: &dyn Fn(f64, f64) -> bool| {
        (0..factors.len()).fold(0, |at, other| if best(factors[other], factors[at]) { other } else { at })
    };
    let (most, least) = (place_of(&|a, b| a > b), place_of(&|a, b| a < b));
    let unit = HEIGHT / factors[most];
    let bar = |(at, factor): (usize, &f64)| {
        let (name, label) = named(at);
        let (x, height) = (STEP * at as f64 + 2.0, unit * factor);
        Bar {
            name,
            label,
            value: format!("{factor:.2}"),
            x,
            middle: x + 8.0,
            y: HEIGHT - height + 6.0,
            height,
        }
    };
    Picture {
        title,
        words: format!(
            "factors on the mean variance, 1 (dashed): most {:.2} at {}, least {:.2} at {}",
            factors[most],
            named(most).0,
            factors[least],
            named(least).0
        ),
        width: STEP * factors.len() as f64,
        one: HEIGHT - unit + 6.0,
        bars: factors.iter().enumerate().map(bar).collect(),
    }
}

/// The page.
///
/// # Errors
/// If the page cannot be made.
pub fn render_har_page(found: &HarCalibration, provenance: &Provenance) -> Result<String, RenderError> {
    let tables = [
        Titled {
            title: "The next day's log-variance",
            table: coefficient_table(found),
            below: fit_line(found),
        },
        Titled {
            title: "Volatility a year at the last bar, without season",
            table: volatility_table(found),
            below: String::new(),
        },
        Titled {
            title: "Covariance of the coefficients",
            table: covariance_table(found),
            below: "From scores summed over blocks of five days; what parameters are drawn by.".to_owned(),
        },
    ];
    let season = found.season();
    let hour = |at: usize| {
        let label = if at.is_multiple_of(6) { format!("{at}") } else { String::new() };
        (format!("{at}:00 UTC"), label)
    };
    let weekday = |at: usize| (WEEKDAYS[at].to_owned(), WEEKDAYS[at].to_owned());
    let pictures = [
        picture("Hours of the day", &season.hours, hour),
        picture("Days of the week", &season.weekdays, weekday),
    ];
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        title: format!("{} · {}", provenance.asset(), provenance.file_name()),
        data: data_line(provenance),
        reading: provenance.report.lines(),
        tables,
        pictures,
    };
    Ok(environment.render_str(TEMPLATE, Serde(&page))?)
}

fn covariance_table(found: &HarCalibration) -> Table {
    let names = found.coefficients().map(|(name, ..)| name);
    let row = |(name, row): (&str, &[f64; 6])| {
        std::iter::once(name.to_owned()).chain(row.iter().map(|value| plain(*value, 2))).collect::<Vec<_>>()
    };
    let rows = names.zip(&found.estimate.covariance).map(row);
    Table::of_texts(["", "intercept", "b1", "b7", "b30", "b90", "b6"], rows)
}
