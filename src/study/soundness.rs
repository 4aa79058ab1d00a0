//! Whether a result that was read from a file can be one: a run writes levels, each once, and probabilities between 0 and 1.

use crate::result::{LevelResult, RunResult};
use crate::stats::Estimate;

/// Why no run can have written a result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnsoundResult {
    /// Nothing in it.
    #[error("it has no levels")]
    NoLevels,
    /// No leverage.
    #[error("a level has a leverage of {0}")]
    Leverage(f64),
    /// Two levels of one leverage.
    #[error("it has two levels of {0}x")]
    Twice(f64),
    /// No probability.
    #[error("at {leverage}x `{key}` is {value}, and a probability lies between 0 and 1")]
    Probability {
        /// The level.
        leverage: f64,
        /// The key of the result.
        key: String,
        /// What it holds.
        value: f64,
    },
    /// An interval that does not hold the one of sampling.
    #[error(
        "at {leverage}x the interval of `{key}` with parameters does not hold that of sampling, or leaves 0 to 1"
    )]
    Parameters {
        /// The level.
        leverage: f64,
        /// The key of the result.
        key: String,
    },
    /// No error.
    #[error("at {leverage}x the standard error of `{key}` is {value}")]
    Error {
        /// The level.
        leverage: f64,
        /// The key of the result.
        key: String,
        /// What it holds.
        value: f64,
    },
}

/// Refuses what no run can have written.
///
/// # Errors
/// See [`UnsoundResult`].
pub fn sound(result: &RunResult) -> Result<(), UnsoundResult> {
    if result.levels.is_empty() {
        return Err(UnsoundResult::NoLevels);
    }
    for (index, level) in result.levels.iter().enumerate() {
        let leverage = level.leverage;
        if !(leverage > 0.0 && leverage.is_finite()) {
            return Err(UnsoundResult::Leverage(leverage));
        }
        if result.levels[..index].iter().any(|other| other.leverage == leverage) {
            return Err(UnsoundResult::Twice(leverage));
        }
        check(level)?;
    }
    Ok(())
}

fn check(level: &LevelResult) -> Result<(), UnsoundResult> {
    let leverage = level.leverage;
    let own = [
        ("liquidation_probability", &level.liquidation_probability),
        ("loss_probability", &level.loss_probability),
    ];
    let others = [("mean_return", &level.mean_return), ("bad_debt", &level.bad_debt)];
    for (key, estimate) in own.into_iter().chain(others) {
        let is_share = key.ends_with("probability");
        let ends = estimate.low_with_parameters.into_iter().chain(estimate.high_with_parameters);
        if !is_held(estimate) || is_share && ends.into_iter().any(|end| !(0.0..=1.0).contains(&end)) {
            return Err(UnsoundResult::Parameters { leverage, key: key.to_owned() });
        }
    }
    let exits = level.exits.iter().map(|(name, exit)| (format!("exits.{name}"), exit));
    for (key, estimate) in own.into_iter().map(|(key, estimate)| (key.to_owned(), estimate)).chain(exits) {
        let (value, error) = (estimate.value, estimate.std_error);
        if !(0.0..=1.0).contains(&value) {
            return Err(UnsoundResult::Probability { leverage, key, value });
        }
        if error.is_nan() || error < 0.0 {
            return Err(UnsoundResult::Error { leverage, key, value: error });
        }
    }
    Ok(())
}

/// Whether the second interval, if there is one, has both ends and holds the first.
fn is_held(estimate: &Estimate) -> bool {
    match (estimate.low_with_parameters, estimate.high_with_parameters) {
        (None, None) => true,
        (Some(low), Some(high)) => low <= estimate.low && estimate.high <= high,
        _ => false,
    }
}
