//! The block loop and the run, whatever the model and the account.

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod merge;
mod miners;
mod not_a_number;
mod reference_funding;
mod reference_garch;
mod reference_gbm;
mod reference_heston;
mod reference_kou;
mod reference_merton;
mod reference_miners;
mod reference_portfolio;
mod reference_published;
mod reference_regime;
mod simulate;
mod strides;
