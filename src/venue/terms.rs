//! The terms of a venue that decide when a position is liquidated and what that costs.

use serde::Serialize;

use crate::market::Duration;

/// Direction of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// What a contract settles in, and so what collateral, fees and returns are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contract {
    /// Settled in the quote currency: profit is q·(S − S₀).
    Linear,
    /// Settled in the coin: profit is Q·(1/S₀ − 1/S) coins for a quote size Q.
    Inverse,
    /// No contract but the coin itself, bought with borrowed quote currency (long) or borrowed and sold (short); profit
    /// as for a linear contract. Liquidated at a margin level, assets over debt.
    Spot,
}

impl Contract {
    /// Value of a quantity (base units; quote units of an inverse contract) at a price, in what the contract settles in.
    pub fn notional(self, quantity: f64, price: f64) -> f64 {
        match self {
            Self::Linear | Self::Spot => quantity * price,
            Self::Inverse => quantity / price,
        }
    }

    /// The quantity that has this notional at a price: the inverse of [`Contract::notional`].
    pub fn quantity(self, notional: f64, price: f64) -> f64 {
        match self {
            Self::Linear | Self::Spot => notional / price,
            Self::Inverse => notional * price,
        }
    }

    /// +1 where the holder gains as the notional (in settlement units) grows, else −1.
    pub fn gain_sign(self, side: Side) -> f64 {
        match (self, side) {
            (Self::Linear | Self::Spot, Side::Long) | (Self::Inverse, Side::Short) => 1.0,
            (Self::Linear | Self::Spot, Side::Short) | (Self::Inverse, Side::Long) => -1.0,
        }
    }

    /// What the notional is proportional to at a ratio of prices: the ratio, or one over it; its own inverse.
    #[inline]
    pub fn x(self, ratio: f64) -> f64 {
        match self {
            Self::Linear | Self::Spot => ratio,
            Self::Inverse => 1.0 / ratio,
        }
    }

    /// ln x over the logarithm of the ratio of prices: 1, or −1 for an inverse contract.
    #[inline]
    pub fn power(self) -> f64 {
        match self {
            Self::Linear | Self::Spot => 1.0,
            Self::Inverse => -1.0,
        }
    }
}

impl Side {
    /// +1 for a long, −1 for a short.
    #[inline]
    pub fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }
}

/// The price at which a venue counts the closing fee that it adds to the requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeePrice {
    /// That of the maintenance margin (OKX, Gate).
    #[default]
    Basis,
    /// The price at which nothing is left of the collateral (Bybit).
    Bankruptcy,
}

/// The notional that the maintenance rate applies to. On spot margin it is always the debt.
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

/// The size of a position that decides its tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierSize {
    /// Notional in settlement units at the mark price: a position changes tier as the price moves.
    #[default]
    Notional,
    /// Quantity (base units of a linear contract, quote units of an inverse one): the tier stays that of the entry.
    Quantity,
}

/// One band of notional with its maintenance rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginTier {
    /// Upper edge of the band (notional in settlement units, or quantity: [`TierSize`]); infinite for an open top.
    pub up_to: f64,
    /// Maintenance margin rate; on spot margin the margin level of liquidation less 1.
    pub rate: f64,
    /// Maintenance amount subtracted from size·rate.
    pub deduction: f64,
    /// Highest leverage allowed in the band at entry.
    pub max_leverage: f64,
}

/// What happens at liquidation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Liquidation {
    /// The collateral is gone: the return is −1.
    Forfeit,
    /// The position is closed in the market and what is left of the collateral is returned.
    Close {
        /// Fee as a fraction of the notional at the mark price of the liquidation.
        fee: f64,
        /// How much worse than the mark price the fill is, as a fraction of the price.
        #[serde(skip_serializing_if = "is_zero")]
        slippage: f64,
        /// Whether only so much is closed as the margin needs; none for all at once.
        #[serde(skip_serializing_if = "Option::is_none")]
        partial: Option<PartialClose>,
    },
    /// A lender sells collateral for what is owed: of each unit of debt that is repaid it keeps a penalty.
    Repay {
        /// Penalty as a fraction of the debt repaid.
        penalty: f64,
        /// Share of the debt that one liquidation repays; repeated until the margin holds.
        close_factor: f64,
        /// Health factor below which all of the debt is repaid at once; 0 for never.
        close_all_below: f64,
        /// Whether the penalty is the bonus of whoever repays: a pool's lenders then lose what the collateral does not pay for,
        /// bonus included. Otherwise the penalty is the lender's own, and comes last.
        #[serde(skip_serializing_if = "is_default")]
        bonus: bool,
    },
}

