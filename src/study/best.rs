//! The leverage with the best score, the leverages that do as well, or that none does.
//!
//! **Is there any?** A share of wealth on a bet raises its growth exactly if the bet's mean is above zero (Kelly 1956), and so
//! does the mean return over expected shortfall. The mean return of every level that is looked at is tested, at one error rate
//! over all (Bonferroni): if no interval lies above zero, the answer is no leverage.
//!
//! **Which?** Levels are run on the same random numbers and closed in on. Where neither liquidation nor costs tell them apart,
//! leverages do equally well: half the collateral at twice the leverage is the same position. Of those the answer is
//! one whatever the seed: by growth the least, whose collateral is all of the wealth; by return per shortfall the largest.
//!
//! **How sure?** The paths are cut into batches. In each, the score of the best level less that of another is taken on the same
//! paths; a level whose mean difference over the batches is not above zero by Student's t may be the best (multiple
//! comparisons with the best: Hsu, "Simultaneous confidence intervals for all distances from the best", Annals of
//! Statistics 9 (1981); batch means as in Law, "Simulation Modeling and Analysis", 2015, section 9.5).

use super::criterion::Criterion;
use super::safe::LeverageRange;
use super::search::{SMALLEST, evaluate, spaced};
use crate::engine::{LevelResult, RunError, RunOptions};
use crate::numeric::special::student_quantile_above;
use crate::numeric::{mix64, normal_quantile};
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::{CONFIDENCE, Estimate};

/// Levels of a run.
const LEVELS: usize = 16;
/// Runs that close in on the best level, each dividing its neighbourhood by eight.
const ROUNDS: usize = 3;
/// Batches of paths, and the fewest paths that make one.
const BATCHES: u64 = 16;
const LEAST_BATCH: u64 = 256;
/// Scores nearer to each other than this share are the same for all purposes.
const SAME: f64 = 1e-3;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Best {
    /// No leverage: nowhere is the mean return above zero.
    None {
        /// The mean return of the level that comes nearest to it, with an interval that holds for all levels together.
        mean_return: Estimate,
        /// That level.
        leverage: f64,
    },
    /// The best leverage.
    At(Box<BestLevel>),
}

/// The best leverage and the range of those that do as well.
#[derive(Debug, Clone, PartialEq)]
pub struct BestLevel {
    /// The result at the best leverage.
    pub level: LevelResult,
    /// The least leverage that may be as good.
    pub low: f64,
    /// The largest leverage that may be as good.
    pub high: f64,
    /// The score at the best leverage, with the error of batches.
    pub score: Estimate,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
}

/// The leverage at which a criterion's score is largest, on so many paths; none if the venue lets nothing be opened.
///
/// # Errors
/// What keeps the scenario from running.
pub fn best(
    scenario: &Scenario,
    criterion: Criterion,
    paths: u64,
    options: &RunOptions<'_>,
) -> Result<Option<Best>, RunError> {
    let Some(range) = LeverageRange::of(scenario) else { return Ok(None) };
    let mut scenario = scenario.clone();
    // Scores rest on the plain paths: nothing else is needed.
    scenario.simulation.sampling = Sampling::Pseudo;
    scenario.simulation.paths = PathBudget::Fixed(paths);
    let first = evaluate(&scenario, &spaced(SMALLEST.min(range.largest()), range.largest(), LEVELS), options)?;
    let sure = -normal_quantile(0.5 * (1.0 - CONFIDENCE) / first.len() as f64);
    let certainty = |level: &LevelResult| level.mean_return.value / level.mean_return.std_error;
    let surest = first.iter().filter(|level| level.mean_return.std_error > 0.0);
    let Some(surest) = surest.max_by(|a, b| certainty(a).total_cmp(&certainty(b))) else { return Ok(None) };
    if certainty(surest) <= sure {
        let Estimate { value, std_error, .. } = surest.mean_return;
        let (low, high) = (value - sure * std_error, value + sure * std_error);
        let mean_return = Estimate { value, std_error, low, high };
        return Ok(Some(Best::None { mean_return, leverage: surest.leverage }));
    }
    let Some(top) = closed_in(&scenario, criterion, &first, options)? else { return Ok(None) };
    let chosen = of_the_same(&scenario, criterion, top, options)?;
    let mut grid: Vec<f64> = first.iter().map(|level| level.leverage).collect();
    let mut found = compared(&scenario, criterion, &chosen, &grid, paths, options)?;
    // Once more between the ends and what lies outside.
    let below = grid.iter().rev().find(|leverage| **leverage < found.low).copied();
    let above = grid.iter().find(|leverage| **leverage > found.high).copied();
    let inside = |from: f64, to: f64| spaced(from, to, LEVELS / 2);
    grid = below.map_or_else(Vec::new, |below| inside(below, found.low));
    grid.extend(above.map_or_else(Vec::new, |above| inside(found.high, above)));
    if !grid.is_empty() {
        let (low, high) = (found.low, found.high);
        found = compared(&scenario, criterion, &chosen, &grid, paths, options)?;
        (found.low, found.high) = (found.low.min(low), found.high.max(high));
    }
    found.limited_by_venue = found.level.leverage >= range.largest();
    Ok(Some(Best::At(Box::new(found))))
}

