//! Positions under margin: what a path of prices does to every leverage level of an account.

mod barrier;
mod evaluation;
mod fill;
mod follow;
mod funded;
mod hits;
mod interest;
mod ledger;
mod leg;
mod margin;
mod nested;
mod open;
mod opening;
pub mod policy;
mod pool;
mod position;
mod prices;
mod schedule;
mod settlement;
mod steps;
mod sums;

pub use evaluation::{Evaluation, Foresight, Hit, Survivors};
pub use fill::Remains;
pub use follow::Follower;
pub use funded::Funded;
pub use ledger::Ledger;
pub use leg::{Leg, PositionTerms};
pub use margin::{Exposure, Line, Maintenance, Requirement};
pub use nested::Nested;
pub use open::{OpenError, open};
pub use opening::Opening;
pub use policy::Policy;
pub use pool::{Held, Pool, Room, Stake};
pub use position::{Level, LevelError, LiquidationFill};
pub use prices::{PositionPrices, prices};
pub use schedule::{DATES, Moment, schedule};
