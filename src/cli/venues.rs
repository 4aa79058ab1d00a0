//! `venues`: the catalogue of venues.

use clap::{Args, ValueEnum};

use liqsim::report::{render_venue_json, render_venue_list_json, venue_list, venue_sheet};
use liqsim::scenario::{ListedVenue, catalogue_venue};
use liqsim::venue::{catalogue_names, catalogue_text};

use super::failure::error_with_help;
use super::output::print;

/// List the venues of the catalogue, or show one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liqsim venues
  liqsim venues binance-usdm-btcusdt
  liqsim venues binance-usdm-btcusdt --format toml > my-venue.toml")]
pub struct Venues {
    /// Show this venue
    name: Option<String>,

    /// Format on standard output
    #[arg(long, value_enum, default_value = "table")]
    format: VenueFormat,
}

/// The formats of venues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VenueFormat {
    /// Text for people
    Table,
    /// JSON
    Json,
    /// The data file of one venue, a starting point for one of your own
    Toml,
}

impl Venues {
    /// Prints the list or the venue.
    pub fn execute(self) -> anyhow::Result<()> {
        let Some(name) = self.name else {
            let all =
                catalogue_names().iter().map(|name| catalogue_venue(name)).collect::<Result<Vec<_>, _>>()?;
            let all: Vec<&ListedVenue> = all.iter().collect();
            return print(&match self.format {
                VenueFormat::Table => venue_list(&all),
                VenueFormat::Json => render_venue_list_json(&all)?,
                VenueFormat::Toml => {
                    return Err(error_with_help(
                        "the data file of which venue?",
                        "name one: `liqsim venues NAME --format toml`",
                    ));
                }
            });
        };
        let text = catalogue_text(&name).ok_or_else(|| unknown_venue(&name))?;
        print(&match self.format {
            VenueFormat::Table => venue_sheet(&catalogue_venue(&name)?),
            VenueFormat::Json => render_venue_json(&catalogue_venue(&name)?)?,
            VenueFormat::Toml => text.to_owned(),
        })
    }
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
