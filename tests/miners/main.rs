//! Miners.

#[path = "../common/mod.rs"]
mod common;

mod examples;
mod reference;
