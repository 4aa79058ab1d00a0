//! A level at its start, in units that make every contract linear.

use super::position::Level;
use super::requirement::{Exposure, Requirement};
use crate::venue::{Contract, Fill, Holding, Side, Standing, TierSize, Venue};

/// One leverage of one position: what it starts with and the terms it is held under, in fractions of the equity put up.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Direction.
    pub side: Side,
    /// What the contract settles in.
    pub contract: Contract,
    /// Cash and exposure after the entry fee.
    pub start: Exposure,
    /// The venue's margin rules by the largest exposure that each holds for: one for all sizes, unless tiers are of
    /// quantity.
    requirements: Vec<(f64, Requirement)>,
    /// Taker fee as a fraction of the notional.
    pub taker_fee: f64,
    /// What was paid at entry.
    pub entry_fee: f64,
    /// What a lender's call means, where it has consequences.
    pub lender: Option<Lender>,
    /// The terms in units of the equity and of the entry price.
    venue: Venue,
}

/// A lender that calls for collateral.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lender {
    /// Equity over maintenance margin at which the call comes.
    pub call: f64,
    /// Years until an account that is still there is liquidated.
    pub grace: f64,
}

/// An account after a liquidation in part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reduced {
    /// Cash and exposure that are left.
    pub left: Exposure,
    /// The venue's tier that it was taken down to, where steps are tiers.
    pub limit: Option<usize>,
    /// Share of the position that was closed.
    pub closed: f64,
    /// Kept by the venue, or lost to the price of its fills.
    pub kept: f64,
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
        let scaled = venue.in_units(level.holding.entry, level.equity);
        let start = Exposure::of(&level.holding, venue.contract, level.equity);
        let holding = holding_of(level.holding.side, start.cash, start.exposure);
        let of_quantity = |edge: f64| {
            let quantity = holding.quantity.min(edge);
            Requirement::new(&scaled, &Holding { quantity, ..holding }, 1.0)
        };
        let requirements = match scaled.tier_size {
            TierSize::Notional => vec![(f64::INFINITY, Requirement::new(&scaled, &holding, 1.0))],
            TierSize::Quantity => {
                scaled.tiers.iter().map(|tier| (tier.up_to * (1.0 + 1e-9), of_quantity(tier.up_to))).collect()
            }
        };
        Self {
            side: level.holding.side,
            contract: venue.contract,
            start,
            requirements,
            taker_fee: venue.taker_fee,
            entry_fee: venue.taker_fee * level.leverage,
            lender: venue.call_level.zip(venue.grace).map(|(call, grace)| Lender {
                // With a margin level of l equity is l − 1 of the debt.
                call: (call - 1.0) / venue.tiers[0].rate,
                grace: grace.years(),
            }),
            venue: scaled,
        }
    }

    /// The margin rules for an exposure.
    pub fn requirement(&self, exposure: f64) -> &Requirement {
        let last = self.requirements.len() - 1;
        let found = self.requirements.iter().position(|(largest, _)| exposure.abs() <= *largest);
        &self.requirements[found.unwrap_or(last)].1
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

    /// What a liquidation of everything at x leaves of an account with this cash and exposure.
    pub fn liquidate_at(&self, cash: f64, exposure: f64, x: f64) -> Remains {
        let equity = exposure * x + cash;
        let Fill { recovered, bad_debt } =
            self.venue.liquidate(&holding_of(self.side, cash, exposure), self.price(x));
        Remains { recovered, kept: equity + bad_debt - recovered, bad_debt }
    }

    /// What a liquidation at x leaves where the venue closes no more than it needs; none if that is everything. `limit` is the tier
    /// that the last one went down to.
    pub fn reduce_at(&self, cash: f64, exposure: f64, limit: Option<usize>, x: f64) -> Option<Reduced> {
        if !self.venue.acts_in_steps() {
            return None;
        }
        let standing = Standing { opened: self.start.exposure.abs(), limit };
        let holding = holding_of(self.side, cash, exposure);
        let done = self.venue.liquidate_partially(&holding, standing, self.price(x));
        let open = done.open?;
        let exposure = exposure.signum() * open.quantity;
        let left = Exposure { cash: open.collateral - exposure, exposure };
        Some(Reduced { left, limit: done.limit, closed: done.closed, kept: done.fees + done.slippage })
    }

    /// The price at x, as a ratio to that of the entry.
    fn price(&self, x: f64) -> f64 {
        if self.contract == Contract::Inverse { 1.0 / x } else { x }
    }
}

/// A position in units of the equity, entered at a price of 1.
fn holding_of(side: Side, cash: f64, exposure: f64) -> Holding {
    Holding { side, entry: 1.0, quantity: exposure.abs(), collateral: cash + exposure }
}
