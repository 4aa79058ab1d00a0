//! Whether a result that was read from a file can be one: a run of some length and paths writes levels, each once, probabilities
//! between 0 and 1, intervals that begin before they end, and losses and times of at least 0.

use crate::result::{LevelResult, RunResult};
use crate::stats::Estimate;

/// Rounding of a sum of probabilities.
const ROUNDING: f64 = 1e-6;

/// Why no run can have written a result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnsoundResult {
    /// Nothing in it.
    #[error("it has no levels")]
    NoLevels,
    /// No time.
    #[error("its horizon is {0} days")]
    Horizon(f64),
    /// Nothing behind it.
    #[error("it rests on no path")]
    NoPaths,
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
    /// No interval.
    #[error("at {leverage}x the interval of `{key}` runs from {low} to {high}")]
    Interval {
        /// The level.
        leverage: f64,
        /// The key of the result.
        key: String,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// Less than nothing.
    #[error("at {leverage}x `{key}` is {value}, and cannot be below 0")]
    Negative {
        /// The level.
        leverage: f64,
        /// The key of the result.
        key: &'static str,
        /// What it holds.
        value: f64,
    },
    /// No distribution.
    #[error(
        "at {leverage}x the probabilities of `distribution` are none: each lies between 0 and 1, and together they are 1 at most"
    )]
    Distribution {
        /// The level.
        leverage: f64,
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
    if !(result.horizon_days > 0.0 && result.horizon_days.is_finite()) {
        return Err(UnsoundResult::Horizon(result.horizon_days));
    }
    if result.paths == 0 {
        return Err(UnsoundResult::NoPaths);
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
        for value in [estimate.value, estimate.low, estimate.high] {
            if !(0.0..=1.0).contains(&value) {
                return Err(UnsoundResult::Probability { leverage, key, value });
            }
        }
        check_estimate(leverage, key, estimate)?;
    }
    let tails = level.value_at_risk.values().map(|estimate| ("value_at_risk", estimate));
    let shortfalls = level.expected_shortfall.values().map(|estimate| ("expected_shortfall", estimate));
    let means = [("mean_return", &level.mean_return), ("bad_debt", &level.bad_debt)];
    for (key, estimate) in means.into_iter().chain(tails).chain(shortfalls) {
        check_estimate(leverage, key.to_owned(), estimate)?;
    }
    let times = level.time_to_liquidation_days.map_or([0.0; 3], |time| [time.p05, time.p50, time.p95]);
    let least = [("bad_debt", level.bad_debt.value)].into_iter();
    for (key, value) in least.chain(times.map(|time| ("time_to_liquidation_days", time))) {
        if value < 0.0 {
            return Err(UnsoundResult::Negative { leverage, key, value });
        }
    }
    if let Some(distribution) = &level.distribution {
        let probabilities = || distribution.probabilities.iter().chain([&distribution.total_loss]);
        let is_one = |p: &f64| (0.0..=1.0 + ROUNDING).contains(p);
        if !probabilities().all(is_one) || !is_one(&probabilities().sum()) {
            return Err(UnsoundResult::Distribution { leverage });
        }
    }
    Ok(())
}

fn check_estimate(leverage: f64, key: String, estimate: &Estimate) -> Result<(), UnsoundResult> {
    let Estimate { std_error, low, high, .. } = *estimate;
    if std_error.is_nan() || std_error < 0.0 {
        return Err(UnsoundResult::Error { leverage, key, value: std_error });
    }
    if low > high {
        return Err(UnsoundResult::Interval { leverage, key, low, high });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RunOptions;
    use crate::scenario::{Source, parse};
    use crate::study::run_levels;
    use serde_json::{Value, json};
    use std::sync::atomic::AtomicBool;

    fn result() -> Value {
        let text = r#"
            simulation = { horizon = "7d", paths = 500 }
            assets.BTC = { price = 100.0, model = { kind = "gbm", drift = 0.0, volatility = 0.8 } }
            account = { equity = 100.0, leverage = [5, 20], venue = "flat-0.5pct", positions = [{ asset = "BTC", side = "long" }] }
        "#;
        let scenario = parse(Source::new("a.toml", text), &[]).unwrap();
        let options = RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} };
        serde_json::to_value(run_levels(&scenario, &options).unwrap()).unwrap()
    }

    #[test]
    fn what_no_run_can_have_written_is_refused_and_named() {
        let whole = result();
        let check = |value: Value| sound(&serde_json::from_value(value).unwrap());
        assert_eq!(check(whole.clone()), Ok(()));
        for (place, value, says) in [
            ("/horizon_days", json!(0.0), "horizon is 0"),
            ("/horizon_days", json!(-7.0), "horizon is -7"),
            ("/paths", json!(0), "no path"),
            ("/levels/0/leverage", json!(20.0), "two levels of 20x"),
            ("/levels/0/liquidation_probability/value", json!(1.5), "`liquidation_probability` is 1.5"),
            ("/levels/0/liquidation_probability/high", json!(2.0), "`liquidation_probability` is 2"),
            ("/levels/1/mean_return/low", json!(9.0), "interval of `mean_return` runs from 9"),
            ("/levels/1/value_at_risk/0.95/low", json!(9.0), "interval of `value_at_risk`"),
            (
                "/levels/1/expected_shortfall/0.99/std_error",
                json!(-1.0),
                "standard error of `expected_shortfall`",
            ),
            ("/levels/1/bad_debt/value", json!(-1.0), "`bad_debt` is -1"),
            ("/levels/1/time_to_liquidation_days/p50", json!(-3.0), "`time_to_liquidation_days` is -3"),
            ("/levels/1/distribution/total_loss", json!(2.0), "`distribution`"),
            ("/levels/1/distribution/probabilities/0", json!(-3.0), "`distribution`"),
        ] {
            let mut changed = whole.clone();
            *changed.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value;
            let found = check(changed).unwrap_err().to_string();
            assert!(found.contains(says), "{place}: {found}");
        }
    }
}
