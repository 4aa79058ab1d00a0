//! `calibrate --model har`: numbers and a file of past days.

use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use liqsim::calibrate::{HarCalibration, OutOfSample, OutOfSampleError, Provenance, Terms};
use liqsim::market::PriceHistory;
use liqsim::report::{render_har_json, render_har_page, render_har_table};
use liqsim::scenario::{Source, parse};

use super::failure::{WrongScenarios, error_with_help};
use super::output::{print, terminal_layout, write_file};
use super::prices;

/// How the result is shown.
pub struct Shown<'a> {
    pub as_json: bool,
    /// Where its page is written.
    pub page: Option<&'a Path>,
    /// The comparison that `har` was the best of, and its table.
    pub choice: Option<(&'a Result<OutOfSample, OutOfSampleError>, String)>,
}

/// Estimates, writes the scenario and the file of days beside it, prints.
pub fn calibrate_har(
    history: &PriceHistory,
    provenance: &Provenance,
    terms: &Terms,
    output: Option<&Path>,
    shown: &Shown<'_>,
) -> anyhow::Result<()> {
    let found = HarCalibration::of(history).map_err(|error| {
        error_with_help(error, "har needs a year or more of hourly bars; other models take what there is")
    })?;
    let mut said = String::new();
    if let Some(path) = output {
        if path.as_os_str() == "-" {
            return Err(error_with_help(
                "the file of days stands beside the scenario, and standard output has no place beside it",
                "name a file: -o btc.toml",
            ));
        }
        let days = days_beside(path);
        let name = days.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = found.scenario(provenance, terms, &name);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        std::io::Write::write_all(&mut packed, found.days().as_bytes())?;
        write_file(&days, packed.finish()?)?;
        // What would not run is not written.
        parse(Source::of_file(path, text.as_str()).at(prices::now()), &[])
            .map_err(|problems| WrongScenarios(vec![problems]))?;
        write_file(path, &text)?;
        if !terms.assumed.is_empty() {
            said += &format!("Assumed: {}.\n", terms.assumed.join("; "));
        }
        said += &format!("Wrote {0} and {1}. Next:\n  liqsim run {0}\n", path.display(), days.display());
    }
    if let Some(page) = shown.page {
        write_file(page, render_har_page(&found, provenance)?)?;
    }
    let choice = shown.choice.as_ref();
    if shown.as_json {
        return print(&render_har_json(&found, provenance, choice.map(|(choice, _)| *choice))?);
    }
    let table = render_har_table(&found, provenance, terminal_layout());
    let table = match choice {
        Some((_, before)) => format!("{before}\nhar, with the best log score out of sample\n{table}"),
        None => table,
    };
    print(&if said.is_empty() { table } else { format!("{table}\n{said}") })
}

/// The file of days of a scenario: `btc.toml` has `btc-days.csv.gz`.
fn days_beside(scenario: &Path) -> PathBuf {
    let stem = scenario.file_stem().unwrap_or_default().to_string_lossy();
    scenario.with_file_name(format!("{stem}-days.csv.gz"))
}
