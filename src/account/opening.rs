//! A level at its start, in units that make every contract linear.

use super::position::Level;
use super::requirement::{Exposure, Requirement};
use crate::venue::{Contract, Fill, Holding, Liquidation, Side, Venue};

/// One leverage of one position: what it starts with and the terms it is held under, in fractions of the equity put up.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Direction.
    pub side: Side,
    /// What the contract settles in.
    pub contract: Contract,
    /// Cash and exposure after the entry fee.
    pub start: Exposure,
    /// The venue's margin rules.
    pub requirement: Requirement,
    /// Taker fee as a fraction of the notional.
    pub taker_fee: f64,
    /// What was paid at entry.
    pub entry_fee: f64,
    terms: Liquidation,
}

/// What a liquidation leaves, as fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remains {
    /// Returned to the owner.
    pub recovered: f64,
    /// Kept by the venue, or lost to the price of its fill.
    pub kept: f64,
    /// Loss beyond the collateral.
    pub bad_debt: f64,
}

impl Opening {
    /// A level at a venue.
    pub fn new(level: &Level, venue: &Venue) -> Self {
        Self {
            side: level.holding.side,
            contract: venue.contract,
            start: Exposure::of(&level.holding, venue.contract, level.equity),
            requirement: Requirement::new(venue, &level.holding, level.equity),
            taker_fee: venue.taker_fee,
            entry_fee: venue.taker_fee * level.leverage,
            terms: venue.liquidation,
        }
    }

    /// +1 where the holder gains as x grows, else −1.
    pub fn sign(&self) -> f64 {
        self.start.exposure.signum()
    }

    /// x at a log return of the price.
    pub fn power(&self) -> f64 {
        match self.contract {
            Contract::Linear | Contract::Spot => 1.0,
            Contract::Inverse => -1.0,
        }
    }

    /// What a liquidation at x leaves of an account with this cash and exposure.
    pub fn liquidate_at(&self, cash: f64, exposure: f64, x: f64) -> Remains {
        let equity = exposure * x + cash;
        // The same position in units of the equity, entered at a price of 1.
        let holding =
            Holding { side: self.side, entry: 1.0, quantity: exposure.abs(), collateral: cash + exposure };
        let price = if self.contract == Contract::Inverse { 1.0 / x } else { x };
        let Fill { recovered, bad_debt } = self.terms.fill(self.contract, &holding, price);
        Remains { recovered, kept: equity + bad_debt - recovered, bad_debt }
    }
}
