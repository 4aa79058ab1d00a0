//! What results are for: checking limits, comparing with a baseline, choosing a leverage.

mod check;
mod comparison;
mod limits;
mod metric;
mod self_check;
mod verdict;

pub use check::{CheckReport, ScenarioCheck};
pub use comparison::{
    Change, Comparison, ComparisonOptions, DEFAULT_FALSE_ALARM_RATE, MetricComparison, compare,
};
pub use limits::{LimitCheck, check_limits};
pub use metric::{Measurement, Metrics};
pub use self_check::{KnownValue, LARGEST_SCORE, SelfCheckError, self_check};
pub use verdict::Verdict;
