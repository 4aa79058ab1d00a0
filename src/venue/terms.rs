//! The terms of a venue that decide when a position is liquidated and what that costs.

use serde::Serialize;

/// Direction of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// What a contract settles in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contract {
    /// Settled in the quote currency: profit is q·(S − S₀).
    Linear,
    /// Settled in the coin: profit is Q·(1/S₀ − 1/S) coins for a quote size Q.
    Inverse,
}

/// The notional that the maintenance rate applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceBasis {
    /// Notional at the mark price of the moment (most venues).
    Mark,
    /// Notional at entry (Bybit's published form).
    Entry,
}

/// How tiers apply to a position that spans several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierRule {
    /// Each tier's rate applies to its own slice (deductions make the requirement continuous).
    Marginal,
    /// The rate of the position's tier applies to the whole notional.
    Whole,
}

/// One band of notional with its maintenance rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginTier {
    /// Upper edge of the band (notional in settlement units); infinite for an open top.
    pub up_to: f64,
    /// Maintenance margin rate.
    pub rate: f64,
    /// Maintenance amount subtracted from notional·rate.
    pub deduction: f64,
    /// Highest leverage allowed in the band at entry.
    pub max_leverage: f64,
}

/// What happens to the collateral at liquidation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Liquidation {
    /// The collateral is gone: the return is −1.
    Forfeit,
    /// A fee on the notional is charged, the rest of the equity is returned.
    Fee {
        /// Fee as a fraction of the notional at the liquidation fill.
        rate: f64,
    },
}

/// A venue's terms for one contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Venue {
    /// Catalogue name, file name or `"inline"`.
    pub name: String,
    /// What the contract settles in.
    pub contract: Contract,
    /// Margin tiers by rising notional; never empty, the last one may be capped.
    pub tiers: Vec<MarginTier>,
    /// How tiers apply.
    pub rule: TierRule,
    /// What the maintenance rate applies to.
    pub maintenance_basis: MaintenanceBasis,
    /// Closing fee included in the maintenance requirement, as a rate (OKX, Gate); 0 for most venues.
    pub close_fee: f64,
    /// Taker fee as a fraction of notional, paid at entry and at exit.
    pub taker_fee: f64,
    /// What happens to the collateral at liquidation.
    pub liquidation: Liquidation,
}
