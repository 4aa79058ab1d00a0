//! The general follower: every level of any account on every path, with what its owner and its venues do on the way.
//!
//! Each pool waits for surfaces in the space of its assets' log-prices: where the venue liquidates or a lender calls, where the
//! owner's margin call, stop or target is. It is followed from event to event: the next appointment or the next trigger,
//! whichever comes first; act; find the triggers anew.
//!
//! - Pools on one asset ([`line`]): surfaces are prices, and the law of the Brownian bridge decides exactly, over bars of any
//!   length. All pools of a level on the same asset are followed together.
//! - Pools of several assets ([`surface`]): where a surface is in reach the bridge is halved until it is short, and the surface
//!   is taken as flat over the rest.
//!
//! An account counts as liquidated when its first pool is; what the others hold goes on, and the account's return is the sum.
//! A jump of any asset is a gap: the prices after it decide, and those are the prices of the fill. Under discrete monitoring
//! the venue looks at the monitoring dates and at no other time; orders at a price wait for the same dates.
//!
//! Draws inside bars are addressed by path, bar and refinement ([`node`]), so a level does the same in any list of levels.

mod act;
mod finish;
mod line;
mod nearest;
mod node;
mod orders;
mod settle;
mod slot;
mod state;
mod surface;
mod unit;
mod walk;

pub use line::{OUT_OF_REACH, Reach, Segment};
pub use node::Node;
pub use state::General;
pub use unit::{Unit, factor_of, units};
