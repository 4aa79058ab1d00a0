//! Ways to liquidation probabilities with fewer paths, and the loop over all work of a run.
//!
//! An account's probabilities are asked of a list of [`Estimator`]s, the best first; what none of them serves is counted on the
//! run's paths, by the strata of what drives the price where that is known. Whoever answers writes its
//! [`Method`](crate::stats::Method) into the estimate.

mod blocks;
mod estimator;
mod estimators;
mod looks;
mod member;
mod part;
mod past;
mod paths;
mod qmc;
mod quantile;
mod splitting;
mod together;

pub use blocks::{Blocks, BlocksError};
pub use estimator::{Answer, Effort, Estimator};
pub use estimators::{Answers, Choice, Estimators, SamplingError};
pub use looks::{all_blocks, next_look};
pub use member::{Ending, Job, Outcome};
pub use part::{CurvePart, MergeError, Partial, Piece, Shard, ShardError};
pub use past::PastErrors;
pub use paths::{estimate, joined, outcome_of, part, parts};
pub use qmc::Crossing;
pub use quantile::largest_move;
pub use splitting::RareEvents;
pub use together::{OnTheWay, Together};
