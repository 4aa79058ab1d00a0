//! liqsim: how likely is a leveraged position to be liquidated, and what do its returns look like if it is not?
//!
//! The way of the data, which is also the order of the modules: a module imports only from modules above it.
//!
//! ```text
//! scenario text ── parse, validate ──> Scenario                         scenario
//!    Scenario ──> Plan: the law of the paths, and the account           engine
//!       block:   model ──> Bars ──> observers (accounts, recorders)     model, market, account, venue
//!       outcomes ──> tallies (mergeable, exact)                         stats
//!    estimators ──> probabilities with their method                     estimate
//!    ──> RunResult, notes                                               result
//!    RunResult ──> check, comparison, safe leverage                     study
//!    ──> table, JSON, CSV, Markdown                                     report
//! ```
#![deny(missing_docs)]
// What the C library computes differs between platforms; tests compare with it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod numeric;
pub mod stats;
pub mod market;
pub mod model;
pub mod venue;
pub mod account;
pub mod scenario;
pub mod engine;
pub mod estimate;
pub mod result;
pub mod study;
pub mod calibrate;
pub mod report;
pub mod cli;
