//! A law of shocks from its first moments, where there are no recorded ones: Johnson's S_U.
//!
//! With Z standard normal, X = sinh(Z/δ − Ω) has, with w = exp(1/δ²), the moments (Johnson 1949, Biometrika 36, 149)
//! mean −√w sinh Ω, variance (w − 1)(w cosh 2Ω + 1)/2, third −√w (w − 1)²(w(w + 2) sinh 3Ω + 3 sinh Ω)/4 and fourth
//! (w − 1)²(w²(w⁴ + 2w³ + 3w² − 3) cosh 4Ω + 4w²(w + 2) cosh 2Ω + 3(2w + 1))/8. Between the log-normal and the symmetric law
//! every kurtosis belongs to one Ω for each w, and the skewness falls from the one to the other.

use serde::Serialize;

use crate::numeric::{elementary, normal_quantile};

/// Shocks in the table that is drawn from.
const TABLE: usize = 1 << 14;
/// Steps of each bisection: more than the digits of a number.
const STEPS: usize = 100;
/// A kurtosis this close to 3 without skewness is that of the normal law.
const NORMAL: f64 = 1e-9;

/// Standard deviation, skewness and kurtosis of the shocks of the log-variance; their mean is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShockLaw {
    /// Standard deviation; not negative.
    pub std_dev: f64,
    /// Third standardised moment.
    pub skewness: f64,
    /// Fourth standardised moment: 3 for the normal law.
    pub kurtosis: f64,
}

/// Why there is no law of such moments.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a skewness of {skewness} needs a kurtosis above {least:.4}, and {kurtosis} is given")]
pub struct ShockLawError {
    skewness: f64,
    kurtosis: f64,
    least: f64,
}

impl ShockLaw {
    /// Shocks at evenly spaced probabilities, of mean 0 and exactly this standard deviation.
    ///
    /// # Errors
    /// The kurtosis is not above that of the log-normal law of this skewness.
    pub fn table(self) -> Result<Vec<f64>, ShockLawError> {
        let quantile = |index: usize| normal_quantile((index as f64 + 0.5) / TABLE as f64);
        let shape = self.shape()?;
        let raw: Vec<f64> = (0..TABLE)
            .map(|index| match shape {
                None => quantile(index),
                Some((log_w, omega)) => sinh(quantile(index) * log_w.sqrt() - omega),
            })
            .collect();
        let mean = raw.iter().sum::<f64>() / TABLE as f64;
        let variance = raw.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / TABLE as f64;
        let unit = self.std_dev / variance.sqrt();
        Ok(raw.into_iter().map(|x| (x - mean) * unit).collect())
    }

    /// ln w and Ω; none for the normal law.
    fn shape(self) -> Result<Option<(f64, f64)>, ShockLawError> {
        let Self { skewness, kurtosis, .. } = self;
        if skewness == 0.0 && (kurtosis - 3.0).abs() < NORMAL {
            return Ok(None);
        }
        let log_normal = bisection(0.0, 5.0, |log_w| log_normal_skewness(log_w) < skewness.abs());
        let least = log_normal_kurtosis(log_normal);
        if kurtosis <= least {
            return Err(ShockLawError { skewness, kurtosis, least });
        }
        let low = bisection(0.0, 5.0, |log_w| log_normal_kurtosis(log_w) < kurtosis);
        let high = bisection(0.0, 5.0, |log_w| standardised(log_w, 0.0).1 < kurtosis);
        let omega_of = |log_w: f64| bisection(0.0, 40.0, |omega| standardised(log_w, omega).1 < kurtosis);
        let log_w =
            bisection(low, high, |log_w| standardised(log_w, omega_of(log_w)).0.abs() > skewness.abs());
        // The skewness has the opposite sign of Ω.
        Ok(Some((log_w, -omega_of(log_w) * skewness.signum())))
    }
}

/// Where a condition that holds at the lower end ceases to hold.
fn bisection(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

fn log_normal_skewness(log_w: f64) -> f64 {
    let w = elementary::exp(log_w);
    (w + 2.0) * (w - 1.0).sqrt()
}

fn log_normal_kurtosis(log_w: f64) -> f64 {
    let w = elementary::exp(log_w);
    w * w * (w * w + 2.0 * w + 3.0) - 3.0
}

/// Skewness and kurtosis.
fn standardised(log_w: f64, omega: f64) -> (f64, f64) {
    let w = elementary::exp(log_w);
    // Each moment over a power of e^|Ω|, so that a large Ω does not overflow.
    let e = elementary::exp(-omega.abs());
    let variance = 0.5 * (w - 1.0) * (0.5 * w * (1.0 + e.powi(4)) + e.powi(2));
    let third = -0.25
        * w.sqrt()
        * (w - 1.0).powi(2)
        * (0.5 * w * (w + 2.0) * (1.0 - e.powi(6)) + 1.5 * (e.powi(2) - e.powi(4)));
    let fourth = 0.125
        * (w - 1.0).powi(2)
        * (0.5 * w * w * (w.powi(4) + 2.0 * w.powi(3) + 3.0 * w * w - 3.0) * (1.0 + e.powi(8))
            + 2.0 * w * w * (w + 2.0) * (e.powi(2) + e.powi(6))
            + 3.0 * (2.0 * w + 1.0) * e.powi(4));
    (third * omega.signum() / (variance * variance.sqrt()), fourth / (variance * variance))
}

fn sinh(x: f64) -> f64 {
    0.5 * (elementary::exp(x) - elementary::exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> [f64; 4] {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let central = |power: i32| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let deviation = central(2).sqrt();
        [mean, deviation, central(3) / deviation.powi(3), central(4) / deviation.powi(4)]
    }

    #[test]
    fn tables_have_the_moments_asked_for() {
        for (skewness, kurtosis) in [(0.0, 3.0), (0.6, 4.5), (-0.6, 4.5), (0.0, 5.0), (1.0, 6.0), (0.3, 3.3)]
        {
            let law = ShockLaw { std_dev: 0.66, skewness, kurtosis };
            let [mean, deviation, third, fourth] = moments(&law.table().unwrap());
            assert!(mean.abs() < 1e-12 && (deviation - 0.66).abs() < 1e-12);
            // The table ends at probabilities of 3e-5.
            assert!((third - skewness).abs() < 0.02 * (1.0 + skewness.abs()), "{law:?} {third}");
            assert!((fourth / kurtosis - 1.0).abs() < 0.03, "{law:?} {fourth}");
        }
    }

    #[test]
    fn a_skewness_that_the_kurtosis_does_not_bear_is_refused() {
        for (skewness, kurtosis) in [(1.0, 3.0), (0.0, 2.5), (2.0, 8.0)] {
            let error = ShockLaw { std_dev: 1.0, skewness, kurtosis }.table().unwrap_err();
            assert!(error.to_string().contains("needs a kurtosis above"), "{error}");
        }
    }
}
