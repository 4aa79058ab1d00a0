//! Price models by themselves, without an account.

#[path = "../common/mod.rs"]
mod common;

mod assets_and_stress;
mod bootstrap;
mod laws;
mod har_limits;
mod past_days;
mod shared_past;
mod limits;
mod own_model;
