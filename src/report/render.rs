//! A result in the format that is chosen.

use super::format::{Format, Layout, RenderError};
use super::html::Document;
#[cfg(feature = "png")]
use super::png;
use super::{csv, html, json, markdown, svg, terminal};
use crate::result::RunResult;

/// The formats of results; all but PNG are text.
pub const RUN_FORMATS: &[Format] = &[
    Format::Json,
    Format::Csv,
    Format::Markdown,
    Format::Table,
    Format::Html,
    Format::Svg,
    #[cfg(feature = "png")]
    Format::Png,
];

/// The text of one result or several, ending with a line break. JSON is an object for one result and an array for
/// several; CSV has one header.
///
/// # Errors
/// The format is not text, or no result's.
pub fn render(results: &[RunResult], format: Format, layout: Layout) -> Result<String, RenderError> {
    match format {
        Format::Table => Ok(join(results, |result| terminal::render(result, layout))),
        Format::Json => match results {
            [result] => json::render(result),
            _ => json::render(results),
        },
        Format::Csv => csv::render(results),
        Format::Markdown => Ok(join(results, markdown::render)),
        Format::Html => {
            let documents = results.iter().map(Document::of_run).collect::<Result<Vec<_>, _>>()?;
            html::render(&documents, &[])
        }
        Format::Svg => svg::render(results),
        other => Err(RenderError::Format(other)),
    }
}

/// The contents of a file of one result or several.
///
/// # Errors
/// The format is no result's ([`RUN_FORMATS`]).
pub fn render_file(results: &[RunResult], format: Format) -> Result<Vec<u8>, RenderError> {
    match format {
        #[cfg(feature = "png")]
        Format::Png => png::render(results),
        format => render(results, format, Layout::FILE).map(String::into_bytes),
    }
}

/// The texts of all results with an empty line between them.
fn join(results: &[RunResult], render: impl Fn(&RunResult) -> String) -> String {
    results.iter().map(render).collect::<Vec<_>>().join("\n")
}
