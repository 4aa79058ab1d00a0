//! A key of the scenario that takes several values, in one line of text: `horizon=1d..90d`.

use std::str::FromStr;

use super::sweep::Axis;
use super::types::Scenario;
use super::usual::WITH_VOLATILITY;
use crate::market::Duration;
use crate::numeric::elementary;

/// Values of a range without a count.
const VALUES: usize = 6;
/// Most values of a range.
const MOST_VALUES: usize = 1000;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// A text that is no axis, or a key that the scenario does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AxisError {
    /// Not of the form.
    #[error("must be KEY=FROM..TO, KEY=FROM..TO:COUNT or KEY=A,B,C, such as horizon=1d..90d")]
    Form,
    /// Too few or too many values.
    #[error("a range must have between 2 and {MOST_VALUES} values, and not {0}")]
    Count(usize),
    /// The short name `volatility` stands for nothing.
    #[error("a {kind} model has no key `volatility`; name the key in full, such as assets.{asset}.model.KEY")]
    NoVolatility {
        /// Kind of the model.
        kind: String,
        /// Name of the asset.
        asset: String,
    },
}

impl FromStr for Axis {
    type Err = AxisError;

    /// Reads `horizon=1d..90d`, `volatility=40%..90%:11` or `horizon=1d,7d,30d`; the key as it was typed.
    fn from_str(text: &str) -> Result<Self, AxisError> {
        let (key, values) = text.split_once('=').ok_or(AxisError::Form)?;
        let (key, values) = (key.trim(), values.trim());
        if key.is_empty() || values.is_empty() {
            return Err(AxisError::Form);
        }
        let values = match values.split_once("..") {
            None => values.split(',').map(|value| value.trim().to_owned()).collect(),
            Some((from, rest)) => {
                let (to, count) = match rest.rsplit_once(':') {
                    None => (rest, VALUES),
                    Some((to, count)) => (to, count.parse().map_err(|_| AxisError::Form)?),
                };
                if !(2..=MOST_VALUES).contains(&count) {
                    return Err(AxisError::Count(count));
                }
                range(from.trim(), to.trim(), count).ok_or(AxisError::Form)?
            }
        };
        if values.iter().any(String::is_empty) {
            return Err(AxisError::Form);
        }
        Ok(Axis { key: key.to_owned(), values })
    }
}

/// Durations in about equal ratios, rounded to whole days or hours; numbers in equal steps.
fn range(from: &str, to: &str, count: usize) -> Option<Vec<String>> {
    let share = |index: usize| index as f64 / (count - 1) as f64;
    if let (Ok(from), Ok(to)) = (from.parse::<Duration>(), to.parse::<Duration>()) {
        let (a, b) = (from.seconds(), to.seconds());
        if a == 0 || b <= a {
            return None;
        }
        let between = |index| a as f64 * elementary::powf(b as f64 / a as f64, share(index));
        let rounded = |seconds: f64| {
            let unit = if seconds >= 2.0 * DAY as f64 { DAY } else { HOUR };
            let whole = (seconds / unit as f64).round() as u64 * unit;
            if whole == 0 { seconds.round() as u64 } else { whole }
        };
        let mut all: Vec<u64> = (1..count - 1).map(|index| rounded(between(index)).clamp(a, b)).collect();
        all.insert(0, a);
        all.push(b);
        all.dedup();
        return Some(all.into_iter().map(|seconds| Duration::from_seconds(seconds).to_string()).collect());
    }
    let unit = ["%", "bp"].into_iter().find(|unit| from.ends_with(unit) && to.ends_with(unit)).unwrap_or("");
    let number = |text: &str| text.strip_suffix(unit)?.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let (a, b) = (number(from)?, number(to)?);
    if a == b {
        return None;
    }
    // Twelve digits hide the rounding of the step and nothing else.
    let at = |index| format!("{:.11e}", a + (b - a) * share(index)).parse::<f64>().ok();
    (0..count).map(|index| at(index).map(|value| format!("{value}{unit}"))).collect()
}

impl Axis {
    /// The axis with the full path of its key: `horizon` and `volatility` are short for those of the simulation and of the
    /// position's asset.
    ///
    /// # Errors
    /// The asset's model has no volatility.
    pub fn resolved(&self, scenario: &Scenario) -> Result<Self, AxisError> {
        let position = scenario.account.positions.first();
        let asset = position.and_then(|position| scenario.assets.get(position.asset));
        let key = match (self.key.as_str(), asset) {
            ("horizon", _) => "simulation.horizon".to_owned(),
            ("volatility", Some(asset)) => {
                if !WITH_VOLATILITY.contains(&asset.model.kind()) {
                    let (kind, asset) = (asset.model.kind().to_owned(), asset.name.clone());
                    return Err(AxisError::NoVolatility { kind, asset });
                }
                format!("assets.{}.model.volatility", asset.name)
            }
            (key, _) => key.to_owned(),
        };
        Ok(Self { key, values: self.values.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn values(text: &str) -> Vec<String> {
        text.parse::<Axis>().unwrap().values
    }

    #[test]
    fn ranges_of_time_are_round_and_ranges_of_numbers_even() {
        assert_eq!(values("horizon=1d..90d"), ["1d", "2d", "6d", "15d", "37d", "90d"]);
        assert_eq!(values("horizon=1h..1d:4"), ["1h", "3h", "8h", "1d"]);
        assert_eq!(values("volatility=40%..90%"), ["40%", "50%", "60%", "70%", "80%", "90%"]);
        assert_eq!(values("a.b=0.4..0.8:3"), ["0.4", "0.6", "0.8"]);
        assert_eq!(values("horizon=1d, 7d"), ["1d", "7d"]);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in
            ["horizon", "=1..2", "x=", "x=1..1", "x=2d..1d", "x=1..2:1", "x=a..b", "x=1,,2", "x=1d..5"]
        {
            assert!(text.parse::<Axis>().is_err(), "{text}");
        }
    }
}
