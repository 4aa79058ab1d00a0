//! Mergeable tallies, estimates with intervals, statistical tests.
//!
//! Everything that is tallied is an integer or an [`ExactSum`](crate::numeric::ExactSum), so tallies merge to the same
//! bits in any order and any grouping, and their size does not depend on the number of paths.

mod account;
mod block_bootstrap;
mod closings;
mod conditioned;
mod control;
mod correction;
mod count;
mod coverage;
mod crossed;
mod cuts;
mod deferred;
mod distribution;
mod estimate;
mod histogram;
mod holm;
mod intervals;
mod kolmogorov;
mod left;
mod marked;
mod miner;
mod mirrors;
mod moments;
mod outcomes;
mod overlap;
mod pages;
mod parameters;
mod passed;
mod places;
mod poisson;
mod replicated;
mod replicates;
mod return_bins;
mod rows;
mod strata;
mod tally;
mod two_sample;
mod variate;

pub use account::{AccountSums, AccountTally, Calls, Cost, Costs, Exit, Passage, SignedHistogram};
pub use block_bootstrap::BlockBootstrap;
pub use correction::Correction;
pub use coverage::{Coverage, Test};
pub use crossed::Beyond;
pub use cuts::Cuts;
pub use deferred::Deferred;
pub use distribution::Distribution;
pub use estimate::{CONFIDENCE, Estimate, Method, Z_95};
pub use histogram::{Bin, Histogram, MOST_PATHS};
pub use holm::holm;
pub use intervals::{Intervals, MARKS};
pub use kolmogorov::kolmogorov_smirnov;
pub use miner::{MinerPassage, MinerState, MinerSums, MinerTally, NetworkTally};
pub use mirrors::{MirrorBits, Mirrors};
pub use moments::{Moments, Sums};
pub use outcomes::Outcomes;
pub use overlap::OverlapError;
pub use parameters::{Scale, variance_of_effects};
pub use places::Places;
pub use poisson::variance_of_log_rate;
pub use replicates::{Corrected, Replicates};
pub use strata::{Strata, stratum};
pub use tally::{LevelTally, Liquidated, LiquidatedSums, Tally};
pub use two_sample::{Difference, Proportion, difference, proportions_p_value};
