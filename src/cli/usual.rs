//! Flags for what everybody changes in a scenario: short names for its keys.

use clap::Args;

use liqsim::market::Duration;
use liqsim::scenario::{Source, Usual, UsualError};
use liqsim::venue::Side;

use super::failure::error_with_help;
use super::values;

/// Where they stand in the help.
const HEADING: &str = "What to change in the scenario";

/// Short names of keys, for a scenario of one position; any other key is set with --set.
#[derive(Debug, Clone, Default, Args)]
pub struct UsualFlags {
    /// Leverage, or several with commas
    #[arg(help_heading = HEADING, long, value_name = "L", value_delimiter = ',', value_parser = values::positive)]
    #[arg(conflicts_with = "ltv")]
    leverage: Vec<f64>,

    /// For a loan: loan to value at the start, in place of leverage, such as 60%; several with commas
    #[arg(help_heading = HEADING, long, value_name = "RATIO", value_delimiter = ',', value_parser = values::ratio)]
    ltv: Vec<f64>,

    /// How long the position is held: 36h, 14d, 2w, 6mo, 1y
    #[arg(help_heading = HEADING, long, visible_alias = "for", value_name = "DURATION")]
    horizon: Option<Duration>,

    /// A venue of the catalogue (see `liqsim venues`), or a venue file (.toml; its path starts from the
    /// scenario's folder)
    #[arg(help_heading = HEADING, long, value_name = "NAME")]
    venue: Option<String>,

    /// A long position
    #[arg(help_heading = HEADING, long, conflicts_with = "short")]
    long: bool,

    /// A short position
    #[arg(help_heading = HEADING, long)]
    short: bool,

    /// Stop loss at this distance from the entry price, such as 6%
    #[arg(help_heading = HEADING, long, value_name = "DISTANCE", value_parser = values::positive_ratio)]
    stop: Option<f64>,

    /// Volatility per square root of a year, such as 80%; that between jumps where the model has them
    #[arg(help_heading = HEADING, long, value_name = "V", value_parser = values::volatility)]
    volatility: Option<f64>,

    /// Price now
    #[arg(help_heading = HEADING, long, value_name = "P", value_parser = values::positive)]
    price: Option<f64>,

    /// Collateral put up: 5000, or coins such as "0.5 BTC"
    #[arg(help_heading = HEADING, long, value_name = "AMOUNT", value_parser = values::equity)]
    equity: Option<String>,

    /// Price at which the position was opened, if it is open already
    #[arg(help_heading = HEADING, long, value_name = "P", value_parser = values::positive)]
    entry: Option<f64>,

    /// Its size, if it is open already: coins, or quote units of an inverse contract
    #[arg(help_heading = HEADING, long, value_name = "Q", value_parser = values::positive)]
    quantity: Option<f64>,

    /// The collateral behind it now, without its unrealised profit
    #[arg(help_heading = HEADING, long, value_name = "C", value_parser = values::positive)]
    #[arg(conflicts_with = "equity")]
    margin: Option<f64>,

    /// A second interval that counts in the errors of the fitted parameters; the model needs a table of them, as
    /// `liqsim calibrate -o` writes it
    #[arg(help_heading = HEADING, long)]
    parameter_errors: bool,
}

impl UsualFlags {
    /// The options of `--set` that they stand for in a scenario.
    pub fn overrides(&self, source: &Source) -> anyhow::Result<Vec<String>> {
        self.usual().overrides(source).map_err(|error| {
            let help = match &error {
                UsualError::Positions { key, .. } => {
                    format!("name the position: --set account.positions.0.{key}=VALUE")
                }
                UsualError::Miner { .. } => {
                    "a miner has --leverage (assets over equity), --equity, --horizon, --price and --volatility".to_owned()
                }
                UsualError::Assets { key: "volatility", .. } => {
                    "name the asset: --set assets.NAME.model.volatility=VALUE".to_owned()
                }
                UsualError::Assets { key, .. } => format!("name the asset: --set assets.NAME.{key}=VALUE"),
                UsualError::NoVolatility { asset, .. } => format!(
                    "change its own keys (`liqsim models`), or take a random walk: \
                     --set 'assets.{asset}.model={{ kind = \"gbm\", drift = 0, volatility = \"80%\" }}'"
                ),
                UsualError::Venues => "name the position: --set account.positions.0.venue=NAME".to_owned(),
            };
            error_with_help(format_args!("{}: {error}", source.name()), help)
        })
    }

    fn usual(&self) -> Usual {
        let side = match (self.long, self.short) {
            (true, _) => Some(Side::Long),
            (_, true) => Some(Side::Short),
            _ => None,
        };
        Usual {
            leverage: self.leverage.clone(),
            ltv: self.ltv.clone(),
            horizon: self.horizon,
            venue: self.venue.clone(),
            side,
            stop: self.stop,
            volatility: self.volatility,
            price: self.price,
            equity: self.equity.clone(),
            entry: self.entry,
            quantity: self.quantity,
            margin: self.margin,
            parameter_errors: self.parameter_errors,
        }
    }
}
