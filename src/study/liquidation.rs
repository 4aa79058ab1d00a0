//! Liquidation prices without a simulation.

use serde::Serialize;

use crate::account::miner::{MinerLevel, OpenMiner};
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
    /// A miner: the price at which the coins pledged at the start are sold.
    Miner {
        /// Assets over equity.
        leverage: f64,
        /// None without a loan on coins at this leverage.
        liquidation_price: Option<f64>,
        /// Debt on the coins over their price.
        loan_to_value: Option<f64>,
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

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
pub enum LiquidationPricesError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No price ends a miner.
    #[error(
        "a miner without a loan on coins has no liquidation price: it ends when a bill or an instalment cannot be paid"
    )]
    Miner,
}

/// The prices at every leverage of a scenario.
///
/// # Errors
/// See [`LiquidationPricesError`].
pub fn liquidation_prices(scenario: &Scenario) -> Result<ScenarioLiquidationPrices, LiquidationPricesError> {
    let plan = Plan::new(scenario)?;
    if let Some(miner) = &plan.account.miner {
        let levels = of_miner(miner).ok_or(LiquidationPricesError::Miner)?;
        return Ok(ScenarioLiquidationPrices { scenario: scenario.name.clone(), levels });
    }
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

/// Where the coins pledged at the start are sold, at every leverage; none without a loan on coins.
fn of_miner(opened: &OpenMiner) -> Option<Vec<LeverageLiquidationPrice>> {
    opened.miner.coin_loan.as_ref()?;
    let level = |level: &MinerLevel| {
        let held = &level.treasury;
        LeverageLiquidationPrice::Miner {
            leverage: level.leverage,
            liquidation_price: opened.liquidation_price(level),
            loan_to_value: (held.owed > 0.0).then(|| held.owed / (held.pledged * opened.price)),
        }
    };
    Some(opened.levels.iter().map(level).collect())
}
