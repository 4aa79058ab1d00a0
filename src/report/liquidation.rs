//! Liquidation prices without a simulation: of one position, or of every level of a scenario.

use serde::Serialize;

use super::{RenderError, json, number};
use crate::result::PositionResult;

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
        /// Of the first position.
        liquidation_price: Option<f64>,
        /// Of the first position.
        bankruptcy_price: Option<f64>,
        /// Each position, while the prices of all other assets stand still.
        positions: Vec<PositionResult>,
    },
}

impl LiquidationPrice {
    /// JSON text, ending with a line break.
    pub fn json(&self) -> Result<String, RenderError> {
        json::render(self)
    }

    /// Text for people: one line per quantity, ending with a line break.
    pub fn table(&self) -> String {
        let [liquidation, bankruptcy, maintenance, deduction] = self.cells();
        format!(
            "liquidation price  {liquidation}\nbankruptcy price   {bankruptcy}\nmaintenance        {maintenance}\n\
             deduction          {deduction}\n"
        )
    }

    fn cells(&self) -> [String; 4] {
        [
            number::price(self.liquidation_price),
            number::price(self.bankruptcy_price),
            number::rate(self.maintenance),
            number::plain(self.deduction),
        ]
    }
}

impl ScenarioLiquidationPrices {
    /// Text for people: one row per leverage, ending with a line break.
    pub fn table(&self) -> String {
        let mut head = vec!["Leverage", "Liquidation price", "Bankruptcy price", "Maintenance", "Deduction"];
        let mut rows = Vec::new();
        for level in &self.levels {
            match level {
                LeverageLiquidationPrice::One { leverage, price } => {
                    rows.push(std::iter::once(number::leverage(*leverage)).chain(price.cells()).collect());
                }
                LeverageLiquidationPrice::Several { leverage, positions, .. } => {
                    head = vec![
                        "Leverage",
                        "Position",
                        "Notional/equity",
                        "Liquidation price",
                        "Bankruptcy price",
                    ];
                    rows.extend(positions.iter().map(|position| {
                        vec![
                            number::leverage(*leverage),
                            format!("{} {}", position.asset, position.side),
                            number::leverage(position.leverage),
                            number::price(position.liquidation_price),
                            number::price(position.bankruptcy_price),
                        ]
                    }));
                }
            }
        }
        let head = head.into_iter().map(str::to_owned).collect();
        format!("{}\n{}", self.scenario, super::table::grid(head, rows.into_iter()))
    }
}

/// JSON text of the prices of one scenario (an object) or several (an array), ending with a line break.
pub fn render_json(scenarios: &[ScenarioLiquidationPrices]) -> Result<String, RenderError> {
    match scenarios {
        [scenario] => json::render(scenario),
        _ => json::render(scenarios),
    }
}
