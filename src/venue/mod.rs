//! Contracts, margin tiers, fees: the rules of a venue, and the catalogue of venues as dated data files.

mod terms;
mod flows;
mod tiers;
mod margin;
mod catalogue;

pub use catalogue::{catalogue_names, catalogue_text};
pub use flows::{Borrow, Compounding, Flows, Funding, FundingBasis};
pub use margin::{Holding, LiquidationPrice, MarginError};
pub use terms::{Contract, Liquidation, MaintenanceBasis, MarginTier, Side, TierRule, Venue};
pub use tiers::{Maintenance, TierBand, TierError};
