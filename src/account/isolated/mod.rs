//! Positions with collateral of their own that nothing but prices and funding moves: all levels and paths by column.
//!
//! What the [general follower](super::General) does with such an account, to the last bit, one position of one level after the other
//! on all paths at once. At a payment of funding cash, equity, drawdown and the barrier are columns; of the barriers of all levels a path
//! keeps the nearest one for each asset, as a logarithm. The extremes of bars are drawn for all paths, too: they are addressed by path and
//! bar, the same for every level. Only a path whose price gets to its nearest barrier, or may reach barriers on both sides, is followed
//! level by level, and there everything is computed as the general follower does.

mod bars;
mod columns;
mod finish;
mod follower;
mod nearest;
mod settle;
mod terms;
mod walk;

pub use follower::Isolated;
