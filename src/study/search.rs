//! The largest leverage within a limit where one pass cannot tell: by runs at several levels that share their random numbers.
//!
//! The same seed at every level makes each path's fate a function of leverage alone, so that the estimates rise where
//! the truth does, and the crossing of a limit can be closed in on.

use super::criterion::Criterion;
use super::safe::LeverageRange;
use super::simulation::{RunError, run_sampled as run};
use crate::engine::RunOptions;
use crate::numeric::elementary;
use crate::result::LevelResult;
use crate::scenario::{Sampling, Scenario};

/// Levels of the first run.
const FIRST_LEVELS: usize = 16;
/// Levels inside each interval that is closed in on.
const INNER_LEVELS: usize = 5;
/// Runs after the first: each divides an interval by six.
const ROUNDS: usize = 5;
/// Where the search begins.
pub(super) const SMALLEST: f64 = 0.05;

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The leverage; 0 if even the smallest is too much.
    pub leverage: f64,
    /// Lower end of its interval; none where nothing is known of it.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
    /// The result at the level nearest to it.
    pub level: LevelResult,
}

/// The largest leverage at which a criterion stays within its limit.
///
/// The interval's ends are where the ends of the criterion's interval cross the limit.
///
/// # Errors
/// What keeps the scenario from running.
pub fn largest_within(
    scenario: &Scenario,
    criterion: Criterion,
    limit: f64,
    options: &RunOptions<'_>,
) -> Result<Option<Found>, RunError> {
    let Some(range) = LeverageRange::of(scenario) else { return Ok(None) };
    let largest = range.largest();
    let within: [fn(&crate::stats::Estimate, f64) -> bool; 3] =
        [|e, limit| e.value <= limit, |e, limit| e.high <= limit, |e, limit| e.low <= limit];
    let mut brackets = [(0.0, largest); 3];
    let mut grid = spaced(SMALLEST.max(range.smallest()).min(largest), largest, FIRST_LEVELS);
    let mut nearest = None;
    for _ in 0..=ROUNDS {
        let levels = evaluate(scenario, &grid, options)?;
        for (bracket, within) in brackets.iter_mut().zip(&within) {
            let good = |level: &&LevelResult| {
                criterion.limited(level).is_some_and(|estimate| within(&estimate, limit))
            };
            // The first level beyond the limit, and the last before it.
            let fails = levels.iter().filter(|level| level.leverage > bracket.0).find(|level| !good(level));
            bracket.1 = fails.map_or(bracket.1, |level| level.leverage.min(bracket.1));
            let holds = levels.iter().filter(|level| level.leverage < bracket.1 || fails.is_none());
            let last = holds.filter(good).map(|level| level.leverage).fold(bracket.0, f64::max);
            bracket.0 = last.min(bracket.1);
        }
        let target = brackets[0].0;
        nearest = levels
            .into_iter()
            .min_by(|a, b| (a.leverage - target).abs().total_cmp(&(b.leverage - target).abs()));
        let open = brackets.iter().filter(|(low, _)| *low > 0.0 || !range.is_bounded_below());
        grid = open.flat_map(|(low, high)| inner(*low, *high)).collect();
        grid.sort_by(f64::total_cmp);
        grid.dedup();
        if grid.is_empty() {
            break;
        }
    }
    let [value, high_bound, low_bound] = brackets.map(|(low, _)| low);
    Ok(nearest.map(|level| Found {
        leverage: value,
        low: Some(high_bound),
        high: Some(low_bound),
        limited_by_venue: value >= largest,
        level,
    }))
}

/// A scenario at other levels than its own, where Sobol points need not be had: a stop may come before liquidation there.
pub(super) fn at_levels(scenario: &Scenario, leverages: Vec<f64>) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.account.leverage = leverages;
    scenario.simulation.parameter_errors = false;
    if scenario.simulation.sampling == Sampling::Sobol {
        scenario.simulation.sampling = Sampling::Auto;
    }
    scenario
}

/// The results of a scenario at other levels.
pub(super) fn evaluate(
    scenario: &Scenario,
    grid: &[f64],
    options: &RunOptions<'_>,
) -> Result<Vec<LevelResult>, RunError> {
    let result = run(&at_levels(scenario, grid.to_vec()), options)?;
    if options.stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(RunError::Interrupted);
    }
    Ok(result.levels)
}

/// Numbers in equal ratios, both ends included.
pub(super) fn spaced(from: f64, to: f64, count: usize) -> Vec<f64> {
    let mut numbers: Vec<f64> = (0..count)
        .map(|index| from * elementary::powf(to / from, index as f64 / (count - 1) as f64))
        .map(|number| number.min(to))
        .collect();
    numbers.dedup();
    numbers
}

/// Numbers strictly between two.
fn inner(low: f64, high: f64) -> Vec<f64> {
    if low >= high {
        return Vec::new();
    }
    let step = (high - low) / (INNER_LEVELS + 1) as f64;
    (1..=INNER_LEVELS).map(|index| low + step * index as f64).filter(|x| *x > low && *x < high).collect()
}