/// The level with the largest score between the neighbours of the best of these.
fn closed_in(
    scenario: &Scenario,
    criterion: Criterion,
    first: &[LevelResult],
    options: &RunOptions<'_>,
) -> Result<Option<LevelResult>, RunError> {
    let mut levels = first.to_vec();
    let mut best: Option<LevelResult> = None;
    for round in 0..=ROUNDS {
        let scored = levels.iter().enumerate().filter(|(_, level)| criterion.score(level).is_finite());
        let Some((place, top)) =
            scored.max_by(|(_, a), (_, b)| criterion.score(a).total_cmp(&criterion.score(b)))
        else {
            break;
        };
        let ends = (levels[place.saturating_sub(1)].leverage, levels[(place + 1).min(levels.len() - 1)].leverage);
        if best.as_ref().is_none_or(|best| criterion.score(top) > criterion.score(best)) {
            best = Some(top.clone());
        }
        if round == ROUNDS || ends.0 >= ends.1 {
            break;
        }
        levels = evaluate(scenario, &spaced(ends.0, ends.1, LEVELS), options)?;
    }
    Ok(best)
}

/// Of the leverages that do as well as the best one, the one that stands for all.
fn of_the_same(
    scenario: &Scenario,
    criterion: Criterion,
    best: LevelResult,
    options: &RunOptions<'_>,
) -> Result<LevelResult, RunError> {
    let goal = (1.0 - SAME) * criterion.score(&best);
    let largest = LeverageRange::of(scenario).map_or(best.leverage, |range| range.largest());
    if criterion == Criterion::Kelly {
        // The same position with all of the wealth as collateral.
        let least = best.kelly.fraction * best.leverage;
        if least >= best.leverage || least <= 0.0 {
            return Ok(best);
        }
        let level = evaluate(scenario, &[least], options)?.pop();
        return Ok(level.filter(|level| criterion.score(level) >= goal).unwrap_or(best));
    }
    let mut best = best;
    let mut ends = (best.leverage, largest);
    for _ in 0..=ROUNDS {
        if ends.0 >= ends.1 {
            break;
        }
        let levels = evaluate(scenario, &spaced(ends.0, ends.1, LEVELS), options)?;
        let beyond = levels.iter().position(|level| !(criterion.score(level) >= goal));
        let last = beyond.unwrap_or(levels.len()).saturating_sub(1);
        ends = (levels[last].leverage, levels[(last + 1).min(levels.len() - 1)].leverage);
        best = levels[last].clone();
    }
    Ok(best)
}

/// Compares a level with others, batch by batch.
fn compared(
    scenario: &Scenario,
    criterion: Criterion,
    chosen: &LevelResult,
    grid: &[f64],
    paths: u64,
    options: &RunOptions<'_>,
) -> Result<BestLevel, RunError> {
    let mut levels = grid.to_vec();
    levels.push(chosen.leverage);
    let mut scores = vec![Vec::new(); levels.len()];
    let mut batch = scenario.clone();
    batch.simulation.paths = PathBudget::Fixed((paths / BATCHES).max(LEAST_BATCH));
    for number in 0..BATCHES {
        batch.simulation.seed = mix64(scenario.simulation.seed ^ mix64(number + 1));
        for (scores, level) in scores.iter_mut().zip(evaluate(&batch, &levels, options)?) {
            scores.push(criterion.score(&level));
        }
    }
    let own = scores.pop().unwrap_or_default();
    // One-sided, at one error rate over all comparisons.
    let sure = student_quantile_above((BATCHES - 1) as f64, (1.0 - CONFIDENCE) / grid.len().max(1) as f64);
    let is_as_good = |others: &Vec<f64>| {
        let differences = own.iter().zip(others).map(|(own, other)| own - other);
        let (mean, std_error) = mean_and_error(differences);
        !(mean > sure * std_error && mean > SAME * mean_and_error(own.iter().copied()).0)
    };
    let good = || grid.iter().zip(&scores).filter(|(_, scores)| is_as_good(scores)).map(|(leverage, _)| *leverage);
    let low = good().fold(chosen.leverage, f64::min);
    let high = good().fold(chosen.leverage, f64::max);
    let half = student_quantile_above((BATCHES - 1) as f64, 0.5 * (1.0 - CONFIDENCE));
    let (_, std_error) = mean_and_error(own.into_iter());
    let value = criterion.score(chosen);
    let score = Estimate { value, std_error, low: value - half * std_error, high: value + half * std_error };
    Ok(BestLevel { level: chosen.clone(), low, high, score, limited_by_venue: false })
}

/// The mean of independent numbers and its standard error.
fn mean_and_error(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = numbers.clone().count() as f64;
    let mean = numbers.clone().fold(0.0, |sum, number| sum + number) / count;
    let squares = numbers.fold(0.0, |sum, number| sum + (number - mean) * (number - mean));
    (mean, (squares / (count * (count - 1.0))).sqrt())
}
