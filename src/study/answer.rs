//! What leverage is safe, or best? The whole answer of `liqsim safe`, as data.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::best::{Best, best};
use super::criterion::Criterion;
use super::curve_point::CurvePoint;
use super::leverage_range::LARGEST;
use super::parameters::spread;
use super::safe::Depths;
use super::search::{Found, largest_within, spread_of_range};
use super::simulation::{RunError, run_tallied};
use super::spread::Spread;
use crate::engine::RunOptions;
use crate::result::{Kelly, SafeLeverage};
use crate::scenario::Scenario;
use crate::stats::Method;

/// Leverages of the curve.
const CURVE_POINTS: usize = 60;
/// The answer where no leverage pays.
const NO_LEVERAGE: &str = "no leverage: expected growth is not above zero";

/// What the second interval of a best leverage is.
const PARAMETERS: &str = "The interval with parameters is the spread of the best leverage over 256 draws of the parameters, each on the same few paths, \
                          beside that of the batches. It holds if the future resembles the window that the model was fitted to.";
/// The answers of a miner where there is nothing to close in on.
const NO_DEBT: &str = "even without debt it is more";
const ANY_DEBT: &str = "no larger one is looked at: what more debt adds lenders would lose";
const LENDERS_CAP: &str = "the lender of the coins would call at once";

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
    /// Of a miner the debt over the assets at that leverage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loan_to_value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Lower end of the 95 % interval that counts in the errors of the model's parameters, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_with_parameters: Option<f64>,
    /// Upper end of that interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_with_parameters: Option<f64>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
    /// The share of wealth as collateral and the growth, where that is the criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kelly: Option<Kelly>,
    /// Why the leverage is 0 or, of a miner, the largest there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<SafeLeverage> for SafeEntry {
    fn from(safe: SafeLeverage) -> Self {
        Self {
            max_probability: Some(safe.max_probability),
            max: None,
            leverage: safe.leverage,
            loan_to_value: None,
            low: Some(safe.low),
            high: Some(safe.high),
            low_with_parameters: safe.low_with_parameters,
            high_with_parameters: safe.high_with_parameters,
            limited_by_venue: safe.limited_by_venue,
            kelly: None,
            reason: None,
        }
    }
}

impl SafeEntry {
    fn of(found: Found, criterion: Criterion, limit: f64) -> Self {
        let is_liquidation = criterion == Criterion::LiquidationProbability;
        Self {
            max_probability: is_liquidation.then_some(limit),
            max: (!is_liquidation).then_some(limit),
            leverage: found.leverage,
            loan_to_value: None,
            low: found.low,
            high: found.high,
            low_with_parameters: found.with_parameters.map(|[low, _]| low),
            high_with_parameters: found.with_parameters.map(|[_, high]| high),
            limited_by_venue: found.limited_by_venue,
            kelly: None,
            reason: None,
        }
    }

    /// Says an answer of a miner as debt, and why it is at an end of what can be.
    fn as_debt(&mut self) {
        self.loan_to_value = (self.leverage >= 1.0).then(|| 1.0 - 1.0 / self.leverage);
        if self.reason.is_none() && self.leverage < 1.0 {
            self.reason = Some(NO_DEBT.to_owned());
        } else if self.limited_by_venue {
            let why = if self.leverage < LARGEST { LENDERS_CAP } else { ANY_DEBT };
            self.reason = Some(why.to_owned());
        }
    }

