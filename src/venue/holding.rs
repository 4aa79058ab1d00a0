//! One position with the money behind it.
//!
//! Everything about margin is computed in units of notional N (settlement units), which makes all contracts one problem:
//! N = q·S for a linear contract and for coins held or owed on spot margin, N = Q/S coins for an inverse contract; equity
//! is c + σ·(N − N₀) with σ = +1 where the holder gains as N grows (linear long, inverse short) and −1 elsewhere.

use super::{Contract, MarginError, Side};

/// A position with its own collateral (isolated margin).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holding {
    /// Direction.
    pub side: Side,
    /// Entry price.
    pub entry: f64,
    /// Size: base units for a linear contract and on spot margin, quote units for an inverse contract.
    pub quantity: f64,
    /// Collateral after any fee, funding or interest paid so far: coin for an inverse contract, else quote units. On
    /// spot margin a long owes the entry notional less this.
    pub collateral: f64,
}

impl Holding {
    /// Notional at a mark price: coin for an inverse contract, else quote units.
    pub fn notional(&self, contract: Contract, price: f64) -> f64 {
        contract.notional(self.quantity, price)
    }

    /// Size in coins at a mark price.
    pub fn coins(&self, contract: Contract, price: f64) -> f64 {
        match contract {
            Contract::Linear | Contract::Spot => self.quantity,
            Contract::Inverse => self.quantity / price,
        }
    }

    /// Unrealised profit at a mark price, in settlement units.
    pub fn profit_at(&self, contract: Contract, price: f64) -> f64 {
        let gained = self.notional(contract, price) - self.notional(contract, self.entry);
        self.gain_sign(contract) * gained
    }

    /// Collateral plus unrealised profit at a mark price, in settlement units.
    pub fn equity_at(&self, contract: Contract, price: f64) -> f64 {
        self.collateral + self.profit_at(contract, price)
    }

    /// The price of a notional: the inverse of [`Holding::notional`]; none unless positive and finite.
    pub(crate) fn price_at(&self, contract: Contract, notional: f64) -> Option<f64> {
        let price = match contract {
            Contract::Linear | Contract::Spot => notional / self.quantity,
            Contract::Inverse => self.quantity / notional,
        };
        (notional > 0.0 && price > 0.0 && price.is_finite()).then_some(price)
    }

    /// +1 where the holder gains as the notional (in settlement units) grows, else −1.
    pub fn gain_sign(&self, contract: Contract) -> f64 {
        contract.gain_sign(self.side)
    }

    pub(crate) fn checked_notional(&self, contract: Contract) -> Result<f64, MarginError> {
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
