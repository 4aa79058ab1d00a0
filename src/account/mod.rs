//! Positions under margin: what a path of prices does to every leverage level of an account.

mod book;
mod calls;
mod follower;
mod funded;
mod hits;
mod ledger;
pub mod miner;
mod nested;
mod observer;
mod open_account;
mod opening;
pub mod policy;
pub mod portfolio;
mod position;
mod requirement;
mod schedule;
mod settlement;
mod slot;
mod sums;
mod walk;

pub use book::Book;
pub use follower::{Follower, Hit, Survivors};
pub use funded::Funded;
pub use ledger::Ledger;
pub use nested::Nested;
pub use observer::{Due, Foresight, NetworkDay, Observer};
pub use open_account::{FirstPassage, OpenAccount};
pub use opening::{Lender, Opening, Reduced, Remains};
pub use policy::Policy;
pub use portfolio::Portfolio;
pub use position::{Level, LevelError, LiquidationFill};
pub use requirement::{Exposure, Line, Requirement};
pub use schedule::{DATES, Moment, daily_schedule, schedule};
