//! Contracts, margin tiers, fees: the rules of a venue, and the catalogue of venues as dated data files.

mod terms;

pub use terms::{Contract, Liquidation, MaintenanceBasis, MarginTier, Side, TierRule, Venue};
