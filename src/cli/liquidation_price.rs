//! `liquidation-price`: where positions are liquidated, without a simulation.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::engine::Plan;
use crate::report::{
    LeverageLiquidationPrice, LiquidationPrice, ScenarioLiquidationPrices, render_liquidation_json,
};
use crate::result::PositionResult;
use crate::scenario::Scenario;

use super::output::print;
use super::position::PositionFlags;
use super::sources::load_all;
use super::values::ShortFormat;

/// Liquidation and bankruptcy price of a position, or of every level of a scenario
///
/// With several positions each has the prices at which it would be liquidated if its own asset alone moved.
///
/// For a linear contract the quantity is in base units, collateral and deduction in quote units; for an inverse one the
/// quantity is in quote units, collateral and deduction in coin. Fees paid at entry are taken from the collateral of a
/// scenario, not from the one given here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liqsim liquidation-price liqsim.toml
  liqsim liquidation-price --contract linear --side long --entry 64000 --quantity 1 \\
      --collateral 6400 --maintenance 0.5%
  liqsim liquidation-price --venue binance-usdm-btcusdt --side short --entry 64000 \\
      --quantity 2 --leverage 20")]
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
    #[arg(long, value_enum, default_value = "table")]
    format: ShortFormat,
}

impl LiquidationPriceOf {
    /// Prints the prices.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.files.is_empty() {
            let price = self.position.request()?.solve()?;
            return print(&match self.format {
                ShortFormat::Table => price.table(),
                ShortFormat::Json => price.json()?,
            });
        }
        let scenarios = load_all(&self.files, &self.overrides)?;
        let prices = scenarios.iter().map(prices_of).collect::<anyhow::Result<Vec<_>>>()?;
        print(&match self.format {
            ShortFormat::Table => {
                prices.iter().map(ScenarioLiquidationPrices::table).collect::<Vec<_>>().join("\n")
            }
            ShortFormat::Json => render_liquidation_json(&prices)?,
        })
    }
}

/// The prices at every leverage of a scenario.
fn prices_of(scenario: &Scenario) -> anyhow::Result<ScenarioLiquidationPrices> {
    let plan = Plan::new(scenario).with_context(|| format!("scenario \"{}\"", scenario.name))?;
    let several = plan.terms.iter().filter(|level| !level.positions.is_empty()).map(|level| {
        LeverageLiquidationPrice::Several {
            leverage: level.leverage,
            liquidation_price: level.liquidation_price,
            bankruptcy_price: level.bankruptcy_price,
            positions: level.positions.iter().map(PositionResult::new).collect(),
        }
    });
    let one = plan.account.levels.iter().map(|level| LeverageLiquidationPrice::One {
        leverage: level.leverage,
        price: LiquidationPrice {
            liquidation_price: level.liquidation.price,
            bankruptcy_price: level.bankruptcy_price,
            maintenance: level.liquidation.rate,
            deduction: level.liquidation.deduction,
        },
    });
    Ok(ScenarioLiquidationPrices { scenario: scenario.name.clone(), levels: one.chain(several).collect() })
}
