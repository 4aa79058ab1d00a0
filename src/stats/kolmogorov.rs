//! Distance between a sample and a law.

use crate::numeric::elementary;

use super::coverage::Test;

/// Distance of the empirical distribution of these probabilities from the uniform law (Kolmogorov and Smirnov); the p-value is
/// Stephens' (1970) approximation.
pub fn kolmogorov_smirnov(probabilities: &[f64]) -> Test {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let statistic = sorted
        .iter()
        .enumerate()
        .map(|(i, p)| (p - i as f64 / n).max((i + 1) as f64 / n - p))
        .fold(0.0, f64::max);
    let scaled = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * statistic;
    let p_value = if scaled < 0.3 {
        1.0
    } else {
        let term =
            |k: i32| f64::from(2 * (k % 2) - 1) * elementary::exp(-2.0 * f64::from(k * k) * scaled * scaled);
        (2.0 * (1..=30).map(term).sum::<f64>()).clamp(0.0, 1.0)
    };
    Test { statistic, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quantiles of Kolmogorov's law: 1.3581 at 5 %, 1.6276 at 1 % (Smirnov 1948).
    #[test]
    fn the_kolmogorov_p_value_is_that_of_the_tables() {
        for (quantile, p_value) in [(1.3581, 0.05), (1.6276, 0.01), (0.8276, 0.5)] {
            let n = 1_000_000;
            let shift = quantile / f64::from(n).sqrt();
            let grid: Vec<f64> = (0..n).map(|i| f64::from(i) / f64::from(n) + shift).collect();
            let test = kolmogorov_smirnov(&grid);
            assert!((test.p_value / p_value - 1.0).abs() < 0.01, "{test:?}");
        }
    }
}
