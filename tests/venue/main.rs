//! Margin tiers and liquidation prices.

mod margin_formulas;
mod margin_properties;
mod margin_vectors;
