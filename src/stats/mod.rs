//! Mergeable tallies, estimates with intervals, statistical tests.

mod estimate;

pub use estimate::Estimate;
