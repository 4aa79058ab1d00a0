//! The liquidation price: where equity no longer exceeds the maintenance margin.
//!
//! In units of notional N, with collateral c, notional at entry N₀ and σ as in [`Holding`], and with what the venue asks,
//! a + (b + g·N)·N, in one tier (see [`Venue::maintenance`]), the two are equal at
//!
//! ```text
//! N = w/p,   w = c − σ·N₀ − a,  p = b − σ                   where g = 0
//! N = 2w/(p − σ·√(p² + 4·g·w))                              else, the root on the losing side of N₀
//! ```
//!
//! which is, in prices, with tiers on the mark,
//!
//! ```text
//! linear:         S = (c − s·q·P + d)/(q·(m + f) − s·q)
//! inverse long:   S = Q(1 + m + f)/(c + d + Q/P)
//! inverse short:  S = Q(1 − m − f)/(Q/P − c − d),  none where c + d ≥ Q/P
//! ```
//!
//! The tiers are walked from the one of the entry in the losing direction, so the first crossing is found under either
//! tier rule; where the requirement jumps past the equity at a tier edge, the price is that of the edge.
//!
//! Sources: Binance support FAQ b3c689c1f50a44cabb3a84e663b81d93 (USDⓈ-M, isolated and cross) and its COIN-M counterpart;
//! Bybit help centre for the entry basis; OKX and Gate for the close fee inside the requirement.

use thiserror::Error;

use super::{Holding, Venue};

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
    #[error("collateral {collateral} does not exceed the maintenance margin {requirement} at entry")]
    LiquidatedAtEntry {
        /// The collateral.
        collateral: f64,
        /// What the venue asks for at entry, or just beyond it where the requirement jumps there.
        requirement: f64,
    },
}

impl Venue {
    /// The first mark price, moving from the entry against the holder, at which equity is at or below the maintenance
    /// margin.
    ///
    /// # Errors
    /// A number of the holding out of range, or a position that is liquidated at entry.
    pub fn liquidation_price(&self, holding: &Holding) -> Result<LiquidationPrice, MarginError> {
        let entry_notional = holding.checked_notional(self.contract)?;
        let gain = holding.gain_sign(self.contract);
        let follows_the_mark = self.tier_follows_the_mark(holding.side);
        let collateral = holding.collateral;
        let mut index = self.tier_index(self.tier_size_of(holding));
        let mut from = entry_notional;
        loop {
            let requirement = self.requirement(holding, index);
            let found = |notional: Option<f64>| {
                let (rate, deduction) = requirement.quoted(notional.unwrap_or(from));
                let price = notional.and_then(|notional| holding.price_at(self.contract, notional));
                LiquidationPrice { price, rate, deduction }
            };
            let surplus =
                |notional: f64| collateral + gain * (notional - entry_notional) - requirement.at(notional);
            if surplus(from) <= 0.0 {
                if from == entry_notional {
                    let requirement = requirement.at(from);
                    return Err(MarginError::LiquidatedAtEntry { collateral, requirement });
                }
                return Ok(found(Some(from)));
            }
            // The losing direction: down the tiers where the holder gains with notional, else up. The top tier has no
            // end, whatever its edge: a position that outgrew the table is still held.
            let (next, to) = match (follows_the_mark, gain > 0.0) {
                (true, true) => {
                    let below = index.checked_sub(1);
                    (below, below.map_or(0.0, |below| self.tiers[below].up_to))
                }
                (true, false) if index + 1 < self.tiers.len() => (Some(index + 1), self.tiers[index].up_to),
                (_, true) => (None, 0.0),
                (_, false) => (None, f64::INFINITY),
            };
            if to == f64::INFINITY || surplus(to) < 0.0 {
                let excess = collateral - gain * entry_notional - requirement.constant;
                let slope = requirement.rate - gain;
                let crossing = if requirement.growth > 0.0 {
                    let root = (slope * slope + 4.0 * requirement.growth * excess).sqrt();
                    2.0 * excess / (slope - gain * root)
                } else {
                    excess / slope
                };
                return Ok(found(Some(crossing)));
            }
            match next {
                Some(next) => (index, from) = (next, to),
                None => return Ok(found(None)),
            }
        }
    }

    /// The mark price at which equity is zero, closing fees not counted; none where no positive finite price is.
    pub fn bankruptcy_price(&self, holding: &Holding) -> Option<f64> {
        let notional = holding.notional(self.contract, holding.entry)
            - holding.gain_sign(self.contract) * holding.collateral;
        holding.price_at(self.contract, notional)
    }

    /// The liquidation price of one position that shares its collateral (cross margin) while the others stay at their
    /// marks: what they have gained or lost is collateral, what they need is not free.
    ///
    /// # Errors
    /// As [`Venue::liquidation_price`].
    pub fn cross_liquidation_price(
        &self,
        holding: &Holding,
        others: Others,
    ) -> Result<LiquidationPrice, MarginError> {
        let collateral = holding.collateral + others.profit - others.maintenance;
        self.liquidation_price(&Holding { collateral, ..*holding })
    }
}

/// The other positions of a cross margin account, at their marks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Others {
    /// Sum of their maintenance margins, in settlement units.
    pub maintenance: f64,
    /// Sum of their unrealised profits, in settlement units.
    pub profit: f64,
}
