//! Contracts, margin tiers, fees: the rules of a venue, and the catalogue of venues as dated data files.

mod terms;
mod flows;
mod tiers;
mod holding;
mod requirement;
mod caps;
mod margin;
mod liquidation;
mod catalogue;

pub use catalogue::{catalogue_names, catalogue_text};
pub use flows::{Borrow, Compounding, Flows, Funding, FundingBasis};
pub use holding::Holding;
pub use liquidation::{Fill, PartialFill};
pub use margin::{LiquidationPrice, MarginError, Others};
pub use requirement::Maintenance;
pub use terms::{
    Contract, GrowingRate, Liquidation, MaintenanceBasis, MarginTier, PartialClose, Side, TierRule, TierSize,
    Venue,
};
pub use tiers::{TierBand, TierError};
