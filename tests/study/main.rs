//! What is built from many runs, and replay.

#[path = "../common/mod.rs"]
mod common;

mod assumptions;
mod best_leverage;
mod differences;
mod evaluate;
mod parts;
mod past_horizons;
mod parameter_errors;
mod replay_accounts;
mod replay_history;
mod replay_miner;
mod replay_portfolios;
mod safe_leverage;
mod sweep_resume;
mod sweep_sharing;
mod sweep_tables;
mod vary;
mod verdicts;
mod track_record;
mod walk_accounts;
mod walk_forward;
