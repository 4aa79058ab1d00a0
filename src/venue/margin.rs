//! What is said of a liquidation price, and why there may be none.

use thiserror::Error;

use crate::numeric::plain_number;

/// Where a position is liquidated, and the tier that decided it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiquidationPrice {
    /// The mark price; none where no positive finite price liquidates.
    pub price: Option<f64>,
    /// Maintenance rate of the tier; where there is no price, of the last tier looked at.
    pub rate: f64,
    /// Deduction of the same tier, in settlement units.
    pub deduction: f64,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum MarginError {
    /// The entry price is not a positive number.
    #[error("entry price {0} must be positive and finite")]
    Entry(f64),
    /// The quantity is not a positive number.
    #[error("quantity {0} must be positive and finite")]
    Quantity(f64),
    /// Entry price and quantity are fine but their notional is beyond the range of numbers.
    #[error("notional {0} must be positive and finite")]
    Notional(f64),
    /// The collateral is not a number.
    #[error("collateral {0} must be finite")]
    Collateral(f64),
    /// The position is liquidated the moment it is opened.
    #[error(
        "collateral {} does not exceed the maintenance margin {} at entry",
        plain_number(*.collateral),
        plain_number(*.requirement)
    )]
    LiquidatedAtEntry {
        /// The collateral.
        collateral: f64,
        /// What the venue asks for at entry, or just beyond it where the requirement jumps there.
        requirement: f64,
    },
}

/// The other positions of a cross margin account, at their marks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Others {
    /// Sum of their maintenance margins, in settlement units.
    pub maintenance: f64,
    /// Sum of their unrealised profits, in settlement units.
    pub profit: f64,
}
