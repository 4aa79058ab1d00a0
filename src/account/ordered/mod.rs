//! All levels of one position from one number a path.
//!
//! With the cash c and the exposure e of a level (see [`Exposure`](crate::account::Exposure)) and the price x, equity is c + e·x. Interest
//! is a factor on debts at dates that are known, and funding charges every unit of exposure alike, so
//!
//! ```text
//! equity            C + e·z,       z = g·x − G·F
//! closing equity    C + e·z',      z' = g·x·(1 − φ·sign e) − G·F          φ: taker fee
//! barrier           the largest of some lines in C − e·G·F
//! ```
//!
//! with C the cash that interest has left of the level's own, g what it has made of a coin that was owed, G of a unit of money
//! that was owed (1 where not every level owes money), all three known beforehand, and F what funding has charged a unit of exposure, one
//! number a path. Barriers stay in the order of leverage whatever F is: where the margin in proportion to the notional rises
//! with the notional, x less the margin on a unit rises with x, and it meets F − C/e later the larger the leverage is; a short mirrors it.
//! So a path has one barrier that is the nearest, that of the most leveraged level still open, and a path adds to one cell of the tally
//! only: that of the most leveraged level it survived. Its closing equity there is the one that z moves most, so bins fine enough
//! for it are fine enough for every level below.
//!
//! Without funding the barriers are the same on all paths: a table of time, or one row where there is no interest either. A path's running
//! extreme then decides every level at once, and a move that passes several barriers is booked as one range of levels.
//!
//! Where the venue looks at the price on monitoring dates only, a level that survived them all can close below zero: the owner
//! loses the collateral and no more, the rest is bad debt.
//!
//! What no probability rests on (time to liquidation, costs, drawdown) is followed for one level a path, in a round robin by the number
//! of the path. What rests on the order of levels only, which are open and what they close with, is known for all.

mod bar_marks;
mod booking;
mod charges;
mod closings;
mod columns;
mod common;
mod day_end;
mod day_marks;
mod debt;
mod envelope;
mod expected;
mod finish;
mod followed;
mod follower;
mod gap_debts;
mod hedged;
mod hedging;
mod liquidations;
mod looks;
mod marked;
mod settle;
mod step_end;
mod step_marks;
mod stepwise;
mod stopped;
mod terms;
mod touches;

pub use booking::Ordered;
