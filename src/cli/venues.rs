//! `venues`: the catalogue of venues.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use liqsim::report::{Format, render_venue_json, render_venue_list_json, venue_list, venue_sheet};
use liqsim::scenario::{ListedVenue, catalogue_venue, venue_of_text};
use liqsim::venue::{ImportedTiers, catalogue_names, catalogue_text, import_tiers};

use super::failure::{WrongScenarios, error_with_help, warn};
use super::output::{OutputFile, print};
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json, Format::Toml];

/// List the venues of the catalogue, show one, or import margin tiers
///
/// With --import: leverage tiers of ccxt (fetchLeverageTiers, as freqtrade keeps them) or brackets of Binance
/// (leverageBracket), in JSON. The names are then those of the file. What is made is a venue file that a
/// scenario can name: venue = "my-venue.toml".
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liqsim venues
  liqsim venues bybit
  liqsim venues binance-usdm-btcusdt
  liqsim venues binance-usdm-btcusdt --format toml > my-venue.toml
  liqsim venues ETHUSDT --import tiers.json -o eth-venue.toml")]
pub struct Venues {
    /// Show this venue, or those whose names hold all of these words
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Read margin tiers from this file of ccxt or Binance (JSON), and write a venue file
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    import: Option<PathBuf>,

    /// With --import: the venue file to write; standard output if absent
    #[arg(short, long, value_name = "FILE", requires = "import")]
    output: Option<PathBuf>,

    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,
}

impl Venues {
    /// Prints the list or the venue.
    pub fn execute(self) -> anyhow::Result<()> {
        if let Some(file) = &self.import {
            return self.imported(file);
        }
        if let [name] = &self.names[..]
            && let Some(text) = catalogue_text(name)
        {
            return print(&match self.format {
                Format::Table => venue_sheet(&catalogue_venue(name)?),
                Format::Toml => text.to_owned(),
                _ => render_venue_json(&catalogue_venue(name)?)?,
            });
        }
        let found = self.found()?;
        let found: Vec<&ListedVenue> = found.iter().collect();
        print(&match (self.format, &found[..]) {
            (Format::Table, [one]) => venue_sheet(one),
            (Format::Toml, [one]) => catalogue_text(&one.venue.name).unwrap_or_default().to_owned(),
            (Format::Table, _) => venue_list(&found),
            (Format::Toml, _) => {
                return Err(error_with_help(
                    "the data file of which venue?",
                    "name one: `liqsim venues NAME --format toml`",
                ));
            }
            _ => render_venue_list_json(&found)?,
        })
    }

    /// The venues whose names hold all the words.
    fn found(&self) -> anyhow::Result<Vec<ListedVenue>> {
        let words: Vec<String> = self.names.iter().map(|name| name.to_lowercase()).collect();
        let names =
            catalogue_names().iter().filter(|name| words.iter().all(|word| name.contains(word.as_str())));
        let found = names.map(|name| catalogue_venue(name)).collect::<Result<Vec<_>, _>>()?;
        if found.is_empty() { Err(unknown_venue(&self.names.join(" "))) } else { Ok(found) }
    }

    /// Makes a venue file of the tiers of one contract.
    fn imported(&self, file: &Path) -> anyhow::Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let known = import_tiers(&text).map_err(|error| {
            error_with_help(
                format_args!("{}: {error}", file.display()),
                "give the reply of ccxt's fetchLeverageTiers or of Binance's leverageBracket; unpack .gz files first",
            )
        })?;
        let wanted = |tiers: &&ImportedTiers| {
            let is_name =
                |name: &String| *name == tiers.symbol || name.eq_ignore_ascii_case(&tiers.plain_symbol());
            self.names.iter().all(is_name)
        };
        let found: Vec<&ImportedTiers> = known.iter().filter(wanted).collect();
        // The perpetual contract comes before those that expire.
        let tiers = match &found[..] {
            [one] => *one,
            [first, ..]
                if !self.names.is_empty()
                    && found.iter().all(|one| one.symbol.starts_with(&first.symbol)) =>
            {
                *first
            }
            [] => {
                return Err(error_with_help(
                    format_args!("{} has no contract {}", file.display(), self.names.join(" ")),
                    format_args!("it has {}", some(&known.iter().collect::<Vec<_>>())),
                ));
            }
            several => {
                return Err(error_with_help(
                    format_args!("{} has tiers of {} contracts", file.display(), several.len()),
                    format_args!("name one, such as {}", some(several)),
                ));
            }
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let made = tiers.to_toml(&format!("imported from {name}"), "unknown");
        // What the program writes it reads.
        venue_of_text("imported", &made).map_err(|problems| WrongScenarios(vec![problems]))?;
        if tiers.amounts_follow() == Some(false) {
            warn(
                "the maintenance amounts of the file do not follow from its edges; in the venue file they do",
            );
        }
        let Some(output) = &self.output else { return print(&made) };
        OutputFile::prepare_as(output, Format::Toml)?.write(&made)?;
        print(&format!(
            "Wrote {0}: {1} tiers of {2}. Fees, funding and what is returned at liquidation are yours to fill in. Next:\n  \
             liqsim run liqsim.toml --venue {0}\n",
            output.display(),
            tiers.bands.len(),
            tiers.symbol
        ))
    }
}

/// The first few symbols.
fn some(tiers: &[&ImportedTiers]) -> String {
    let shown: Vec<&str> = tiers.iter().take(5).map(|tiers| tiers.symbol.as_str()).collect();
    let more = if tiers.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// An error that names the nearest venue, or all of them.
pub fn unknown_venue(name: &str) -> anyhow::Error {
    let nearest = catalogue_names().iter().max_by(|a, b| {
        let similarity = |known: &str| strsim::jaro_winkler(known, name);
        similarity(a).total_cmp(&similarity(b))
    });
    let help = match nearest {
        Some(nearest) if strsim::jaro_winkler(nearest, name) > 0.8 => format!("did you mean \"{nearest}\"?"),
        _ => {
            let known = catalogue_names().len();
            format!("`liqsim venues` lists the {known} known ones, such as \"binance-usdm-btcusdt\"")
        }
    };
    error_with_help(format_args!("the catalogue has no venue \"{name}\""), help)
}
