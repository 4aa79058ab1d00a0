//! The probability of liquidation over a dense grid of leverages, so that nobody has to read between levels.
//!
//! Every point is computed: the listed levels with the numbers of the run, the others by a run of their own with fewer
//! paths, whose errors they carry. Where the highest price decides at every level, more levels cost next to nothing and a
//! quarter of the paths is enough to add less than half of the time; elsewhere each level is followed on its own, and the
//! paths shrink as the levels grow.

use std::borrow::Cow;

use super::levels_at::at_levels;
use super::leverage_range::LeverageRange;
use super::simulation::{Prepared, RunError};
use crate::engine::{Executor, RunOptions};
use crate::estimate::{CurvePart, estimate, outcome_of};
use crate::numeric::elementary;
use crate::result::{CurveLevel, RunResult, summarise};
use crate::scenario::{PathBudget, Scenario};

/// Points of the curve besides the listed levels.
const POINTS: usize = 64;
/// How far the curve reaches on both sides of a single level.
const REACH: f64 = 5.0;
/// Paths of the run for each of the curve's, where levels cost next to nothing.
const CHEAP: u64 = 4;
/// Fewest paths of a curve; where a run has fewer to give, its own levels are all of it.
const LEAST_PATHS: u64 = 256;
/// Most paths: a curve is a picture, and a run of many machines must not wait for it.
const MOST_PATHS: u64 = 1 << 18;

/// The curve of a finished run; only its own levels where the venue allows nothing between them. Parts of the run may have made the runs of
/// the other levels already.
///
/// # Errors
/// See [`RunError`].
pub fn curve(
    scenario: &Scenario,
    result: &RunResult,
    made: Option<CurvePart>,
    options: &RunOptions<'_>,
) -> Result<Vec<CurveLevel>, RunError> {
    let mut levels: Vec<CurveLevel> = result.levels.iter().map(CurveLevel::of).collect();
    if let Some((dense, paths)) = dense(scenario, result.paths) {
        let prepared = Prepared::of(Cow::Owned(dense))?;
        let (job, executor) = (prepared.job(), Executor::new(*options)?);
        let outcome = match made.filter(|made| made.tally.paths == paths) {
            Some(CurvePart { tally, work }) => outcome_of(&job, tally, &executor.sharing(None, work)),
            None => estimate(&[job], &executor)?.pop().ok_or(RunError::Interrupted)?,
        };
        if outcome.tally.paths == 0 {
            return Err(RunError::Interrupted);
        }
        let found = summarise(&prepared.scenario, &prepared.plan, &prepared.estimators, &outcome);
        levels.extend(found.levels.iter().map(CurveLevel::of));
        levels.sort_by(|a, b| a.leverage.total_cmp(&b.leverage));
    }
    if only_the_price_moves(scenario) {
        bound(&mut levels);
    }
    Ok(levels)
}

/// What parts of a run of some paths share out of its curve: the run of the other levels, where what it comes to takes little room, and its
/// number of paths. Elsewhere it is left to whoever joins the parts.
pub(super) fn shared(scenario: &Scenario, paths: u64) -> Option<(Scenario, u64)> {
    dense(scenario, paths).filter(|_| only_the_price_moves(scenario))
}

/// The run of the levels between those of a run of some paths, and its number of paths; none where there are no such levels, or few paths.
fn dense(scenario: &Scenario, paths: u64) -> Option<(Scenario, u64)> {
    let leverages = between(scenario);
    let paths = budget(scenario, leverages.len(), paths);
    if leverages.is_empty() || paths < LEAST_PATHS {
        return None;
    }
    let mut dense = at_levels(scenario, leverages);
    dense.simulation.paths = PathBudget::Fixed(paths);
    Some((dense, paths))
}

/// Leverages of three digits between the listed ones, evenly spaced in logarithms; none of the listed.
fn between(scenario: &Scenario) -> Vec<f64> {
    let listed = &scenario.account.leverage;
    let (Some(&first), Some(&last)) = (listed.first(), listed.last()) else { return Vec::new() };
    let Some(range) = LeverageRange::of(scenario) else { return Vec::new() };
    let (from, to) = match first < last {
        true => (first, last),
        false => (first / REACH, (last * REACH).min(range.largest()).max(last)),
    };
    let step = |index: usize| from * elementary::powf(to / from, index as f64 / (POINTS - 1) as f64);
    let mut leverages: Vec<f64> = (0..POINTS).map(step).map(three_digits).collect();
    leverages.dedup();
    // A miner without debt has a leverage of 1.
    let least = if scenario.miner.is_some() { from.max(1.0) } else { from };
    leverages.retain(|leverage| (least..=to).contains(leverage) && !listed.contains(leverage));
    leverages
}

/// Rounded to three significant digits.
fn three_digits(leverage: f64) -> f64 {
    let digits = if leverage >= 100.0 {
        0
    } else if leverage >= 10.0 {
        1
    } else if leverage >= 1.0 {
        2
    } else {
        3
    };
    let unit = 10f64.powi(digits);
    (leverage * unit).round() / unit
}

/// Paths of a curve of so many levels for a run of so many.
fn budget(scenario: &Scenario, levels: usize, paths: u64) -> u64 {
    let listed = scenario.account.leverage.len().max(1);
    let cost =
        if only_the_price_moves(scenario) { CHEAP } else { CHEAP.max((2 * levels).div_ceil(listed) as u64) };
    (paths / cost).min(MOST_PATHS)
}

/// Whether one number a path decides at every level, so that more levels cost next to nothing.
fn only_the_price_moves(scenario: &Scenario) -> bool {
    let account = &scenario.account;
    scenario.miner.is_none()
        && !account.is_portfolio()
        && scenario.policy.is_empty()
        && account.flows.is_empty()
        && !account.venue.acts_in_steps()
}

/// Where nothing was seen, the bound of a lower level is at most that of the next higher one: levels are watched on the
/// same paths, and a lower leverage is not riskier.
fn bound(levels: &mut [CurveLevel]) {
    let mut above = 1.0;
    for level in levels.iter_mut().rev() {
        let estimate = &mut level.liquidation_probability;
        if estimate.value == 0.0 {
            estimate.high = estimate.high.min(above);
        }
        above = estimate.high;
    }
}
