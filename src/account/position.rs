//! One leverage of one isolated linear position, ready for the simulation.
//!
//! With equity E put up, leverage L, entry price P, side s = ±1 and taker fee φ, the quantity is q = L·E/P, the entry fee
//! leaves a wallet of W = E − φ·q·P, and at a mark price S = r·P
//!
//! ```text
//! equity                    W + s·q·(S − P)
//! return if closed there    (W + s·q·(S − P) − φ·q·S)/E − 1  =  constant + slope·r − 1,  never below −1
//!                           constant = 1 − L·(φ + s),  slope = L·(s − φ)
//! ```
//!
//! The floor is what isolated margin means: a loss beyond the collateral is the venue's bad debt.

use thiserror::Error;

use crate::venue::{Contract, Holding, Liquidation, LiquidationPrice, MarginError, Side, Venue};

/// One leverage of one isolated linear position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Notional over equity at entry.
    pub leverage: f64,
    /// Collateral put up, in quote units; every fraction below is of this.
    pub equity: f64,
    /// The position: its collateral is the equity less the entry fee.
    pub holding: Holding,
    /// Where it is liquidated, and the maintenance terms that decide it.
    pub liquidation: LiquidationPrice,
    /// Mark price at which equity is zero, closing fees not counted; none if it cannot be reached.
    pub bankruptcy_price: Option<f64>,
    /// Equity after an ordinary close is `closing_constant + closing_slope·(price/entry)`, as a fraction of the equity
    /// put up and before the floor at 0.
    pub closing_constant: f64,
    /// See [`Level::closing_constant`].
    pub closing_slope: f64,
    terms: Liquidation,
}

/// What a liquidation leaves, as fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiquidationFill {
    /// Returned to the owner.
    pub recovered: f64,
    /// Loss beyond the collateral.
    pub bad_debt: f64,
}

/// Why a level cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum LevelError {
    /// The contract settles in the coin.
    #[error("a level needs a contract that settles in the quote currency (linear)")]
    NotLinear,
    /// Equity is not a positive number.
    #[error("equity {0} must be positive and finite")]
    Equity(f64),
    /// Leverage is not a positive number.
    #[error("leverage {0} must be positive and finite")]
    Leverage(f64),
    /// The position is larger than the venue's table of tiers.
    #[error("notional {notional} is above {largest}, the top of the venue's margin tiers")]
    AboveTopTier {
        /// Notional at entry.
        notional: f64,
        /// Upper edge of the top tier.
        largest: f64,
    },
    /// The venue allows less leverage at this size.
    #[error("leverage {leverage} is above {max_leverage}, the venue's cap for a notional of {notional}")]
    AboveCap {
        /// The leverage asked for.
        leverage: f64,
        /// The cap.
        max_leverage: f64,
        /// Notional at entry.
        notional: f64,
    },
    /// Liquidated at entry, or a number out of range.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

impl Level {
    /// Opens a position of `leverage·equity` notional at the entry price and pays the taker fee from the equity.
    ///
    /// # Errors
    /// A number out of range, a size or leverage the venue does not allow, or liquidation at entry.
    pub fn open(
        venue: &Venue,
        side: Side,
        entry: f64,
        equity: f64,
        leverage: f64,
    ) -> Result<Self, LevelError> {
        if venue.contract != Contract::Linear {
            return Err(LevelError::NotLinear);
        }
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(equity) {
            return Err(LevelError::Equity(equity));
        }
        if !positive(leverage) {
            return Err(LevelError::Leverage(leverage));
        }
        let notional = leverage * equity;
        let Some(max_leverage) = venue.max_leverage(notional) else {
            return Err(LevelError::AboveTopTier { notional, largest: venue.largest_notional() });
        };
        if leverage > max_leverage {
            return Err(LevelError::AboveCap { leverage, max_leverage, notional });
        }
        let collateral = equity - venue.taker_fee * notional;
        let holding = Holding { side, entry, quantity: notional / entry, collateral };
        let liquidation = venue.liquidation_price(&holding)?;
        let sign = sign(side);
        Ok(Self {
            leverage,
            equity,
            holding,
            liquidation,
            bankruptcy_price: venue.bankruptcy_price(&holding),
            closing_constant: 1.0 - leverage * (venue.taker_fee + sign),
            closing_slope: leverage * (sign - venue.taker_fee),
            terms: venue.liquidation,
        })
    }

    /// Wallet plus unrealised profit at a mark price, in quote units; negative beyond bankruptcy.
    pub fn equity_at(&self, price: f64) -> f64 {
        self.holding.equity_at(Contract::Linear, price)
    }

    /// Return on the equity put up if the position is closed at this price and the taker fee paid; at least −1.
    pub fn return_at(&self, price: f64) -> f64 {
        (self.closing_constant + self.closing_slope * (price / self.holding.entry)).max(0.0) - 1.0
    }

    /// What is left when the position is liquidated at this price (beyond the liquidation price after a gap).
    pub fn liquidate_at(&self, price: f64) -> LiquidationFill {
        let equity = self.equity_at(price);
        let recovered = match self.terms {
            Liquidation::Forfeit => 0.0,
            Liquidation::Fee { rate } => (equity - rate * self.holding.quantity * price).max(0.0),
        };
        LiquidationFill { recovered: recovered / self.equity, bad_debt: (-equity).max(0.0) / self.equity }
    }

    /// Liquidation price as a log return from the entry: negative for a long; none if it cannot be reached.
    pub fn log_barrier(&self) -> Option<f64> {
        self.liquidation.price.map(|price| (price / self.holding.entry).ln())
    }
}

/// +1 for a long, −1 for a short.
fn sign(side: Side) -> f64 {
    match side {
        Side::Long => 1.0,
        Side::Short => -1.0,
    }
}
