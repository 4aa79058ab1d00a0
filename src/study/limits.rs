//! Limits on a result: the interval of a number against what it may be.

use serde::{Deserialize, Serialize};

use super::metric::{Measurement, Metrics};
use super::verdict::Verdict;
use crate::numeric::elementary;
use crate::result::RunResult;
use crate::scenario::Limit;
use crate::stats::Estimate;

/// One limit at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitCheck {
    /// The level.
    pub leverage: f64,
    /// What is limited, a key of the result.
    pub metric: String,
    /// Smallest allowed value.
    pub min: Option<f64>,
    /// Largest allowed value.
    pub max: Option<f64>,
    /// The value found; none where the level has no such number.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Pass if the whole interval is allowed, fail if none of it is, undecided otherwise.
    pub verdict: Verdict,
    /// Where undecided: the paths at which the interval would lie on one side, if the value stays; none if the value is
    /// on the limit itself or has no error that shrinks.
    pub paths_to_decide: Option<u64>,
    /// Why, in one sentence.
    pub reason: String,
    /// The line of the scenario's file that it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// More paths than this are not worth waiting for: at 10⁷ a second, more than a day.
const MOST_PATHS: f64 = 1e12;

/// Every limit at every level that it is for.
pub fn check_limits(result: &RunResult, limits: &[Limit]) -> Vec<LimitCheck> {
    limits
        .iter()
        .flat_map(|limit| {
            let of_limit = |leverage: f64| limit.leverage.is_none_or(|wanted| wanted == leverage);
            result.levels.iter().filter(move |level| of_limit(level.leverage)).map(move |level| {
                let found = Metrics::new(level, result.paths).get(&limit.metric);
                let check = Bounds { limit, paths: result.paths };
                match found {
                    Some(found) => check.judge(level.leverage, found),
                    None => check.absent(level.leverage, !level.is_liquidatable()),
                }
            })
        })
        .collect()
}

struct Bounds<'a> {
    limit: &'a Limit,
    paths: u64,
}

impl Bounds<'_> {
    fn judge(&self, leverage: f64, found: Measurement) -> LimitCheck {
        let estimate = found.estimate();
        let Estimate { value, low, high, .. } = estimate;
        let (min, max) =
            (self.limit.min.unwrap_or(f64::NEG_INFINITY), self.limit.max.unwrap_or(f64::INFINITY));
        let verdict = if min <= low && high <= max {
            Verdict::Pass
        } else if high < min || max < low {
            Verdict::Fail
        } else {
            Verdict::Undecided
        };
        let what = match found {
            Measurement::Estimated(_) => "the interval",
            Measurement::Exact(_) => "the exact value",
            Measurement::Bare(_) => "the value, whose error is not known,",
        };
        let paths_to_decide =
            if verdict == Verdict::Undecided { self.paths_to_decide(&estimate, min, max) } else { None };
        let reason = match verdict {
            Verdict::Pass => format!("{what} lies inside the limit"),
            Verdict::Fail => format!("{what} lies {} the limit", if high < min { "below" } else { "above" }),
            Verdict::Undecided => match paths_to_decide {
                Some(paths) => format!("the interval crosses the limit; about {paths} paths would decide"),
                None => "the value is so near the limit that no number of paths in reach decides".to_owned(),
            },
        };
        LimitCheck {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            verdict,
            paths_to_decide,
            reason,
            ..self.empty(leverage)
        }
    }

    /// The interval's halves shrink with the root of the number of paths, and the value is taken to stay.
    fn paths_to_decide(&self, estimate: &Estimate, min: f64, max: f64) -> Option<u64> {
        let Estimate { value, low, high, .. } = *estimate;
        let shrink = |half: f64, distance: f64| half / distance.abs();
        let below = if low < min && min <= high {
            shrink(if value < min { high - value } else { value - low }, value - min)
        } else {
            0.0
        };
        let above = if low <= max && max < high {
            shrink(if value > max { value - low } else { high - value }, value - max)
        } else {
            0.0
        };
        // A tenth more, since the value will move a little.
        let paths = 1.1 * self.paths as f64 * below.max(above).powi(2);
        (paths.is_finite() && paths <= MOST_PATHS).then(|| round_up(paths.max(1.1 * self.paths as f64)))
    }

    /// No such number at this level: a time to a liquidation that was not seen, or the price of one that cannot be.
    fn absent(&self, leverage: f64, cannot_be_liquidated: bool) -> LimitCheck {
        let (verdict, reason) = if cannot_be_liquidated {
            (Verdict::Pass, "this level cannot be liquidated")
        } else if self.limit.metric.ends_with("_with_parameters") {
            let reason = "the result has no such number: errors of parameters were not asked for \
                          (simulation.parameter_errors), or too few paths were liquidated";
            (Verdict::Undecided, reason)
        } else {
            (Verdict::Undecided, "the result has no such number: no liquidation was seen")
        };
        LimitCheck { verdict, reason: reason.to_owned(), ..self.empty(leverage) }
    }

    fn empty(&self, leverage: f64) -> LimitCheck {
        LimitCheck {
            leverage,
            metric: self.limit.metric.clone(),
            min: self.limit.min,
            max: self.limit.max,
            value: None,
            low: None,
            high: None,
            verdict: Verdict::Undecided,
            paths_to_decide: None,
            reason: String::new(),
            line: None,
        }
    }
}

/// Rounded up to two significant digits.
fn round_up(paths: f64) -> u64 {
    let unit = 10f64.powi((elementary::log10(paths).floor() as i32 - 1).max(0));
    // Less a rounding error, so that a round number stays one.
    ((paths / unit - 1e-6).ceil() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(value: f64, half: f64, min: Option<f64>, max: Option<f64>) -> LimitCheck {
        let limit = Limit { leverage: None, metric: "liquidation_probability".into(), min, max };
        let estimate = Estimate::new(value, half / 1.96, [value - half, value + half]);
        Bounds { limit: &limit, paths: 10_000 }.judge(5.0, Measurement::Estimated(estimate))
    }

    #[test]
    fn the_whole_interval_must_be_allowed_to_pass_and_none_of_it_to_fail() {
        assert_eq!(judged(0.2, 0.01, None, Some(0.25)).verdict, Verdict::Pass);
        assert_eq!(judged(0.3, 0.01, None, Some(0.25)).verdict, Verdict::Fail);
        assert_eq!(judged(0.1, 0.01, Some(0.2), Some(0.25)).verdict, Verdict::Fail);
        assert_eq!(judged(0.2, 0.0, Some(0.2), Some(0.2)).verdict, Verdict::Pass);
        assert_eq!(judged(0.245, 0.01, None, Some(0.25)).verdict, Verdict::Undecided);
    }

    #[test]
    fn the_paths_that_decide_follow_from_the_root_law() {
        // Half of 0.01 must shrink to 0.005: four times the paths, and a tenth more.
        assert_eq!(judged(0.245, 0.01, None, Some(0.25)).paths_to_decide, Some(44_000));
        assert_eq!(judged(0.205, 0.01, Some(0.2), None).paths_to_decide, Some(44_000));
        assert_eq!(judged(0.25, 0.01, None, Some(0.25)).paths_to_decide, None);
        assert_eq!(judged(0.2, 0.01, None, Some(0.25)).paths_to_decide, None);
    }
}