/// The steps of a partial liquidation; each is repeated until the margin holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialClose {
    /// Down by so many tiers, to the upper edge of the one reached; where there are no more below, everything is closed.
    Tiers(usize),
    /// This fraction of what is still open.
    Fraction(f64),
    /// This fraction first, where the position is larger than a notional (settlement units); if that is not enough, all.
    First {
        /// The fraction.
        fraction: f64,
        /// Smaller positions are closed at once.
        above: f64,
    },
}

/// A rate that rises with the size of the position: `base + per_unit·size`, size in coins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GrowingRate {
    /// Rate of a small position.
    pub base: f64,
    /// What each coin of size adds.
    pub per_unit: f64,
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
    /// What the edges of the tiers are compared with.
    #[serde(skip_serializing_if = "is_default")]
    pub tier_size: TierSize,
    /// Added to the maintenance rate per coin of size (Deribit); 0 for most venues.
    #[serde(skip_serializing_if = "is_zero")]
    pub maintenance_per_unit: f64,
    /// Initial margin rate where it rises with the size (Deribit): it caps the leverage, besides the tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<GrowingRate>,
    /// What the maintenance rate applies to.
    pub maintenance_basis: MaintenanceBasis,
    /// Closing fee included in the maintenance requirement, as a rate (OKX, Gate); 0 for most venues.
    pub close_fee: f64,
    /// The price that the closing fee in the requirement is counted at.
    #[serde(skip_serializing_if = "is_default")]
    pub close_fee_price: FeePrice,
    /// Taker fee as a fraction of notional, paid at entry and at exit.
    pub taker_fee: f64,
    /// What happens at liquidation.
    pub liquidation: Liquidation,
    /// Margin level (assets over debt) at which a spot margin account is called, above that of liquidation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_level: Option<f64>,
    /// Time that a lender gives after a call: an account that is not above the call level by then is liquidated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace: Option<Duration>,
    /// What is taken off the price of coins that are collateral of a linear contract, as a fraction; none where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub haircut: Option<f64>,
    /// What could not be confirmed about the terms: text for people, no part of what determines a result.
    #[serde(skip)]
    pub unconfirmed: Option<String>,
}

impl Venue {
    /// A venue that has tiers and nothing else: marginal, on the mark price, no fees, the collateral forfeited.
    pub fn new(contract: Contract, tiers: Vec<MarginTier>) -> Self {
        Self {
            name: "inline".to_owned(),
            contract,
            tiers,
            rule: TierRule::Marginal,
            tier_size: TierSize::Notional,
            maintenance_per_unit: 0.0,
            initial: None,
            maintenance_basis: MaintenanceBasis::Mark,
            close_fee: 0.0,
            close_fee_price: FeePrice::Basis,
            taker_fee: 0.0,
            liquidation: Liquidation::Forfeit,
            call_level: None,
            grace: None,
            haircut: None,
            unconfirmed: None,
        }
    }
}

impl Venue {
    /// Whether an account here can go on after the venue has acted, or waits for it to act: such accounts are followed
    /// step by step.
    pub fn acts_in_steps(&self) -> bool {
        self.grace.is_some() || self.liquidation.is_in_parts()
    }
}

impl Liquidation {
    /// Whether it can leave a part of the position open.
    pub fn is_in_parts(&self) -> bool {
        match *self {
            Self::Forfeit => false,
            Self::Close { partial, .. } => partial.is_some(),
            Self::Repay { close_factor, .. } => close_factor < 1.0,
        }
    }
}

// Terms that most venues do not have are left out of what is written, so that a new kind of term leaves the identity of
// every other scenario as it was.

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
