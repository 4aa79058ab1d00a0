//! Tests of a fit: do the returns look like draws from the model?
//!
//! If the model is right, the probabilities that it gives to each return (given those before) are independent and uniform (Rosenblatt
//! 1952). Their law is compared with the uniform one (Kolmogorov and Smirnov), their normal scores, squared, are searched for
//! remaining clusters of volatility (Ljung and Box 1978), and the share of returns in the tails is counted. The
//! parameters were fitted to the same returns, so the tests are a little kind to the model. With
//! tens of thousands of returns every model fails a sharp test: the sizes of the deviations matter more than the p-values.

use serde::Serialize;

use crate::numeric::normal_quantile;
use crate::numeric::special::chi_square_tail;
use crate::stats::{Test, kolmogorov_smirnov};

use super::sample::mean;

/// Lags of the Ljung-Box statistic.
const LAGS: usize = 20;
/// A distribution that is off by this much anywhere is weak, if it is no accident.
const LARGE_DISTANCE: f64 = 0.02;
/// Below this p-value a deviation is no accident.
const SMALL_P_VALUE: f64 = 0.01;
/// A tail that holds this much more or less than it should is weak, if it is no accident.
const TAIL_RATIO: f64 = 1.3;
/// Standard errors from which a share is no accident.
const FAR: f64 = 3.0;
/// Autocorrelation of squared scores from which clusters matter.
const LARGE_CORRELATION: f64 = 0.05;

/// How many returns lie in a tail of the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tail {
    /// Share that should: 0.01 or 0.05.
    pub expected: f64,
    /// Share below the model's quantile on the side of falls.
    pub lower: f64,
    /// Share above the model's quantile on the side of rises.
    pub upper: f64,
    /// Standard error of a share if the model is right.
    pub std_error: f64,
}

/// The tests of one fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goodness {
    /// Largest distance between the law of the returns and that of the model.
    pub kolmogorov_smirnov: Test,
    /// Sum of squared autocorrelations of the squared scores over 20 lags, scaled to a chi-square.
    pub ljung_box: Test,
    /// Mean autocorrelation of the squared scores over these lags.
    pub remaining_clustering: f64,
    /// Tails at 1 % and 5 %.
    pub tails: [Tail; 2],
}

impl Goodness {
    /// Tests the probabilities that a model gave to the returns; at least 50 are needed for the words to mean much.
    pub fn of(probabilities: &[f64]) -> Self {
        let n = probabilities.len() as f64;
        let squares: Vec<f64> =
            probabilities.iter().map(|p| normal_quantile(p.clamp(1e-15, 1.0 - 1e-15)).powi(2)).collect();
        let correlations = autocorrelations(&squares);
        let statistic = n
            * (n + 2.0)
            * correlations.iter().enumerate().map(|(k, r)| r * r / (n - 1.0 - k as f64)).sum::<f64>();
        let tail = |expected: f64| Tail {
            expected,
            lower: probabilities.iter().filter(|p| **p < expected).count() as f64 / n,
            upper: probabilities.iter().filter(|p| **p > 1.0 - expected).count() as f64 / n,
            std_error: (expected * (1.0 - expected) / n).sqrt(),
        };
        Self {
            kolmogorov_smirnov: kolmogorov_smirnov(probabilities),
            ljung_box: Test { statistic, p_value: chi_square_tail(LAGS as f64, statistic) },
            remaining_clustering: mean(&correlations),
            tails: [tail(0.01), tail(0.05)],
        }
    }

    /// Where the fit is weak, in words; empty if nowhere.
    pub fn weaknesses(&self) -> Vec<String> {
        let mut weak = Vec::new();
        let distance = self.kolmogorov_smirnov;
        if distance.statistic > LARGE_DISTANCE && distance.p_value < SMALL_P_VALUE {
            weak.push(format!(
                "the distribution of returns is off by up to {:.1} percentage points",
                100.0 * distance.statistic
            ));
        }
        if self.remaining_clustering > LARGE_CORRELATION && self.ljung_box.p_value < SMALL_P_VALUE {
            weak.push(format!(
                "volatility clusters remain: squared scores have a mean autocorrelation of {:.2} over {LAGS} lags",
                self.remaining_clustering
            ));
        }
        for tail in &self.tails {
            for (side, share) in [("falls", tail.lower), ("rises", tail.upper)] {
                let far = (share - tail.expected).abs() > FAR * tail.std_error;
                let ratio = share / tail.expected;
                if far && !(1.0 / TAIL_RATIO..=TAIL_RATIO).contains(&ratio) {
                    weak.push(format!(
                        "{:.2} % of the returns are {side} beyond the model's {:.0} % quantile",
                        100.0 * share,
                        100.0 * tail.expected
                    ));
                }
            }
        }
        weak
    }
}

fn autocorrelations(values: &[f64]) -> Vec<f64> {
    let centre = mean(values);
    let deviations: Vec<f64> = values.iter().map(|value| value - centre).collect();
    let square: f64 = deviations.iter().map(|d| d * d).sum();
    (1..=LAGS.min(values.len() - 1))
        .map(|lag| deviations.iter().zip(&deviations[lag..]).map(|(a, b)| a * b).sum::<f64>() / square)
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::numeric::{Purpose, Stream};

    use super::*;

    fn uniforms(n: usize) -> Vec<f64> {
        let mut values = vec![0.0; n];
        Stream::new(5, Purpose::Move(0), 0).uniforms(&mut values);
        values
    }

    /// Chi-square with 20 degrees of freedom: 31.41 at 5 %. Passes by the fixed seed; each p-value is below 0.001 once in a thousand.
    #[test]
    fn independent_uniforms_pass() {
        let goodness = Goodness::of(&uniforms(20_000));
        assert!(
            goodness.kolmogorov_smirnov.p_value > 0.001 && goodness.ljung_box.p_value > 0.001,
            "{goodness:?}"
        );
        assert_eq!(goodness.weaknesses(), Vec::<String>::new());
        assert!((chi_square_tail(20.0, 31.41) - 0.05).abs() < 1e-4);
    }

    #[test]
    fn each_kind_of_weakness_is_named() {
        let uniform = uniforms(20_000);
        // Calm and wild stretches: probabilities drawn to the middle, then pushed to the ends.
        let clustered: Vec<f64> = uniform
            .iter()
            .enumerate()
            .map(
                |(i, p)| {
                    if i / 500 % 2 == 0 { 0.25 + 0.5 * p } else { (6.0 * (p - 0.5)).tanh() * 0.499 + 0.5 }
                },
            )
            .collect();
        let words = Goodness::of(&clustered).weaknesses().join("; ");
        for part in [
            "distribution of returns is off",
            "volatility clusters remain",
            "falls beyond the model's 5 % quantile",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
}
