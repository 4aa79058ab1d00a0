//! Liquidation prices without a simulation: of one position, or of every level of a scenario.

use serde::Serialize;

use super::{RenderError, json, number};

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

/// Where the position of a scenario is liquidated, at every leverage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioLiquidationPrices {
    /// Name of the scenario.
    pub scenario: String,
    /// One entry per leverage, ascending.
    pub levels: Vec<LeverageLiquidationPrice>,
}

/// Where a position is liquidated at one leverage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeverageLiquidationPrice {
    /// Notional over equity at entry.
    pub leverage: f64,
    /// The prices.
    #[serde(flatten)]
    pub price: LiquidationPrice,
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
        let head = ["Leverage", "Liquidation price", "Bankruptcy price", "Maintenance", "Deduction"];
        let rows = self.levels.iter().map(|level| {
            let [liquidation, bankruptcy, maintenance, deduction] = level.price.cells();
            vec![number::leverage(level.leverage), liquidation, bankruptcy, maintenance, deduction]
        });
        format!("{}\n{}", self.scenario, super::table::grid(head.map(str::to_owned).to_vec(), rows))
    }
}

/// JSON text of the prices of one scenario (an object) or several (an array), ending with a line break.
pub fn render_json(scenarios: &[ScenarioLiquidationPrices]) -> Result<String, RenderError> {
    match scenarios {
        [scenario] => json::render(scenario),
        _ => json::render(scenarios),
    }
}
