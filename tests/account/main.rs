//! Accounts: what prices do to money.

#[path = "../common/mod.rs"]
mod common;

mod cases;
mod coins;
mod conservation;
mod exact_money;
mod funding_rates;
mod isolated;
mod loans;
mod looks;
mod margin_inverse;
mod miner_examples;
mod miner_money;
mod monitoring;
mod naive_policies;
mod ordered;
mod partial_liquidation;
mod policies;
mod portfolio;
mod portfolio_bias;
mod portfolio_conservation;
mod portfolio_fine_steps;
mod portfolio_policies;
mod protective_put;
mod still_prices;
mod stopped;
mod watched;
