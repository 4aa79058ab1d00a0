//! Differences between two scenarios that saw the same prices: other accounts, venues or policies on the same paths.
//!
//! The paths are cut into groups of whole blocks. In each group both scenarios have a mean over the same paths, and the
//! differences of these means are independent from group to group: their spread gives the error, free of the noise that both
//! share (common random numbers: Glasserman and Yao, Management Science 38, 1992). Liquidations are counted here; where both
//! probabilities are known from crossings or particles to less than that, their own errors are taken, as if independent.

use super::simulation::{Prepared, RunError, with_same_paths};
use crate::engine::{BLOCK_LANES, Executor, RunOptions};
use crate::estimate::{Job, parts};
use crate::result::{LevelMeans, LevelResult, RunResult};
use crate::scenario::Scenario;
use crate::stats::Estimate;

/// Groups of paths, at most; an error from so many is right to a tenth.
const GROUPS: u64 = 64;
/// Fewer say nothing of an error.
const LEAST_GROUPS: u64 = 8;
/// Paths that are looked at, at most.
const MOST_PATHS: u64 = 1 << 18;

/// What another scenario has more than a first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    /// Name of the first.
    pub first: String,
    /// Name of the other.
    pub other: String,
    /// Paths that both saw.
    pub paths: u64,
    /// By leverage that both have.
    pub levels: Vec<LevelDifference>,
}

/// The differences at one leverage, the other less the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelDifference {
    /// The leverage.
    pub leverage: f64,
    /// Of the probability of liquidation.
    pub liquidation_probability: Estimate,
    /// Of the mean return on equity.
    pub mean_return: Estimate,
}

/// The differences of a scenario from a first one, both with their results; none where their paths are not the same, where there are
/// too few of them, or where no leverage is in both.
///
/// # Errors
/// See [`RunError`].
pub fn differences(
    (first, its): (&Scenario, &RunResult),
    (other, others): (&Scenario, &RunResult),
    options: &RunOptions<'_>,
) -> Result<Option<Differences>, RunError> {
    let pairs = shared_levels(its, others);
    let blocks = its.paths.min(others.paths).min(MOST_PATHS) / BLOCK_LANES as u64;
    let groups = blocks.min(GROUPS);
    if pairs.is_empty() || groups < LEAST_GROUPS {
        return Ok(None);
    }
    let scenarios = [first.clone(), other.clone()];
    let prepared = match with_same_paths(&scenarios) {
        Err(RunError::DifferentPaths) => return Ok(None),
        prepared => prepared?,
    };
    let executor = Executor::new(*options)?;
    let jobs: Vec<Job<'_>> = prepared.iter().map(Prepared::job).collect();
    let followers: Vec<_> = prepared.iter().map(|one| one.plan.follower()).collect();
    let size = blocks / groups * BLOCK_LANES as u64;
    let mut found: Vec<[Vec<f64>; 2]> = vec![Default::default(); pairs.len()];
    for group in 0..groups {
        let range = group * size..(group + 1) * size;
        let tallies = parts(&jobs, range, &executor)?.ok_or(RunError::Interrupted)?;
        let means = |index: usize| LevelMeans::of(&*followers[index], &tallies[index]);
        let (before, after) = (means(0), means(1));
        for ((place, other_place), [liquidated, returned]) in pairs.iter().zip(&mut found) {
            let (before, after) = (&before[*place], &after[*other_place]);
            liquidated.push(after.liquidated - before.liquidated);
            returned.push(after.mean_return - before.mean_return);
        }
    }
    let level = |((place, other_place), [liquidated, returned]): (&(usize, usize), &[Vec<f64>; 2])| {
        let (a, b) = (&its.levels[*place], &others.levels[*other_place]);
        let of = |replicates: &[f64], known: fn(&LevelResult) -> Estimate| {
            sharper(mean(replicates), known(a), known(b))
        };
        LevelDifference {
            leverage: a.leverage,
            liquidation_probability: of(liquidated, |level| level.liquidation_probability),
            mean_return: of(returned, |level| level.mean_return),
        }
    };
    Ok(Some(Differences {
        first: first.name.clone(),
        other: other.name.clone(),
        paths: groups * size,
        levels: pairs.iter().zip(&found).map(level).collect(),
    }))
}

/// Places of the leverages that both have.
fn shared_levels(its: &RunResult, others: &RunResult) -> Vec<(usize, usize)> {
    let place = |(place, level): (usize, &LevelResult)| {
        let other = others.levels.iter().position(|other| other.leverage == level.leverage);
        other.map(|other| (place, other))
    };
    its.levels.iter().enumerate().filter_map(place).collect()
}

/// The mean of independent differences, of either sign.
fn mean(differences: &[f64]) -> Estimate {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let squares = differences.iter().map(|difference| (difference - mean) * (difference - mean)).sum::<f64>();
    Estimate::normal_with(mean, (squares / (n * (n - 1.0))).sqrt(), n - 1.0)
}

/// The paired difference, or that of two estimates where their errors together are smaller.
fn sharper(paired: Estimate, a: Estimate, b: Estimate) -> Estimate {
    let apart = (a.std_error * a.std_error + b.std_error * b.std_error).sqrt();
    if apart < paired.std_error { Estimate::normal(b.value - a.value, apart) } else { paired }
}
