//! What leverage is safe, or best? The whole answer of `liqsim safe`, as data.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::criterion::Criterion;
use super::safe::{CurvePoint, Depths};
use super::search::{Found, best, largest_within};
use super::simulation::{RunError, run_tallied};
use crate::engine::RunOptions;
use crate::result::{Kelly, SafeLeverage};
use crate::scenario::Scenario;
use crate::stats::Method;

/// Leverages of the curve.
const CURVE_POINTS: usize = 60;

/// What is found for one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SafeReport {
    /// Version of liqsim.
    pub liqsim: String,
    /// Title of the scenario.
    pub scenario: String,
    /// Hash of what determines the result.
    pub identity: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of simulated paths.
    pub paths: u64,
    /// Length of every path in days.
    pub horizon_days: f64,
    /// The point of a surface that the scenario is: values of its keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub over: BTreeMap<String, String>,
    /// What is asked of a leverage.
    pub criterion: Criterion,
    /// `one_pass` (each path's largest survivable leverage) or `search` (runs at several levels).
    pub method: String,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// One entry per limit.
    pub safe_leverage: Vec<SafeEntry>,
    /// The probability of liquidation at every leverage with a band for all together; empty after a search.
    pub curve: Vec<CurvePoint>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SafeEntry {
    /// The largest probability of liquidation, where that is the criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_probability: Option<f64>,
    /// The limit of another criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The leverage; 0 if even the smallest is too much.
    pub leverage: f64,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
    /// The share of wealth as collateral and the growth, where that is the criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kelly: Option<Kelly>,
}

impl From<SafeLeverage> for SafeEntry {
    fn from(safe: SafeLeverage) -> Self {
        Self {
            max_probability: Some(safe.max_probability),
            max: None,
            leverage: safe.leverage,
            low: Some(safe.low),
            high: Some(safe.high),
            limited_by_venue: safe.limited_by_venue,
            kelly: None,
        }
    }
}

impl SafeEntry {
    fn of(found: Found, criterion: Criterion, limit: Option<f64>) -> Self {
        let is_liquidation = criterion == Criterion::LiquidationProbability;
        Self {
            max_probability: limit.filter(|_| is_liquidation),
            max: limit.filter(|_| !is_liquidation),
            leverage: found.leverage,
            low: found.low,
            high: found.high,
            limited_by_venue: found.limited_by_venue,
            kelly: (criterion == Criterion::Kelly).then_some(found.level.kelly),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SafeError {
    /// The scenario cannot be run, or the run was cut short.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The venue's smallest size or caps leave no leverage.
    #[error("the venue lets no position of this account be opened")]
    NothingToOpen,
}

/// The largest leverage within each limit, or for a criterion without one the best leverage (`limits` then play no part).
///
/// # Errors
/// See [`SafeError`]; part of the paths is no ground for an answer.
pub fn safe(
    scenario: &Scenario,
    criterion: Criterion,
    limits: &[f64],
    options: &RunOptions<'_>,
) -> Result<SafeReport, SafeError> {
    let (result, tally) = run_tallied(scenario, options)?;
    if options.stop.load(Ordering::Relaxed) {
        return Err(RunError::Interrupted.into());
    }
    let mut report = SafeReport {
        liqsim: result.liqsim,
        scenario: result.scenario,
        identity: result.identity,
        seed: result.seed,
        paths: result.paths,
        horizon_days: result.horizon_days,
        over: BTreeMap::new(),
        criterion,
        method: "search".to_owned(),
        notes: Vec::new(),
        safe_leverage: Vec::new(),
        curve: Vec::new(),
    };
    if criterion == Criterion::LiquidationProbability
        && let Some(depths) = Depths::new(scenario, &tally)
    {
        "one_pass".clone_into(&mut report.method);
        report.curve = depths.curve(CURVE_POINTS);
        one_pass(&mut report, &depths, limits, options)?;
    } else {
        report.notes.push(
            "One pass cannot tell this: several levels were run on the same random numbers and closed in on."
                .to_owned(),
        );
        report.safe_leverage = search(scenario, criterion, limits, options)?;
    }
    Ok(report)
}

/// Adds the answers that one pass over the paths gives, and where they come from.
fn one_pass(
    report: &mut SafeReport,
    depths: &Depths<'_>,
    limits: &[f64],
    options: &RunOptions<'_>,
) -> Result<(), RunError> {
    let (mut crossing, mut rare) = (Vec::new(), Vec::new());
    for max in limits {
        let (safe, by) = depths.safest(*max, options)?;
        match by {
            Method::QuasiMonteCarlo => crossing.push(format!("{max}")),
            Method::Splitting => rare.push(format!("{max}")),
            _ => {}
        }
        report.safe_leverage.push(safe.into());
    }
    if !crossing.is_empty() {
        report.notes.push(format!(
            "At most {}: from crossing probabilities on scrambled Sobol points.",
            crossing.join(", ")
        ));
    }
    if !rare.is_empty() {
        report.notes.push(format!(
            "At most {}: from particles, paths that are resampled on their way towards liquidation and weighted.",
            rare.join(", ")
        ));
    }
    Ok(())
}

fn search(
    scenario: &Scenario,
    criterion: Criterion,
    limits: &[f64],
    options: &RunOptions<'_>,
) -> Result<Vec<SafeEntry>, SafeError> {
    let entry = |found: Option<Found>, limit| {
        found.map(|found| SafeEntry::of(found, criterion, limit)).ok_or(SafeError::NothingToOpen)
    };
    if !criterion.has_limit() {
        return Ok(vec![entry(best(scenario, criterion, options)?, None)?]);
    }
    limits
        .iter()
        .map(|limit| entry(largest_within(scenario, criterion, *limit, options)?, Some(*limit)))
        .collect()
}
