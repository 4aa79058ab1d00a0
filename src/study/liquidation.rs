//! Liquidation prices without a simulation.

use serde::Serialize;

use crate::engine::{Plan, PlanError};
use crate::result::PositionResult;
use crate::scenario::Scenario;

/// Where one position is liquidated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LiquidationPrice {
    /// Mark price at which equity equals the maintenance margin; none if it cannot be reached.
    pub liquidation_price: Option<f64>,
    /// Mark price at which equity is zero; none if it cannot be reached.
    pub bankruptcy_price: Option<f64>,
    /// Maintenance rate of the tier that decides.
    pub maintenance: f64,
    /// Deduction of the tier that decides, in settlement units.
    pub deduction: f64,
}

/// Where the account of a scenario is liquidated, at every leverage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioLiquidationPrices {
    /// Name of the scenario.
    pub scenario: String,
    /// One entry per leverage, ascending.
    pub levels: Vec<LeverageLiquidationPrice>,
}

/// Where an account is liquidated at one leverage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LeverageLiquidationPrice {
    /// An account of one position.
    One {
        /// Notional over equity at entry.
        leverage: f64,
        /// The prices.
        #[serde(flatten)]
        price: LiquidationPrice,
    },
    /// An account of several.
    Several {
        /// Leverage of the level.
        leverage: f64,
        /// The nearest of all positions, all other prices standing still.
        liquidation_price: Option<f64>,
        /// The nearest of all positions, all other prices standing still.
        bankruptcy_price: Option<f64>,
        /// Each position, while the prices of all other assets stand still.
        positions: Vec<PositionResult>,
    },
}

/// The prices at every leverage of a scenario.
///
/// # Errors
/// The scenario cannot be simulated.
pub fn liquidation_prices(scenario: &Scenario) -> Result<ScenarioLiquidationPrices, PlanError> {
    let plan = Plan::new(scenario)?;
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
