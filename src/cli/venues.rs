//! `venues`: the catalogue of venues.

use clap::Args;

use crate::scenario::catalogue_venue;
use crate::venue::{catalogue_names, catalogue_text};

use super::failure::error_with_help;
use super::output::print;

/// List the venues of the catalogue, or show one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim venues\n  liqsim venues binance-usdm-btcusdt > my-venue.toml")]
pub struct Venues {
    /// Show the data file of this venue, a starting point for one of your own
    name: Option<String>,
}

impl Venues {
    /// Prints the list or the file.
    pub fn execute(self) -> anyhow::Result<()> {
        match self.name {
            Some(name) => print(catalogue_text(&name).ok_or_else(|| unknown_venue(&name))?),
            None => print(&list()?),
        }
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
        _ => format!("known are {} (see `liqsim venues`)", catalogue_names().join(", ")),
    };
    error_with_help(format_args!("the catalogue has no venue \"{name}\""), help)
}

/// Name, title and date of every venue.
fn list() -> anyhow::Result<String> {
    let width = catalogue_names().iter().map(|name| name.len()).max().unwrap_or_default();
    let mut lines = String::new();
    for name in catalogue_names() {
        let venue = catalogue_venue(name)?;
        let (title, as_of) = (venue.title.unwrap_or_default(), venue.as_of.unwrap_or_default());
        lines += &format!("{name:width$}  {title} (as of {as_of})\n");
    }
    Ok(lines)
}
