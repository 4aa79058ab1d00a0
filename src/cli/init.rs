//! `init`: a commented scenario to start from.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use liqsim::account::Level;
use liqsim::scenario::{Source, catalogue_venue, parse};
use liqsim::venue::{Contract, Side, Venue, catalogue_text};

use super::failure::{WrongScenarios, error_with_help, warn};
use super::output::{print, write_file};
use super::own_files::may_replace_all;
use super::starter::ModelKind;
use super::values;
use super::venues::unknown_venue;

/// Leverages that people compare.
const USUAL_LEVERAGES: [f64; 9] = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 75.0, 100.0];

/// Part of a venue's name, the asset it means and a round price.
const EXAMPLES: [(&str, &str, f64); 9] = [
    ("eth", "ETH", 3000.0),
    ("sol", "SOL", 150.0),
    ("xrp", "XRP", 2.0),
    ("doge", "DOGE", 0.2),
    ("bnb", "BNB", 600.0),
    ("ltc", "LTC", 100.0),
    ("ada", "ADA", 0.8),
    ("pepe", "PEPE", 0.01),
    ("wif", "WIF", 1.0),
];

/// A fleet bought on credit, through a halving.
const MINER: &str = include_str!("../../scenarios/miner-fleet-on-credit-540d.toml");

/// Write a commented scenario to start from
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim init\n  liqsim init --miner\n  liqsim init --model heston --venue hyperliquid-eth --side short --leverage 1..40"
)]
pub struct Init {
    /// A miner who bought machines on credit, in place of a position
    #[arg(long, conflicts_with_all = ["model", "prices", "side", "venue", "leverage"])]
    miner: bool,

    /// Price model
    #[arg(long, value_enum, default_value = "merton")]
    model: ModelKind,

    /// Recorded bars (CSV) for bootstrap, har, scaled-history and forecast; the path starts from the scenario's folder
    #[arg(long, value_name = "FILE", required_if_eq_any([("model", "bootstrap"), ("model", "har"), ("model", "scaled-history"), ("model", "forecast")]))]
    prices: Option<PathBuf>,

    /// Direction of the position
    #[arg(long, default_value = "long", value_parser = side_parser())]
    side: Side,

    /// Venue of the catalogue (see `liqsim venues`)
    #[arg(long, value_name = "NAME", default_value = "binance-usdm-btcusdt")]
    venue: String,

    /// One leverage (10), or the usual ones in a range (1..40); by default up to 50; as far as the venue allows
    #[arg(long, value_name = "RANGE", value_parser = values::leverage_range)]
    leverage: Option<(f64, f64)>,

    /// File to write; "-" is standard output
    #[arg(short, long, value_name = "FILE", default_value = "liqsim.toml")]
    output: PathBuf,
}

/// `long` or `short`.
pub fn side_parser() -> impl TypedValueParser<Value = Side> {
    PossibleValuesParser::new(["long", "short"])
        .map(|side| if side == "short" { Side::Short } else { Side::Long })
}

impl Init {
    /// Writes the scenario.
    pub fn execute(self) -> anyhow::Result<()> {
        if catalogue_text(&self.venue).is_none() {
            return Err(unknown_venue(&self.venue));
        }
        let text = match self.miner {
            true => MINER.to_owned(),
            false => self.scenario(&catalogue_venue(&self.venue)?.venue),
        };
        // What the venue does not allow, such as too much leverage, is found here and not in the first run.
        parse(Source::new(self.output.display().to_string(), text.as_str()), &[])
            .map_err(|problems| WrongScenarios(vec![problems]))?;
        if self.output.as_os_str() == "-" {
            return print(&text);
        }
        let file = self.output.display();
        if self.output.exists() && !may_replace_all() {
            return Err(error_with_help(
                format_args!("{file} exists already"),
                "choose another file with -o, or overwrite this one with --force",
            ));
        }
        write_file(&self.output, &text)?;
        print(&format!("Wrote {file}. Next:\n  liqsim run {file}\n"))
    }

    fn scenario(&self, terms: &Venue) -> String {
        let side = match self.side {
            Side::Long => "long",
            Side::Short => "short",
        };
        let (_, asset, price) = EXAMPLES
            .into_iter()
            .find(|(part, ..)| self.venue.contains(part))
            .unwrap_or(("", "BTC", 64_000.0));
        let (equity, unit) = match terms.contract {
            Contract::Inverse => (0.02, "coins"),
            Contract::Linear | Contract::Spot => (1000.0, "quote units"),
        };
        let levels = self.levels(|leverage| {
            let level = Level::open(terms, self.side, price, equity, leverage);
            level.is_ok_and(|level| level.exceeded_cap.is_none())
        });
        let leverage = levels.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let (price, equity) = (format!("{price:?}"), format!("{equity:?}"));
        let venue = &self.venue;
        let prices = self.prices.as_deref().map(|prices| prices.display().to_string()).unwrap_or_default();
        let model = self.model.table(&prices.replace('\\', "/"));
        format!(
            "# A scenario for liqsim. The numbers are round examples, not estimates: put in your own.
name = \"{asset} perpetual {side}, 30 days\"

[simulation]
horizon = \"30d\"              # how long the position is held
paths = 1_000_000            # more paths, smaller errors; or precision = \"1%\" with max_paths = 100_000_000
seed = 1                     # the same seed gives the same result
monitoring = \"continuous\"    # the mark price is watched all the time; or look at an interval, such as \"1h\"

[assets.{asset}]
price = {price:<20} # the price now

# `liqsim models` shows the choice.
[assets.{asset}.model]
{model}
[account]
equity = {equity:<20}# collateral put up, in {unit}
margin = \"isolated\"          # the position can lose its own collateral only
leverage = [{leverage}]
# `liqsim venues` shows the choice; a file or an inline table do as well.
venue = \"{venue}\"

[[account.positions]]
asset = \"{asset}\"
side = \"{side}\"
"
        )
    }

    /// The usual leverages in the range, and its ends, as far as they are allowed.
    fn levels(&self, is_allowed: impl Fn(f64) -> bool) -> Vec<f64> {
        let Some((from, to)) = self.leverage else {
            return USUAL_LEVERAGES
                .into_iter()
                .filter(|&leverage| leverage <= 50.0 && is_allowed(leverage))
                .collect();
        };
        let between = USUAL_LEVERAGES.into_iter().filter(|&leverage| from < leverage && leverage < to);
        let mut levels: Vec<_> = std::iter::once(from).chain(between).chain([to]).collect();
        levels.dedup();
        let (allowed, refused): (Vec<f64>, Vec<f64>) =
            levels.iter().partition(|leverage| is_allowed(**leverage));
        // Where the venue allows none, the scenario's own problem says so.
        if allowed.is_empty() {
            return levels;
        }
        if !refused.is_empty() {
            let refused: Vec<String> = refused.iter().map(|leverage| format!("{leverage}x")).collect();
            warn(format_args!(
                "left out: {}, which {} does not allow at this size",
                refused.join(", "),
                self.venue
            ));
        }
        allowed
    }
}
