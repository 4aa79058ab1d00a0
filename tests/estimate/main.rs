//! Probabilities by other ways than counting.

#[path = "../common/mod.rs"]
mod common;

mod beyond;
mod closings;
mod crossing;
mod dates;
mod events;
mod gap_debts;
mod hedges;
mod idle;
mod nets;
mod rare_events;
mod recorded;
mod strata;
