//! A level at its start, in units that make every contract linear.

use super::fill::{Remains, liquidate_alone};
use super::margin::{Exposure, Requirement};
use super::position::Level;
use crate::venue::{Contract, Liquidation, Side, Venue};

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
    liquidation: Liquidation,
}

impl Opening {
    /// A level at a venue.
    pub fn new(level: &Level, venue: &Venue) -> Self {
        let entry = level.holding.entry;
        Self {
            side: level.holding.side,
            contract: venue.contract,
            start: Exposure::of(&level.holding, venue.contract, level.equity),
            requirement: Requirement::new(venue, level.holding.side, (entry, entry), level.equity),
            taker_fee: venue.taker_fee,
            entry_fee: level.entry_fee,
            liquidation: venue.liquidation,
        }
    }

    /// +1 where the holder gains as x grows, else −1.
    pub fn sign(&self) -> f64 {
        self.start.exposure.signum()
    }

    /// x at a log return of the price.
    pub fn power(&self) -> f64 {
        self.contract.power()
    }

    /// What a liquidation of everything at x leaves of an account with this cash and exposure.
    pub fn liquidate_at(&self, cash: f64, exposure: f64, x: f64) -> Remains {
        liquidate_alone(&self.liquidation, self.contract, self.side, (cash, exposure), x)
    }
}
