//! Ways to liquidation probabilities with fewer paths, and the loop over all work of a run.
//!
//! An account's probabilities are asked of a list of [`Estimator`]s, the best first; what none of them serves is counted on the
//! run's paths, by the strata of what drives the price where that is known. Whoever answers writes its
//! [`Method`](crate::stats::Method) into the estimate.

mod estimator;
mod estimators;
mod part;
mod past;
mod paths;
mod qmc;
mod quantile;
mod splitting;

pub use estimator::{Answer, Effort, Estimator};
pub use estimators::{Answers, Choice, Estimators, SamplingError};
pub use part::{MergeError, Partial, Shard, ShardError};
pub use past::PastErrors;
pub use paths::{Ending, Job, Outcome, estimate, outcome_of, part};
pub use qmc::Crossing;
pub use quantile::largest_move;
pub use splitting::RareEvents;
