//! Models fitted to price history.

mod likelihoods;
mod recorded_prices;
mod recovery;
