//! The liquidation price: where equity no longer exceeds the maintenance margin.
//!
//! Everything is solved in units of notional N, which makes both contracts one problem. With collateral c, notional at
//! entry N₀, rate m, deduction d and close fee f,
//!
//! ```text
//! linear:   N = q·S (quote),  inverse: N = Q/S (coin)
//! equity      = c + σ·(N − N₀)      σ = +1 where the holder gains as N grows (linear long, inverse short), else −1
//! requirement = N·(m + f) − d       with the tier of N itself (basis "mark")
//!             = N₀·(m + f) − d      with the tier of N₀         (basis "entry")
//! ```
//!
//! Setting them equal in one tier gives N = (c − σ·N₀ + d)/(m + f − σ), which is, in prices,
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
//! Sources: Binance support FAQ b3c689c1f50a44cabb3a84e663b81d93 (USDⓈ-M) and its COIN-M counterpart; Bybit help centre
//! for the entry basis; OKX and Gate for the close fee inside the requirement.

use thiserror::Error;

use super::{Contract, MaintenanceBasis, MarginTier, Side, Venue};

/// A position with its own collateral (isolated margin).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holding {
    /// Direction.
    pub side: Side,
    /// Entry price.
    pub entry: f64,
    /// Size: base units for a linear contract, quote units for an inverse one.
    pub quantity: f64,
    /// Collateral after any entry fee: quote units for a linear contract, coin for an inverse one.
    pub collateral: f64,
}

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
        let entry_tier = self.tier_index(entry_notional);
        let found = |tier: &MarginTier, notional: Option<f64>| LiquidationPrice {
            price: notional.and_then(|notional| holding.price_at(self.contract, notional)),
            rate: tier.rate,
            deduction: tier.deduction,
        };
        let collateral = holding.collateral;
        if self.maintenance_basis == MaintenanceBasis::Entry {
            let tier = &self.tiers[entry_tier];
            let requirement = self.required(tier, entry_notional);
            if collateral <= requirement {
                return Err(MarginError::LiquidatedAtEntry { collateral, requirement });
            }
            return Ok(found(tier, Some(entry_notional + gain * (requirement - collateral))));
        }

        let surplus = |tier: &MarginTier, notional: f64| {
            collateral + gain * (notional - entry_notional) - self.required(tier, notional)
        };
        let mut index = entry_tier;
        let mut from = entry_notional;
        loop {
            let tier = &self.tiers[index];
            if surplus(tier, from) <= 0.0 {
                if from == entry_notional {
                    let requirement = self.required(tier, from);
                    return Err(MarginError::LiquidatedAtEntry { collateral, requirement });
                }
                return Ok(found(tier, Some(from)));
            }
            // The losing direction: down the tiers where the holder gains with notional, else up. The top tier has no
            // end, whatever its edge: a position that outgrew the table is still held.
            let (next, to) = if gain > 0.0 {
                let below = index.checked_sub(1);
                (below, below.map_or(0.0, |below| self.tiers[below].up_to))
            } else if index + 1 < self.tiers.len() {
                (Some(index + 1), tier.up_to)
            } else {
                (None, f64::INFINITY)
            };
            if surplus(tier, to) < 0.0 {
                let rate = tier.rate + self.close_fee;
                let crossing = (collateral - gain * entry_notional + tier.deduction) / (rate - gain);
                return Ok(found(tier, Some(crossing)));
            }
            match next {
                Some(next) => (index, from) = (next, to),
                None => return Ok(found(tier, None)),
            }
        }
    }

    /// The mark price at which equity is zero, closing fees not counted; none where no positive finite price is.
    pub fn bankruptcy_price(&self, holding: &Holding) -> Option<f64> {
        let notional = holding.notional(self.contract, holding.entry)
            - holding.gain_sign(self.contract) * holding.collateral;
        holding.price_at(self.contract, notional)
    }

    /// Maintenance margin plus the close fee the venue includes in it.
    fn required(&self, tier: &MarginTier, notional: f64) -> f64 {
        notional * (tier.rate + self.close_fee) - tier.deduction
    }
}

impl Holding {
    /// Notional at a mark price: quote units for a linear contract, coin for an inverse one.
    pub fn notional(&self, contract: Contract, price: f64) -> f64 {
        match contract {
            Contract::Linear => self.quantity * price,
            Contract::Inverse => self.quantity / price,
        }
    }

    /// Collateral plus unrealised profit at a mark price, in settlement units.
    pub fn equity_at(&self, contract: Contract, price: f64) -> f64 {
        let gained = self.notional(contract, price) - self.notional(contract, self.entry);
        self.collateral + self.gain_sign(contract) * gained
    }

    /// The price of a notional: the inverse of [`Holding::notional`]; none unless positive and finite.
    fn price_at(&self, contract: Contract, notional: f64) -> Option<f64> {
        let price = match contract {
            Contract::Linear => notional / self.quantity,
            Contract::Inverse => self.quantity / notional,
        };
        (notional > 0.0 && price > 0.0 && price.is_finite()).then_some(price)
    }

    /// +1 where the holder gains as the notional (in settlement units) grows, else −1.
    fn gain_sign(&self, contract: Contract) -> f64 {
        match (contract, self.side) {
            (Contract::Linear, Side::Long) | (Contract::Inverse, Side::Short) => 1.0,
            (Contract::Linear, Side::Short) | (Contract::Inverse, Side::Long) => -1.0,
        }
    }

    fn checked_notional(&self, contract: Contract) -> Result<f64, MarginError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let notional = self.notional(contract, self.entry);
        if !positive(self.entry) {
            Err(MarginError::Entry(self.entry))
        } else if !positive(self.quantity) {
            Err(MarginError::Quantity(self.quantity))
        } else if !positive(notional) {
            Err(MarginError::Notional(notional))
        } else if !self.collateral.is_finite() {
            Err(MarginError::Collateral(self.collateral))
        } else {
            Ok(notional)
        }
    }
}
