//! Models fitted to price history.

#[path = "../common/mod.rs"]
mod common;

mod likelihoods;
mod odd_files;
mod out_of_sample;
mod recorded_prices;
mod recovery;
