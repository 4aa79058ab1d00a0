//! `init`: a commented scenario to start from.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser};

use liqsim::account::Level;
use liqsim::market::Duration;
use liqsim::scenario::{Source, catalogue_venue, parse};
use liqsim::venue::{Contract, Liquidation, Side, Venue, catalogue_text};

use super::failure::{WrongScenarios, error_with_help, warn};
use super::init_questions;
use super::level_choice::LevelChoice;
use super::output::{print, write_file};
use super::own_files::may_replace_all;
use super::starter::{ModelKind, example_of};
use super::values;
use super::venues::unknown_venue;

/// Leverages that people compare.
const USUAL_LEVERAGES: [f64; 9] = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 75.0, 100.0];

/// A fleet bought on credit, through a halving.
const MINER: &str = include_str!("../../scenarios/miner-fleet-on-credit-540d.toml");

/// Write a commented scenario to start from
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim init\n  liqsim init --miner\n  liqsim init --model heston --venue hyperliquid-eth --side short --leverage 1..40\n  \
                        liqsim init --venue loan-aave-like --horizon 6mo\n  \
                        liqsim init --price 64700 --entry 61000 --quantity 0.5 --margin 5000 --stop 6%"
)]
pub struct Init {
    /// A miner who bought machines on credit, in place of a position
    #[arg(long, conflicts_with_all = ["model", "prices", "side", "short", "venue", "leverage", "horizon", "price", "equity",
        "stop", "volatility", "entry"])]
    miner: bool,

    /// Price model
    #[arg(long, value_enum, default_value = "merton")]
    model: ModelKind,

    /// Recorded bars (CSV) for bootstrap, har, scaled-history and forecast; the path starts from the
    /// scenario's folder
    #[arg(long, value_name = "FILE", required_if_eq_any([("model", "bootstrap"), ("model", "har"), ("model", "scaled-history"), ("model", "forecast")]))]
    prices: Option<PathBuf>,

    /// Direction of the position
    #[arg(long, default_value = "long", value_parser = side_parser())]
    side: Side,

    /// The same as --side short
    #[arg(long, conflicts_with = "side")]
    short: bool,

    /// Venue of the catalogue (see `liqsim venues`)
    #[arg(long, value_name = "NAME", default_value = "binance-usdm-btcusdt")]
    venue: String,

    /// One leverage (10), several (3,5,10), or the usual ones in a range (1..40); by default up to 50; as far
    /// as the venue allows
    #[arg(long, value_name = "LEVELS", value_parser = <LevelChoice as std::str::FromStr>::from_str)]
    leverage: Option<LevelChoice>,

    /// How long the position is held: 36h, 14d, 2w, 6mo, 1y
    #[arg(long, visible_alias = "for", value_name = "DURATION", default_value = "30d")]
    horizon: Duration,

    /// Price now; a round example if absent
    #[arg(long, value_name = "P", value_parser = values::positive)]
    price: Option<f64>,

    /// Collateral put up: 5000, or coins such as "0.5 BTC"
    #[arg(long, value_name = "AMOUNT", value_parser = values::equity)]
    equity: Option<String>,

    /// Stop loss at this distance from the entry price, such as 6%
    #[arg(long, value_name = "DISTANCE", value_parser = values::positive_ratio)]
    stop: Option<f64>,

    /// Volatility per square root of a year, such as 80%; that between jumps where the model has them
    #[arg(long, value_name = "V", value_parser = values::volatility)]
    volatility: Option<f64>,

    /// Price at which the position was opened, if it is open already
    #[arg(long, value_name = "P", value_parser = values::positive, requires_all = ["quantity", "margin"])]
    #[arg(conflicts_with_all = ["equity"])]
    entry: Option<f64>,

    /// Its size: coins, or quote units of an inverse contract
    #[arg(long, value_name = "Q", value_parser = values::positive, requires = "entry")]
    quantity: Option<f64>,

    /// The collateral behind it now, without its unrealised profit
    #[arg(long, value_name = "C", value_parser = values::positive, requires = "entry")]
    margin: Option<f64>,

    /// File to write; "-" is standard output
    #[arg(short, long, value_name = "FILE", default_value = "liqsim.toml")]
    output: PathBuf,
}

/// The flags without the program's name, as the questions give them.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Alone {
    #[command(flatten)]
    init: Init,
}

/// `long` or `short`.
pub fn side_parser() -> impl TypedValueParser<Value = Side> {
    PossibleValuesParser::new(["long", "short"])
        .map(|side| if side == "short" { Side::Short } else { Side::Long })
}

impl Init {
    /// Writes the scenario.
    pub fn execute(self) -> anyhow::Result<()> {
        match init_questions::is_asked() {
            true => {
                let flags = init_questions::ask(&mut std::io::stdin().lock(), &mut std::io::stderr())?;
                Alone::try_parse_from(flags)?.init.write()
            }
            false => self.write(),
        }
    }

