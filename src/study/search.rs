//! The largest leverage within a limit where one pass cannot tell: by runs at several levels that share their random numbers.
//!
//! The same seed at every level makes each path's fate a function of leverage alone, so that the estimates rise where
//! the truth does, and the crossing of a limit can be closed in on.

use super::criterion::Criterion;
use super::levels_at::{at_levels, spaced};
use super::leverage_range::LeverageRange;
use super::parameters::spread;
use super::simulation::{RunError, run_sampled as run};
use super::spread::Spread;
use crate::engine::RunOptions;
use crate::result::LevelResult;
use crate::scenario::Scenario;
use crate::stats::Estimate;

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
    /// The ends of the interval that counts in the errors of the parameters, where their spread was given.
    pub with_parameters: Option<[f64; 2]>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
    /// The result at the level nearest to it.
    pub level: LevelResult,
}

/// The largest leverage at which a criterion stays within its limit.
///
/// The interval's ends are where the ends of the criterion's interval cross the limit; with the `spread` over draws of the parameters there is a
/// second interval, where those of the second interval do.
///
/// # Errors
/// What keeps the scenario from running.
pub fn largest_within(
    scenario: &Scenario,
    criterion: Criterion,
    limit: f64,
    spread: Option<&Spread>,
    options: &RunOptions<'_>,
) -> Result<Option<Found>, RunError> {
    let Some(range) = LeverageRange::of(scenario) else { return Ok(None) };
    let largest = range.largest();
    // Without a second interval the last two are searched as those before them, which costs nothing.
    let within: [fn(&Estimate, f64) -> bool; 5] = [
        |e, limit| e.value <= limit,
        |e, limit| e.high <= limit,
        |e, limit| e.low <= limit,
        |e, limit| e.high_with_parameters.unwrap_or(e.high) <= limit,
        |e, limit| e.low_with_parameters.unwrap_or(e.low) <= limit,
    ];
    let mut brackets = [(0.0, largest); 5];
    let mut grid = spaced(range.searched(), largest, FIRST_LEVELS);
    let mut nearest = None;
    for _ in 0..=ROUNDS {
        let mut levels = evaluate(scenario, &grid, options)?;
        if let Some(spread) = spread {
            for level in &mut levels {
                spread.add_to_level(level);
            }
        }
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
    let [value, high_bound, low_bound, least, most] = brackets.map(|(low, _)| low);
    Ok(nearest.map(|level| Found {
        leverage: value,
        low: Some(high_bound),
        high: Some(low_bound),
        with_parameters: spread.map(|_| [least.min(high_bound), most.max(low_bound)]),
        limited_by_venue: value >= largest,
        level,
    }))
}

impl LeverageRange<'_> {
    /// Where a search through it begins.
    pub(super) fn searched(&self) -> f64 {
        SMALLEST.max(self.smallest()).min(self.largest())
    }
}

/// How the results of all levels that a search may come to vary over draws of the parameters; none where they have no errors, or the
/// scenario does not ask for them.
///
/// # Errors
/// A drawn scenario cannot be simulated.
pub fn spread_of_range(
    scenario: &Scenario,
    paths: u64,
    options: &RunOptions<'_>,
) -> Result<Option<Spread>, RunError> {
    let range = LeverageRange::of(scenario).filter(|_| scenario.simulation.parameter_errors);
    let Some(range) = range else { return Ok(None) };
    // What lies between the ends is filled in.
    spread(&at_levels(scenario, vec![range.searched(), range.largest()]), &[], paths, options)
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

/// Numbers strictly between two.
fn inner(low: f64, high: f64) -> Vec<f64> {
    if low >= high {
        return Vec::new();
    }
    let step = (high - low) / (INNER_LEVELS + 1) as f64;
    (1..=INNER_LEVELS).map(|index| low + step * index as f64).filter(|x| *x > low && *x < high).collect()
}
