//! What commands with results have in common: formats, files, the picture.

use std::path::PathBuf;

use clap::Args;

use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{
    DIFFERENCE_FORMATS, Format, Layout, RUN_FORMATS, plot, render, render_differences, render_file,
};
use liqsim::result::RunResult;
use liqsim::study::Differences;

use super::failure::warn;
use super::interrupt;
use super::output::{OutputFile, print, terminal_layout};
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json, Format::Csv, Format::Markdown];

/// Where results go.
#[derive(Debug, Args)]
pub struct ResultOutput {
    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,

    /// Also write the result to a file, in the format of its extension (.json, .csv, .md, .txt, .html, .svg, .png); repeatable
    #[arg(short, long = "output", value_name = "FILE")]
    pub outputs: Vec<PathBuf>,

    /// Draw the probability of liquidation over leverage below the table
    #[arg(long)]
    plot: bool,

    /// Show every column: errors of the mean, value at risk, expected shortfall, costs and exits
    #[arg(long)]
    wide: bool,

    /// Show below the table how the numbers were computed; warnings are shown always
    #[arg(long)]
    notes: bool,
}

impl ResultOutput {
    /// Whether what is printed shows differences between results.
    pub fn shows_differences(&self) -> bool {
        DIFFERENCE_FORMATS.contains(&self.format)
    }

    /// Checks that the files can be written, so that a wrong path is found before the work and not after it.
    pub fn prepare(&self) -> anyhow::Result<Vec<OutputFile>> {
        self.outputs.iter().map(|path| OutputFile::prepare(path, RUN_FORMATS)).collect()
    }

    /// Writes the files and prints; a report holds the texts of the scenarios. Differences between them stand below tables.
    pub fn write(
        &self,
        files: Vec<OutputFile>,
        results: &[RunResult],
        texts: &[ScenarioText],
        differences: &[Differences],
    ) -> anyhow::Result<()> {
        // Files first: whoever reads standard output may leave early.
        let is_cut_short = results.iter().any(|result| result.interrupted);
        if is_cut_short {
            interrupt::is_cut_short();
        }
        for file in files {
            let file = if is_cut_short { file.beside_what_is_there() } else { file };
            let contents = match file.format {
                Format::Html => {
                    let documents = results.iter().map(Document::of_run).collect::<Result<Vec<_>, _>>()?;
                    html::render(&documents, texts)?.into_bytes()
                }
                format => render_file(results, format)?,
            };
            file.write(contents)?;
            if is_cut_short {
                warn(format_args!("what is known is in {}", file.path().display()));
            }
        }
        let layout = Layout { wide: self.wide, notes: self.notes, ..terminal_layout() };
        let mut text = match self.format {
            // Titles alone do not tell files apart.
            Format::Table if results.len() > 1 && texts.len() == results.len() => {
                let named = results.iter().zip(texts).map(|(result, text)| {
                    let one = render(std::slice::from_ref(result), Format::Table, layout)?;
                    Ok(format!("{}: {one}", text.name))
                });
                named.collect::<anyhow::Result<Vec<_>>>()?.join("\n")
            }
            format => render(results, format, layout)?,
        };
        for found in differences.iter().filter(|_| self.shows_differences()) {
            text += &format!("\n{}", render_differences(found, self.format, layout)?);
        }
        if self.plot && self.format == Format::Table {
            for result in results {
                text += &format!("\n{}\n{}", result.scenario, plot(result, layout.width));
            }
        }
        print(&text)
    }
}
