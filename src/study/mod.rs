//! What results are for: checking limits, comparing with a baseline, choosing a leverage.

mod check;
mod comparison;
mod limits;
mod metric;
mod verdict;

pub use check::{CheckReport, ScenarioCheck};
pub use comparison::{
    Change, Comparison, ComparisonOptions, DEFAULT_FALSE_ALARM_RATE, MetricComparison, compare,
};
pub use limits::{LimitCheck, check_limits};
pub use metric::{Measurement, Metrics};
pub use verdict::Verdict;
