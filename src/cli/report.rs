//! `report`: a page with pictures from finished results.

use std::path::PathBuf;

use clap::Args;

use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{Format, RUN_FORMATS};

use super::failure::error_with_help;
use super::output::{OutputFile, print};
use super::own_files::read_text;

/// Make a page with pictures from results: one file that works offline
///
/// The pictures move with a leverage slider; levels between the simulated ones are interpolated and marked so.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim run liqsim.toml -o result.json\n  liqsim report result.json -o report.html\n  \
                  liqsim report result.json --scenario liqsim.toml -o report.html"
)]
pub struct Report {
    /// Results (JSON), as `run -o result.json` writes them
    #[arg(value_name = "RESULT", required = true)]
    results: Vec<PathBuf>,

    /// Page to write
    #[arg(short, long = "output", value_name = "FILE", default_value = "report.html")]
    output: PathBuf,

    /// Scenario file whose text is shown on the page; repeatable
    #[arg(long = "scenario", value_name = "FILE")]
    scenarios: Vec<PathBuf>,
}

impl Report {
    /// Writes the page.
    pub fn execute(self) -> anyhow::Result<()> {
        let output = OutputFile::prepare(&self.output, RUN_FORMATS)?;
        if output.format != Format::Html {
            return Err(error_with_help(
                format_args!("a report is a page, and {} is not one", self.output.display()),
                "name it by its format: -o report.html",
            ));
        }
        let mut documents = Vec::new();
        for path in &self.results {
            let text = read_text(path)?;
            let found = Document::parse(&text).map_err(|error| {
                let name = path.display();
                error_with_help(
                    format_args!("cannot show {name}: {error}"),
                    "make a result with `liqsim run SCENARIO -o result.json`",
                )
            })?;
            documents.extend(found);
        }
        let scenarios = self
            .scenarios
            .iter()
            .map(|path| Ok(ScenarioText { name: path.display().to_string(), text: read_text(path)? }))
            .collect::<anyhow::Result<Vec<_>>>()?;
        output.write(&html::render(&documents, &scenarios)?)?;
        print(&format!("Wrote {}. Open it in a browser.\n", self.output.display()))
    }
}