    fn write(self) -> anyhow::Result<()> {
        if catalogue_text(&self.venue).is_none() {
            return Err(unknown_venue(&self.venue));
        }
        let text = self.text()?;
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

    /// The scenario's text.
    fn text(&self) -> anyhow::Result<String> {
        if self.miner {
            return Ok(MINER.to_owned());
        }
        self.scenario(&catalogue_venue(&self.venue)?.venue)
    }

    fn side(&self) -> Side {
        if self.short { Side::Short } else { self.side }
    }

    fn scenario(&self, terms: &Venue) -> anyhow::Result<String> {
        let side = match self.side() {
            Side::Long => "long",
            Side::Short => "short",
        };
        let is_loan = matches!(terms.liquidation, Liquidation::Repay { .. });
        let (asset, example) = example_of(&self.venue);
        let price = self.price.unwrap_or(example);
        let name = match is_loan {
            true => format!("Loan against {asset}, {}", self.horizon.in_words()),
            false => format!("{asset} perpetual {side}, {}", self.horizon.in_words()),
        };
        let prices = self.prices.as_deref().map(|prices| prices.display().to_string()).unwrap_or_default();
        let model = self.model.table(&prices.replace('\\', "/"), self.volatility)?;
        let account = self.account(terms, price, is_loan);
        let (opened, stop) = (self.opened(), self.policy());
        let (horizon, price, venue) = (format!("\"{}\"", self.horizon), format!("{price:?}"), &self.venue);
        Ok(format!(
            "# A scenario for liqsim. The numbers are round examples, not estimates: put in your own.
name = \"{name}\"

[simulation]
horizon = {horizon:<18} # how long the position is held
paths = 1_000_000            # more paths, smaller errors; or precision = \"1%\" with max_paths = 100_000_000
seed = 1                     # the same seed gives the same result
monitoring = \"continuous\"    # the mark price is watched all the time; or look at an interval, such as \"1h\"

[assets.{asset}]
price = {price:<20} # the price now

# `liqsim models` shows the choice.
[assets.{asset}.model]
{model}
[account]
{account}# `liqsim venues` shows the choice; a file or an inline table do as well.
venue = \"{venue}\"

[[account.positions]]
asset = \"{asset}\"
side = \"{side}\"
{opened}{stop}"
        ))
    }

    /// The keys of the account but its venue.
    fn account(&self, terms: &Venue, price: f64, is_loan: bool) -> String {
        let margin = "margin = \"isolated\"          # the position can lose its own collateral only\n";
        if self.entry.is_some() {
            return margin.to_owned();
        }
        let (amount, unit) = match terms.contract {
            Contract::Inverse => (0.02, "coins"),
            Contract::Linear | Contract::Spot => (1000.0, "quote units"),
        };
        let equity = self.equity.clone().unwrap_or_else(|| format!("{amount:?}"));
        if is_loan && self.leverage.is_none() {
            return format!(
                "equity = {equity:<20}# worth of the coins less the debt, in {unit}\n{margin}# Debt over worth of the coins at the start; \
                 leverage is 1/(1 - ltv).\nltv = [\"30%\", \"40%\", \"50%\", \"60%\"]\n\
                 borrow = {{ rate = \"5%\", compounding = \"continuous\" }}\n"
            );
        }
        let levels = self.levels(|leverage| {
            let level = Level::open(terms, self.side(), price, amount, leverage);
            level.is_ok_and(|level| level.exceeded_cap.is_none())
        });
        let leverage = levels.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        format!("equity = {equity:<20}# collateral put up, in {unit}\n{margin}leverage = [{leverage}]\n")
    }

    /// The keys of a position that is open already.
    fn opened(&self) -> String {
        match (self.entry, self.quantity, self.margin) {
            (Some(entry), Some(quantity), Some(margin)) => {
                let [entry, quantity, margin] = [entry, quantity, margin].map(|number| format!("{number:?}"));
                format!(
                    "entry = {entry:<20} # price at which it was opened\nquantity = {quantity:<17} # its size\n\
                     margin = {margin:<19} # collateral behind it now, without its unrealised profit\n"
                )
            }
            _ => String::new(),
        }
    }

    /// What the owner does.
    fn policy(&self) -> String {
        self.stop.map_or_else(String::new, |distance| {
            format!("\n[policy]\nstop_loss = {{ distance = {distance:?} }}    # of the entry price\n")
        })
    }

    /// The usual leverages in the range, and its ends, as far as they are allowed.
    fn levels(&self, is_allowed: impl Fn(f64) -> bool) -> Vec<f64> {
        let mut levels = match &self.leverage {
            None => {
                return USUAL_LEVERAGES
                    .into_iter()
                    .filter(|&leverage| leverage <= 50.0 && is_allowed(leverage))
                    .collect();
            }
            Some(LevelChoice::List(levels)) => levels.clone(),
            Some(LevelChoice::Range(from, to)) => {
                let between = USUAL_LEVERAGES.into_iter().filter(|leverage| from < leverage && leverage < to);
                std::iter::once(*from).chain(between).chain([*to]).collect()
            }
        };
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
