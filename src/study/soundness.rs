//! Whether a result that was read from a file can be one: a run writes levels, each once, and probabilities between 0 and 1.

use crate::result::{LevelResult, RunResult};

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
