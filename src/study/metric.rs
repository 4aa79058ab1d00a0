//! The numbers of a result by the names that limits give them, each with its error where one is known.

use serde_json::Value;

use crate::result::LevelResult;
use crate::stats::Estimate;

/// The numbers of one level by name.
pub struct Metrics {
    keys: Value,
    paths: f64,
}

/// Liquidations from which on the error of their mean time is told.
const FEWEST_TIMES: f64 = 50.0;

/// A number of a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measurement {
    /// Estimated, with its error.
    Estimated(Estimate),
    /// Follows from the scenario without simulation.
    Exact(f64),
    /// Estimated, and nothing is known of its error.
    Bare(f64),
}

impl Measurement {
    /// The number and its interval; of no width where nothing is known of the error.
    pub fn estimate(self) -> Estimate {
        match self {
            Self::Estimated(estimate) => estimate,
            Self::Exact(value) | Self::Bare(value) => Estimate::exact(value),
        }
    }
}

impl Metrics {
    /// The numbers of a level of a result of so many paths.
    pub fn new(level: &LevelResult, paths: u64) -> Self {
        // Plain structs of numbers always serialise.
        Self { keys: serde_json::to_value(level).unwrap_or_default(), paths: paths as f64 }
    }

    /// The number at a path of keys such as `liquidation_probability` or `return.quantiles.0.05`; none where the level has
    /// no such number.
    pub fn get(&self, metric: &str) -> Option<Measurement> {
        let found = follow(&self.keys, metric)?;
        if let Some(estimate) = estimate(found) {
            return Some(Measurement::Estimated(estimate));
        }
        let value = found.as_f64()?;
        Some(match metric {
            "liquidation_price" | "bankruptcy_price" | "leverage" => Measurement::Exact(value),
            "return.std_dev" => self.deviation(value),
            "time_to_liquidation_days.mean" => self.mean_time(value),
            _ => self.quantile(metric, value).unwrap_or(Measurement::Bare(value)),
        })
    }

    /// The mean of a handful of times has an error that a handful of times cannot tell.
    fn mean_time(&self, value: f64) -> Measurement {
        let number = |path: &str| follow(&self.keys, path).and_then(Value::as_f64);
        let error = number("time_to_liquidation_days.std_error");
        let relative = number("liquidation_probability.std_error")
            .zip(number("liquidation_probability.value"))
            .map_or(f64::INFINITY, |(error, value)| error / value);
        match error {
            // With k events the relative error is about 1/√k.
            Some(error) if relative * relative * FEWEST_TIMES <= 1.0 => {
                Measurement::Estimated(Estimate::normal(value, error))
            }
            _ => Measurement::Bare(value),
        }
    }

    /// A standard deviation σ has the standard error σ/2·√((κ − 1)/n) with the kurtosis κ.
    fn deviation(&self, value: f64) -> Measurement {
        match follow(&self.keys, "return.kurtosis").and_then(Value::as_f64) {
            Some(kurtosis) => {
                let error = 0.5 * value * ((kurtosis - 1.0).max(0.0) / self.paths).sqrt();
                Measurement::Estimated(Estimate::normal(value, error))
            }
            None => Measurement::Bare(value),
        }
    }

    fn quantile(&self, metric: &str, value: f64) -> Option<Measurement> {
        let key = metric.strip_prefix("return.quantiles.")?;
        let interval = follow(&self.keys, "return.quantile_intervals")?.get(key)?;
        let part = |name: &str| interval.get(name).and_then(Value::as_f64);
        let (std_error, low, high) = (part("std_error")?, part("low")?, part("high")?);
        Some(Measurement::Estimated(Estimate::new(value, std_error, [low, high])))
    }
}

/// The value at a path of keys separated by dots; a key may hold dots itself (`0.05`).
fn follow<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let table = value.as_object()?;
    if let Some(found) = table.get(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| follow(table.get(&path[..dot])?, &path[dot + 1..]))
}

fn estimate(value: &Value) -> Option<Estimate> {
    let part = |name: &str| value.get(name).and_then(Value::as_f64);
    Some(Estimate::new(part("value")?, part("std_error")?, [part("low")?, part("high")?]))
}
