//! What results are for: checking limits, comparing with a baseline, choosing a leverage.

mod assumptions;
mod check;
mod comparison;
mod criterion;
mod evaluate;
mod forecasts;
mod grid;
mod limits;
mod metric;
mod self_check;
mod replay;
mod results_folder;
mod run;
mod safe;
mod search;
mod starts;
mod verdict;
mod walk_forward;

pub use assumptions::{AssumptionTest, Assumptions, Property};
pub use check::{CheckReport, ScenarioCheck};
pub use comparison::{
    Change, Comparison, ComparisonOptions, DEFAULT_FALSE_ALARM_RATE, MetricComparison, compare,
};
pub use criterion::Criterion;
pub use evaluate::{EvaluateError, evaluate};
pub use forecasts::{CalibrationRow, ForecastLevel, Forecasts, PriceEvent};
pub use limits::{LimitCheck, check_limits};
pub use metric::{Measurement, Metrics};
pub use replay::{Replay, ReplayError, ReplayedLevel};
pub use results_folder::ResultsFolder;
pub use run::{RunError, result_of, run, run_shard, run_sharing, run_tallied};
pub use safe::{CurvePoint, Depths, LeverageRange};
pub use search::{Found, best, largest_within};
pub use self_check::{KnownValue, LARGEST_SCORE, SelfCheckError, self_check};
pub use verdict::Verdict;
pub use walk_forward::{WalkForward, WalkForwardError};
