//! What results are for: checking limits, comparing with a baseline, choosing a leverage.

mod as_known;
mod assumed;
mod answer;
#[cfg(feature = "arrays")]
mod arrays;
mod assumptions;
mod best;
mod carried;
mod check;
mod comparison;
mod criterion;
mod curve;
mod curve_point;
mod differences;
mod effect;
pub mod figures;
mod forecast;
mod evaluate;
mod evaluate_error;
mod forecasts;
mod grid;
mod given;
mod kept_group;
mod kept_run;
mod last;
mod leverage_range;
mod levels;
mod levels_at;
mod limits;
mod liquidation;
mod metric;
mod self_check;
mod packed;
mod parameters;
mod part_file;
mod part_run;
mod question;
mod realised;
mod recorded_network;
mod replay;
mod results_folder;
mod run;
mod safe;
mod search;
mod sentence;
mod simulate;
mod simulation;
mod soundness;
mod spread;
mod starts;
mod sweep;
mod vary;
mod verdict;
mod walk_forward;
mod whole_file;

pub use answer::{SafeEntry, SafeError, SafeReport, safe};
#[cfg(feature = "arrays")]
pub use arrays::{simulated_bars, simulated_closes};
pub use as_known::Refit;
pub use assumed::assumptions;
pub use assumptions::{AssumptionTest, Assumptions, Property};
pub use best::{Best, BestLevel, best};
pub use carried::CarriedFiles;
pub use check::{CheckError, CheckOptions, CheckReport, ScenarioCheck, check};
pub use comparison::{
    Change, Comparison, ComparisonOptions, DEFAULT_FALSE_ALARM_RATE, FailOn, MetricComparison, RunName,
    compare,
};
pub use criterion::Criterion;
pub use curve_point::CurvePoint;
pub use differences::{Differences, LevelDifference, differences};
pub use effect::{Effect, is_gain};
pub use evaluate::evaluate;
pub use evaluate_error::EvaluateError;
pub use forecast::{
    Barrier, ForecastError, ForecastMethod, ForecastWalk, HorizonForecasts, Logistic, OtherModels,
    ReliabilityBin, Scores, WalkOptions, barriers, logistic, scores, walk, walk_accounts, walk_beside,
};
pub use forecasts::{CalibrationRow, ForecastLevel, Forecasts, PriceEvent};
pub use given::{Between, GivenPaths};
pub use kept_group::GroupPart;
pub use kept_run::{KeptPart, KeptRunError, part_files, run_kept};
pub use levels::{run_levels, run_sharing};
pub use leverage_range::LeverageRange;
pub use limits::{LimitCheck, check_limits};
pub use liquidation::{
    LeverageLiquidationPrice, LiquidationPrice, LiquidationPricesError, ScenarioLiquidationPrices,
    liquidation_prices,
};
pub use metric::{Measurement, Metrics};
pub use packed::{PackedError, pack, unpack};
pub use part_file::{PartFile, PartFileError, PartScenario};
pub use part_run::{PartHints, PartRun, run_shard};
pub use recorded_network::RecordedNetwork;
pub use replay::{Replay, ReplayError, ReplayedLevel};
pub use results_folder::ResultsFolder;
pub use run::{MergePartsError, merge, run};
pub use safe::Depths;
pub use search::{Found, largest_within, spread_of_range};
pub use self_check::{KnownValue, LARGEST_SCORE, SelfCheckError, self_check};
pub use sentence::{SAFE, answer, answer_at, chosen};
pub use simulate::{SimulateError, SimulatedBar, simulate};
pub use simulation::{RunError, result_of, run_tallied};
pub use soundness::{UnsoundResult, sound};
pub use spread::Spread;
pub use sweep::{OverError, SweepChanges, SweepError, SweepPlan, SweptCell, SweptSource};
pub use vary::{Vary, VaryAnswer, VaryError, VaryReport, vary};
pub use verdict::Verdict;
pub use walk_forward::{WalkForward, WalkForwardError};
pub use whole_file::{can_write, write_whole};
