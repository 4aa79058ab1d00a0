//! Contracts, margin tiers, fees: the rules of a venue, and the catalogue of venues as dated data files.

mod terms;
mod flows;
mod funding;
mod tiers;
mod holding;
mod caps;
mod margin;
mod units;
pub(crate) mod check;
mod catalogue;
mod import;

pub(crate) use catalogue::catalogue_entry;
pub use catalogue::{catalogue_names, catalogue_text};
pub use check::VenueError;
pub use flows::{Borrow, Compounding, Flows};
pub use funding::{
    Funding, FundingBasis, FundingRates, FundingTerms, OrnsteinUhlenbeck, RecordedOrder, RecordedRates,
    Transition,
};
pub use holding::Holding;
pub use import::{ImportError, ImportedTiers, import_tiers};
pub use margin::{LiquidationPrice, MarginError, Others};
pub use terms::{
    Contract, FeePrice, GrowingRate, Liquidation, MaintenanceBasis, MarginTier, PartialClose, Side, TierRule,
    TierSize, Venue,
};
pub use tiers::{TierBand, TierError};
