//! Models fitted to price history.

mod likelihoods;
mod odd_files;
mod recorded_prices;
mod recovery;
