//! Do events happen as often as forecast, and without clusters?
//!
//! A forecast says that an event (a return beyond a quantile) has probability p each time. Of n outcomes x are events, and n_ij
//! counts an outcome j after an outcome i. With L(p; a, b) = (1 − p)^a·p^b:
//!
//! ```text
//! Kupiec (1995)          LR_uc  = −2 ln [ L(p; n − x, x) / L(x/n; n − x, x) ]                                 ~ χ²(1)
//! Christoffersen (1998)  LR_ind = −2 ln [ L(π; n00 + n10, n01 + n11) / (L(π01; n00, n01)·L(π11; n10, n11)) ]  ~ χ²(1)
//!                        LR_cc  = LR_uc + LR_ind                                                             ~ χ²(2)
//! π01 = n01/(n00 + n01),   π11 = n11/(n10 + n11),   π = (n01 + n11)/(n − 1)
//! ```
//!
//! The laws are those of long series; with a handful of events they are rough (see the tests for the sizes measured).
//!
//! Sources: Kupiec, "Techniques for verifying the accuracy of risk measurement models", Journal of Derivatives 3 (1995);
//! Christoffersen, "Evaluating interval forecasts", International Economic Review 39 (1998), equations 3.1 to 3.4.

use serde::Serialize;

use crate::numeric::elementary;
use crate::numeric::special::erfc;

/// A test statistic and how often it would be as large by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// Probability of one at least as large if what is tested holds.
    pub p_value: f64,
}

/// The tests of one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// Number of outcomes.
    pub outcomes: usize,
    /// How many of them were events.
    pub events: usize,
    /// Probability of the event that was forecast.
    pub expected: f64,
    /// As many as forecast? Kupiec's unconditional coverage.
    pub kupiec: Test,
    /// One as likely after an event as after none? Christoffersen's independence.
    pub independence: Test,
    /// Both at once: Christoffersen's conditional coverage.
    pub conditional: Test,
}

impl Coverage {
    /// Tests outcomes in the order of time against a forecast probability strictly between 0 and 1.
    pub fn of(outcomes: &[bool], expected: f64) -> Self {
        let count = |wanted: fn(bool, bool) -> bool| {
            outcomes.windows(2).filter(|pair| wanted(pair[0], pair[1])).count() as f64
        };
        let events = outcomes.iter().filter(|event| **event).count();
        let (n, x) = (outcomes.len() as f64, events as f64);
        let kupiec = 2.0 * (log_likelihood(n - x, x) - log_likelihood_at(expected, n - x, x));
        let (n00, n01) = (count(|a, b| !a && !b), count(|a, b| !a && b));
        let (n10, n11) = (count(|a, b| a && !b), count(|a, b| a && b));
        let split = log_likelihood(n00, n01) + log_likelihood(n10, n11);
        let independence = 2.0 * (split - log_likelihood(n00 + n10, n01 + n11));
        Self {
            outcomes: outcomes.len(),
            events,
            expected,
            kupiec: chi_square_1(kupiec),
            independence: chi_square_1(independence),
            conditional: chi_square_2(kupiec + independence),
        }
    }
}

/// ln L at the share that was observed.
fn log_likelihood(others: f64, events: f64) -> f64 {
    if others + events > 0.0 { log_likelihood_at(events / (others + events), others, events) } else { 0.0 }
}

/// ln L(p; others, events), with 0·ln 0 = 0.
fn log_likelihood_at(p: f64, others: f64, events: f64) -> f64 {
    let term = |count: f64, p: f64| if count > 0.0 { count * elementary::ln(p) } else { 0.0 };
    term(others, 1.0 - p) + term(events, p)
}

/// A likelihood ratio is not negative; rounding may make it so.
fn chi_square_1(statistic: f64) -> Test {
    let statistic = statistic.max(0.0);
    Test { statistic, p_value: erfc((0.5 * statistic).sqrt()) }
}

fn chi_square_2(statistic: f64) -> Test {
    let statistic = statistic.max(0.0);
    Test { statistic, p_value: elementary::exp(-0.5 * statistic) }
}

#[cfg(test)]
mod tests {
    use crate::numeric::{Purpose, Stream};

    use super::*;

    /// Kupiec's (1995) table of the numbers of events that are not rejected at 5 %, as Jorion ("Value at Risk", 2006, table 6-2)
    /// prints it: probability, outcomes, and the bounds that must not be reached.
    #[test]
    fn kupiecs_table_is_met() {
        for (expected, outcomes, low, high) in [
            (0.01, 510, 1, 11),
            (0.01, 1000, 4, 17),
            (0.05, 252, 6, 20),
            (0.05, 510, 16, 36),
            (0.05, 1000, 37, 65),
            (0.1, 252, 16, 36),
            (0.1, 510, 38, 65),
            (0.1, 1000, 81, 120),
        ] {
            let rejected = |events: usize| {
                let series: Vec<bool> = (0..outcomes).map(|i| i < events).collect();
                Coverage::of(&series, expected).kupiec.p_value < 0.05
            };
            let found = [low, low + 1, high - 1, high].map(rejected);
            assert_eq!(found, [true, false, false, true], "{expected} {outcomes}");
        }
    }

    /// χ² quantiles of the tables: 3.841 and 5.991 at 5 %.
    #[test]
    fn the_p_values_are_those_of_the_tables() {
        assert!((chi_square_1(3.841_459).p_value - 0.05).abs() < 1e-7);
        assert!((chi_square_2(5.991_465).p_value - 0.05).abs() < 1e-7);
        assert_eq!(chi_square_1(-1e-16).p_value, 1.0);
    }

    #[test]
    fn events_in_a_row_are_not_independent_and_spread_ones_are() {
        let together: Vec<bool> = (0..1000).map(|i| (400..450).contains(&i)).collect();
        let found = Coverage::of(&together, 0.05);
        assert!(found.kupiec.p_value > 0.99 && found.independence.p_value < 1e-20, "{found:?}");
        assert!(
            (found.conditional.statistic - found.kupiec.statistic - found.independence.statistic).abs()
                < 1e-9
        );
        for all in [true, false] {
            let found = Coverage::of(&[all; 50], 0.05);
            assert_eq!(found.independence.statistic, 0.0);
            assert!(found.kupiec.p_value < 0.05);
        }
    }

    /// Sizes at 5 % over 2000 series of 1000 outcomes with 50 expected events: binomial error 0.5 percentage points. The law of the
    /// independence test is rougher than that of Kupiec's.
    #[test]
    fn false_alarms_are_as_rare_as_stated() {
        let trials = 2000;
        let mut alarms = [0.0; 3];
        for trial in 0..trials {
            let mut draws = vec![0.0; 1000];
            Stream::new(trial, Purpose::Event(0), 3).uniforms(&mut draws);
            let outcomes: Vec<bool> = draws.iter().map(|u| *u < 0.05).collect();
            let found = Coverage::of(&outcomes, 0.05);
            for (alarm, test) in alarms.iter_mut().zip([found.kupiec, found.independence, found.conditional])
            {
                *alarm += f64::from(u8::from(test.p_value < 0.05)) / trials as f64;
            }
        }
        assert!((alarms[0] - 0.05).abs() < 0.015, "{alarms:?}");
        assert!((0.02..0.10).contains(&alarms[1]) && (0.02..0.10).contains(&alarms[2]), "{alarms:?}");
    }
}
