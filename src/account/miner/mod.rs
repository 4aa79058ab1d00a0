//! Miners who borrow: machines that turn power into coins, loans on machines and on coins, and what happens when a bill or an
//! instalment cannot be paid.

mod barriers;
mod columns;
mod debt;
mod fleet;
mod follow;
mod hedges;
mod ledger;
mod open;
mod ordinary;
mod terms;
mod treasury;

pub use debt::{Annuity, CoinLoan, EquipmentLoan};
pub use fleet::{Electricity, Fleet};
pub use follow::MinerFollower;
pub use hedges::{CoinPut, Forward, Hedges, Short};
pub use ledger::{Course, Day, WoundUp};
pub use open::OpenMiner;
pub use terms::{Miner, MinerError, MinerLevel};
pub use treasury::Treasury;
