//! Positions on one side of one contract at one venue: they share its tiers, its steps and its lender.

use super::leg::{Leg, Unit};
use super::margin::Requirement;
use crate::venue::{Contract, Liquidation, Side, TierSize, Venue};

/// A lender that calls for collateral.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lender {
    /// Margin level (assets over debt) at which the call comes.
    pub call: f64,
    /// Years until an account that is still there is liquidated.
    pub grace: f64,
}

/// Positions on one side of one contract at one venue.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The legs, as a range of those of the pool.
    pub first: usize,
    /// See [`Group::first`].
    pub end: usize,
    /// The venue's margin rules.
    pub requirement: Requirement,
    /// What happens at liquidation.
    pub liquidation: Liquidation,
    /// What a lender's call means, where it has consequences.
    pub lender: Option<Lender>,
    /// Size at the start.
    pub opened: f64,
    /// Upper edges of the tiers, by what they are compared with, and whether that is the size.
    pub edges: Vec<f64>,
    /// See [`Group::edges`].
    pub by_quantity: bool,
    /// Margin level of liquidation of a long on spot margin.
    pub(super) level: Option<f64>,
    /// Multiple of its requirement at which the lender of a short calls.
    pub(super) call_multiple: f64,
    first_rate: f64,
    /// What its money is counted in.
    pub unit: Unit,
    /// Place of its asset among those of the pool.
    pub place: usize,
}

impl Group {
    pub(super) fn new(
        first: usize,
        leg: &Leg,
        venue: &Venue,
        (price, equity): (f64, f64),
        opened: f64,
    ) -> Self {
        let scaled = venue.in_units(price, equity);
        let requirement = Requirement::new(venue, leg.side, (price, price * leg.entry), equity);
        let is_security = venue.contract == Contract::Spot && leg.side == Side::Long;
        Self {
            first,
            end: first + 1,
            level: is_security.then(|| 1.0 + requirement.rate_on_debt(opened).unwrap_or(0.0)),
            requirement,
            liquidation: scaled.liquidation,
            lender: venue
                .call_level
                .zip(venue.grace)
                .map(|(call, grace)| Lender { call, grace: grace.years() }),
            opened,
            edges: scaled.tiers.iter().map(|tier| tier.up_to).collect(),
            by_quantity: scaled.tier_size == TierSize::Quantity,
            first_rate: venue.tiers[0].rate,
            call_multiple: venue.call_level.map_or(1.0, |call| (call - 1.0) / venue.tiers[0].rate),
            unit: leg.unit,
            place: leg.place,
        }
    }

    /// The maintenance rate of its lowest tier.
    pub fn first_rate(&self) -> f64 {
        self.first_rate
    }

    /// Multiple of its requirement at which a lender calls, where it is alone in its pool.
    pub fn call_multiple(&self) -> f64 {
        self.call_multiple
    }

    /// Margin level that decides what security a long on spot margin is; none for all else.
    #[inline]
    pub(super) fn level_of(&self, call: bool) -> Option<f64> {
        let level = self.level?;
        Some(if call { self.lender.map_or(level, |lender| lender.call) } else { level })
    }

    /// What a size of this group is compared with the edges of tiers at a price ratio: in what the contract settles in.
    pub fn tier_size(&self, size: f64, x: f64) -> f64 {
        match (self.by_quantity, self.unit) {
            (true, _) => size,
            (false, Unit::Quote) => size * x,
            (false, Unit::Coin | Unit::CoinInQuote) => size / x,
        }
    }
}
