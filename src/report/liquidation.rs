//! Liquidation prices without a simulation: of one position, or of every level of a scenario.

use super::table::Table;
use super::{RenderError, json, number};
use crate::study::{LeverageLiquidationPrice, LiquidationPrice, ScenarioLiquidationPrices};

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
                LeverageLiquidationPrice::Miner { leverage, liquidation_price, loan_to_value } => {
                    head = vec!["Leverage", "Debt on the coins / their price", "The lender sells them at"];
                    rows.push(vec![
                        number::leverage(*leverage),
                        loan_to_value.map_or(number::NOTHING.to_owned(), |debt| number::percent(debt, None)),
                        number::price(*liquidation_price),
                    ]);
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
        format!("{}\n{}", self.scenario, Table::of_texts(head, rows).terminal())
    }
}

/// JSON text of the prices of one scenario (an object) or several (an array), ending with a line break.
pub fn render_json(scenarios: &[ScenarioLiquidationPrices]) -> Result<String, RenderError> {
    match scenarios {
        [scenario] => json::render(scenario),
        _ => json::render(scenarios),
    }
}