    fn of_best(found: &Best, criterion: Criterion) -> Self {
        let none = Self {
            max_probability: None,
            max: None,
            leverage: 0.0,
            loan_to_value: None,
            low: Some(0.0),
            high: None,
            low_with_parameters: None,
            high_with_parameters: None,
            limited_by_venue: false,
            kelly: None,
            reason: Some(NO_LEVERAGE.to_owned()),
        };
        match found {
            Best::None { .. } => none,
            Best::At(best) => Self {
                leverage: best.level.leverage,
                low: Some(best.low),
                high: Some(best.high),
                low_with_parameters: best.with_parameters.map(|[low, _]| low),
                high_with_parameters: best.with_parameters.map(|[_, high]| high),
                limited_by_venue: best.limited_by_venue,
                kelly: (criterion == Criterion::Kelly).then_some(best.level.kelly),
                reason: None,
                ..none
            },
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
    let depths = Depths::new(scenario, &tally).map(|depths| depths.resting_on(&result));
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
        && let Some(depths) = depths
    {
        "one_pass".clone_into(&mut report.method);
        report.curve = depths.curve(CURVE_POINTS);
        one_pass(&mut report, scenario, &depths, limits, options)?;
    } else {
        report.notes.push(
            "One pass cannot tell this: several levels were run on the same random numbers and closed in on."
                .to_owned(),
        );
        if criterion.has_limit() {
            let spread = spread_of_range(scenario, report.paths, options)?;
            report.safe_leverage = search(scenario, criterion, limits, (spread.as_ref(), options))?;
            let notes = spread.map(|spread| spread.notes(Vec::new(), Vec::new()));
            report.notes.extend(notes.into_iter().flatten().map(|note| note.text().message));
        } else {
            let found = best(scenario, criterion, report.paths, options)?.ok_or(SafeError::NothingToOpen)?;
            report.safe_leverage.push(SafeEntry::of_best(&found, criterion));
            report.notes.push(words(&found, criterion, scenario.miner.is_some()));
            if matches!(&found, Best::At(best) if best.with_parameters.is_some()) {
                report.notes.push(PARAMETERS.to_owned());
            }
        }
    }
    if scenario.miner.is_some() {
        report.safe_leverage.iter_mut().for_each(SafeEntry::as_debt);
    }
    Ok(report)
}

/// Adds the answers that one pass over the paths gives, and where they come from.
fn one_pass(
    report: &mut SafeReport,
    scenario: &Scenario,
    depths: &Depths<'_>,
    limits: &[f64],
    options: &RunOptions<'_>,
) -> Result<(), RunError> {
    let (mut crossing, mut rare, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for max in limits {
        let (safe, by) = depths.safest(*max, options)?;
        match by {
            Method::QuasiMonteCarlo => crossing.push(format!("{max}")),
            Method::Splitting => rare.push(format!("{max}")),
            _ => {}
        }
        found.push(safe);
    }
    if scenario.simulation.parameter_errors {
        let ends = [report.curve.first(), report.curve.last()].into_iter().flatten();
        let further: Vec<f64> =
            found.iter().map(|safe| safe.leverage).chain(ends.map(|point| point.leverage)).collect();
        if let Some(spread) = spread(scenario, &further, report.paths, options)? {
            let (mut unknown, mut beyond) = (Vec::new(), Vec::new());
            for safe in &mut found {
                match spread.of_liquidation(safe.leverage, safe.max_probability) {
                    Some(deviation) => *safe = depths.with_parameter_error(*safe, deviation),
                    None => unknown.push(safe.leverage),
                }
                if spread.is_beyond(safe.leverage, safe.max_probability) {
                    beyond.push(safe.leverage);
                }
            }
            report.curve.iter_mut().for_each(|point| point.count_parameters_in(&spread));
            report.notes.extend(spread.notes(unknown, beyond).iter().map(|note| note.text().message));
        }
    }
    report.safe_leverage.extend(found.into_iter().map(SafeEntry::from));
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
    (spread, options): (Option<&Spread>, &RunOptions<'_>),
) -> Result<Vec<SafeEntry>, SafeError> {
    let entry = |limit: &f64| {
        let found = largest_within(scenario, criterion, *limit, spread, options)?;
        found.map(|found| SafeEntry::of(found, criterion, *limit)).ok_or(SafeError::NothingToOpen)
    };
    limits.iter().map(entry).collect()
}

/// What to know of the best leverage.
fn words(found: &Best, criterion: Criterion, is_miner: bool) -> String {
    match found {
        Best::None { mean_return, leverage } => format!(
            "No leverage has a mean return that is surely above zero: at {leverage:.2}x, the surest, it is {:.3} % [{:.3} %, {:.3} %]. \
             More paths tell smaller ones.",
            100.0 * mean_return.value,
            100.0 * mean_return.low,
            100.0 * mean_return.high
        ),
        Best::At(_) if criterion == Criterion::Kelly && is_miner => {
            "Of leverages that do equally well the least is named. The interval is from independent batches of paths."
                .to_owned()
        }
        Best::At(_) if criterion == Criterion::Kelly => {
            "Half the collateral at twice the leverage is the same position, as long as it is not liquidated: of leverages that do \
             equally well the least is named. The interval is from independent batches of paths."
                .to_owned()
        }
        Best::At(_) => {
            "Of leverages that do equally well (within 1 % of the score) the largest is named. The interval is from independent \
             batches of paths."
                .to_owned()
        }
    }
}
