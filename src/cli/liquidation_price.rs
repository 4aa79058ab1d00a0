//! `liquidation-price`: where positions are liquidated, without a simulation.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use liqsim::report::{Format, render_liquidation_json};
use liqsim::study::{LiquidationPricesError, ScenarioLiquidationPrices, liquidation_prices};

use super::failure::error_with_help;
use super::output::print;
use super::position::PositionFlags;
use super::sources::load_all;
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json];

/// Liquidation and bankruptcy price of a position, or of every level of a scenario
///
/// With several positions each has the prices at which it would be liquidated if its own asset alone moved. Of a miner it is the price at
/// which the lender sells the coins that are pledged at the start.
///
/// For a linear contract the quantity is in base units, collateral and deduction in quote units; for an inverse one the
/// quantity is in quote units, collateral and deduction in coin. For a position that is open already, --margin is the collateral
/// behind it now; the price is that of a scenario with the same entry, quantity and margin. A position that a scenario opens by its
/// leverage pays its entry fee out of the collateral first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liqsim liquidation-price liqsim.toml
  liqsim liquidation-price --contract linear --side long --entry 64000 --quantity 1 \\
      --collateral 6400 --maintenance 0.5%
  liqsim liquidation-price --venue binance-usdm-btcusdt --side short --entry 64000 \\
      --quantity 2 --leverage 20
  liqsim liquidation-price --venue binance-usdm-btcusdt --long --entry 61000 --quantity 0.5 --margin 5000")]
pub struct LiquidationPriceOf {
    /// Scenario files, in place of the flags below; "-" is standard input
    #[arg(value_name = "FILE", conflicts_with = "PositionFlags")]
    files: Vec<PathBuf>,

    /// Override a key of the scenario; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "PositionFlags")]
    overrides: Vec<String>,

    #[command(flatten)]
    position: PositionFlags,

    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,
}

impl LiquidationPriceOf {
    /// Prints the prices.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.files.is_empty() {
            let price = self.position.request()?.solve()?;
            return print(&match self.format {
                Format::Table => price.table(),
                _ => price.json()?,
            });
        }
        let scenarios = load_all(&self.files, &self.overrides)?;
        let prices = scenarios
            .iter()
            .map(|scenario| {
                let prices = liquidation_prices(scenario).map_err(|error| match error {
                    LiquidationPricesError::Miner => error_with_help(
                        error,
                        "`liqsim run FILE --format json` says how likely that is, and the price that breaks even: start.break_even_price_with_debt",
                    ),
                    LiquidationPricesError::Plan(_) => error.into(),
                });
                prices.with_context(|| format!("scenario \"{}\"", scenario.name))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        print(&match self.format {
            Format::Table => {
                prices.iter().map(ScenarioLiquidationPrices::table).collect::<Vec<_>>().join("\n")
            }
            _ => render_liquidation_json(&prices)?,
        })
    }
}
