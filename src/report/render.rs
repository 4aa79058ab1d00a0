//! A result in the format that is chosen.

use super::format::{FileFormat, Format, Layout, RenderError};
use super::html::Document;
#[cfg(feature = "png")]
use super::png;
use super::{csv, html, json, markdown, svg, table};
use crate::result::RunResult;

/// The text of one result or several, ending with a line break. JSON is an object for one result and an array for
/// several; CSV has one header.
pub fn render(results: &[RunResult], format: Format, layout: Layout) -> Result<String, RenderError> {
    match format {
        Format::Table => Ok(join(results, |result| table::render(result, layout))),
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
    }
}

/// The contents of a file of one result or several.
pub fn render_file(results: &[RunResult], format: FileFormat) -> Result<Vec<u8>, RenderError> {
    match format {
        FileFormat::Text(format) => render(results, format, Layout::FILE).map(String::into_bytes),
        #[cfg(feature = "png")]
        FileFormat::Png => png::render(results),
    }
}

/// The texts of all results with an empty line between them.
fn join(results: &[RunResult], render: impl Fn(&RunResult) -> String) -> String {
    results.iter().map(render).collect::<Vec<_>>().join("\n")
}
