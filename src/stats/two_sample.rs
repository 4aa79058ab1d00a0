//! Whether two independent estimates of one quantity differ.

use super::estimate::{Estimate, Z_95};
use crate::numeric::elementary;
use crate::numeric::special::{binomial_cdf, normal_cdf};

/// The difference of two independent estimates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Second less first.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Probability of a difference at least this large if there is none, two-sided.
    pub p_value: f64,
}

/// Second less first, from the estimates and their intervals.
///
/// The interval combines the halves that face each other (Zou and Donner 2008, "Construction of confidence limits about
/// effect measures", MOVER), so skewed intervals (rare events, quantiles beside an atom) stay skewed; the p-value takes
/// the half on the side of zero as 1.96 standard errors.
pub fn difference(first: &Estimate, second: &Estimate) -> Difference {
    let value = second.value - first.value;
    let below = elementary::hypot(first.high - first.value, second.value - second.low);
    let above = elementary::hypot(first.value - first.low, second.high - second.value);
    let facing = if value > 0.0 { below } else { above };
    let p_value = if value == 0.0 {
        1.0
    } else if facing > 0.0 {
        two_sided(value.abs() / facing * Z_95)
    } else {
        0.0
    };
    Difference { value, low: value - below, high: value + above, p_value }
}

/// Events among independent paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Paths with the event; may be fractional where paths have weights.
    pub events: f64,
    /// Paths in all; with weights, the number of plain paths that would be as precise.
    pub paths: f64,
}

/// Most events of both samples together for which the exact test is used.
const MOST_EXACT: f64 = 10_000.0;

/// Probability of proportions at least so different if the event is as likely in both samples, two-sided.
///
/// Given the total of events, those of the first sample are binomial if the event is rare and less spread otherwise, so
/// the exact binomial test (Przyborowski and Wilenski 1940) never alarms too often; the rarer of event and no event is
/// counted. With many of both, the usual score test.
pub fn proportions_p_value(first: Proportion, second: Proportion) -> f64 {
    let common = (first.events + second.events) / (first.paths + second.paths);
    let rarer = |sample: Proportion| if common <= 0.5 { sample.events } else { sample.paths - sample.events };
    let (a, b) = (rarer(first), rarer(second));
    let total = a + b;
    if total < 0.5 {
        return 1.0;
    }
    if total > MOST_EXACT {
        let variance = common * (1.0 - common) * (1.0 / first.paths + 1.0 / second.paths);
        return two_sided(
            (first.events / first.paths - second.events / second.paths).abs() / variance.sqrt(),
        );
    }
    let share = first.paths / (first.paths + second.paths);
    let trials = total.round() as u64;
    let seen = (a.round() as u64).min(trials);
    // At least so many of the first are at most so many of the second.
    let at_least = binomial_cdf(trials, 1.0 - share, trials - seen);
    (2.0 * binomial_cdf(trials, share, seen).min(at_least)).min(1.0)
}

/// Probability that a standard normal is at least so far from zero.
fn two_sided(z: f64) -> f64 {
    2.0 * normal_cdf(-z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric_intervals_give_the_usual_z_test() {
        let difference = difference(&Estimate::normal(1.0, 0.3), &Estimate::normal(2.0, 0.4));
        // z = 1/0.5 = 2: p = 0.0455 (any table of the normal law).
        assert!((difference.p_value - 0.045_500_264).abs() < 1e-8, "{difference:?}");
        assert!((difference.high - (1.0 + 0.5 * Z_95)).abs() < 1e-12);
    }

    #[test]
    fn exact_numbers_differ_for_certain_or_not_at_all() {
        let exact = |value| Estimate::exact(value);
        assert_eq!(difference(&exact(1.0), &exact(1.0)).p_value, 1.0);
        assert_eq!(difference(&exact(1.0), &exact(1.1)).p_value, 0.0);
    }

    #[test]
    fn a_skewed_interval_counts_on_the_side_that_faces_the_other() {
        // A quantile in the atom at −1 that may reach up to −0.9, and one at −0.95 that may reach down to −1.
        let atom = Estimate::new(-1.0, 0.025, [-1.0, -0.9]);
        let beside = Estimate::new(-0.95, 0.025, [-1.0, -0.9]);
        assert!(difference(&atom, &beside).p_value > 0.3);
    }

    /// 2·P(Binomial(10, 1/2) = 0) = 2/1024; scipy.stats.poisson_means_test differs in method, the formula is the source.
    #[test]
    fn rare_events_are_compared_exactly() {
        let sample = |events| Proportion { events, paths: 1e6 };
        assert!((proportions_p_value(sample(0.0), sample(10.0)) - 2.0 / 1024.0).abs() < 1e-12);
        assert_eq!(proportions_p_value(sample(0.0), sample(0.0)), 1.0);
        assert_eq!(proportions_p_value(sample(1e6), sample(1e6)), 1.0);
        let mirrored = proportions_p_value(sample(1e6), sample(1e6 - 10.0));
        assert!((mirrored - 2.0 / 1024.0).abs() < 1e-12);
    }

    #[test]
    fn frequent_events_give_the_score_test() {
        // 227,851 and 229,000 of 10^6: pooled 0.2284255, z = 1149/1e6/sqrt(2·0.17624729/1e6) = 1.9353.
        let p = proportions_p_value(
            Proportion { events: 227_851.0, paths: 1e6 },
            Proportion { events: 229_000.0, paths: 1e6 },
        );
        assert!((p - 0.0529).abs() < 2e-4, "{p}");
    }
}
