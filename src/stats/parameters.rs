//! Errors of parameters beside errors of sampling.
//!
//! The same quantity is estimated for several draws of the parameters, each on the same few groups of paths: a table of draws and groups.
//! What the draws share in a group (its luck) is common to all of them; what is left is the noise of single cells. The two-way
//! analysis of variance takes both out of the spread over the draws:
//!
//! ```text
//! E[mean square of draws] = groups·σ²(parameters) + σ²(cells)        E[mean square of the rest] = σ²(cells)
//! ```
//!
//! Source: Searle, Casella and McCulloch (1992), "Variance components", chapter 4 (two-way crossed, one observation a cell).
//!
//! Both errors meet in one interval by squares added on each side of the estimate, on a scale without ends (the logit of a probability):
//!
//! ```text
//! high' = g⁻¹( g(value) + √( (g(high) − g(value))² + (1.96·σ(parameters))² ) ), low' likewise
//! ```
//!
//! Source: Zou and Donner (2008), "Construction of confidence limits about effect measures: a general approach" (method of variance estimates
//! recovery). So the second interval holds the first, and is the first where the parameters have no error.

use super::estimate::{Estimate, Z_95};
use crate::numeric::elementary;

/// Where errors are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The quantity itself.
    Linear,
    /// The quantity itself, which is not negative.
    Positive,
    /// ln(p/(1 − p)) of a probability.
    Logit,
}

impl Scale {
    /// A value on the scale; the ends of a probability lie at infinity.
    fn to(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Positive => value,
            Self::Logit => elementary::ln(value / (1.0 - value)),
        }
    }

    fn from(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Positive => value.max(0.0),
            Self::Logit => 1.0 / (1.0 + elementary::exp(-value)),
        }
    }
}

impl Estimate {
    /// The same with the interval that counts in an error of the parameters, a standard deviation on the scale. A probability that was
    /// not seen to happen, or not to happen, stays without: its place on the scale is not known.
    #[must_use]
    pub fn with_parameter_error(self, deviation: f64, scale: Scale) -> Self {
        let Self { value, low, high, .. } = self;
        if scale == Scale::Logit && !(value > 0.0 && value < 1.0) {
            return self;
        }
        let [low, high] = widened([value, low, high], deviation, scale);
        Self { low_with_parameters: Some(low), high_with_parameters: Some(high), ..self }
    }
}

/// The ends of an interval about a value with a further error, a standard deviation on the scale.
fn widened([value, low, high]: [f64; 3], deviation: f64, scale: Scale) -> [f64; 2] {
    if deviation <= 0.0 {
        return [low, high];
    }
    let (middle, more) = (scale.to(value), Z_95 * deviation);
    let away = |end: f64| {
        let own = scale.to(end) - middle;
        (own * own + more * more).sqrt()
    };
    // Rounding must not let the second interval end inside the first.
    [scale.from(middle - away(low)).min(low), scale.from(middle + away(high)).max(high)]
}

/// The variance of the effects of rows in a table of rows and columns, with the noise of cells taken out; 0 where that is more. The rows
/// must have the same length, at least 2.
pub fn variance_of_effects(table: &[Vec<f64>]) -> f64 {
    let (rows, columns) = (table.len() as f64, table.first().map_or(0, Vec::len) as f64);
    if rows < 2.0 || columns < 2.0 {
        return 0.0;
    }
    let row_means: Vec<f64> = table.iter().map(|row| row.iter().sum::<f64>() / columns).collect();
    let mean = row_means.iter().sum::<f64>() / rows;
    let column_means: Vec<f64> =
        (0..columns as usize).map(|at| table.iter().map(|row| row[at]).sum::<f64>() / rows).collect();
    let effects: f64 = row_means.iter().map(|row| (row - mean) * (row - mean)).sum::<f64>() / (rows - 1.0);
    let mut rest = 0.0;
    for (row, row_mean) in table.iter().zip(&row_means) {
        for (value, column_mean) in row.iter().zip(&column_means) {
            let left = value - row_mean - column_mean + mean;
            rest += left * left;
        }
    }
    let noise = rest / ((rows - 1.0) * (columns - 1.0));
    (effects - noise / columns).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    /// A table of effects of variance 4 with columns that are far apart and cells of variance 25: over 200 tables the mean of the estimates
    /// lies within 4 standard errors (false alarm 1 in 16,000). The plain variance of row means would be 4 + 25/5.
    #[test]
    fn columns_and_cells_are_taken_out() {
        let (rows, columns) = (64, 5);
        let found: Vec<f64> = (0..200)
            .map(|table| {
                let mut z = vec![0.0; rows + columns + rows * columns];
                Stream::new(3, Purpose::Resample, table).normals(&mut z);
                let row = |r: usize| -> Vec<f64> {
                    (0..columns)
                        .map(|c| 2.0 * z[r] + 10.0 * z[rows + c] + 5.0 * z[rows + columns + r * columns + c])
                        .collect()
                };
                variance_of_effects(&(0..rows).map(row).collect::<Vec<_>>())
            })
            .collect();
        let mean = found.iter().sum::<f64>() / 200.0;
        let variance = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 199.0;
        assert!(
            (mean - 4.0).abs() < 4.0 * (variance / 200.0).sqrt(),
            "{mean} ± {}",
            (variance / 200.0).sqrt()
        );
        assert!(variance.sqrt() < 2.0);
    }

    #[test]
    fn equal_rows_have_no_effect() {
        assert_eq!(variance_of_effects(&vec![vec![1.0, 2.0, 0.5]; 9]), 0.0);
        assert_eq!(variance_of_effects(&[vec![1.0, 3.0], vec![2.0, 4.0], vec![6.0, 8.0]]), 7.0);
    }

    #[test]
    fn no_error_of_parameters_leaves_the_interval() {
        let estimate = Estimate::probability(89.0, 89.0, 1e4);
        let same = estimate.with_parameter_error(0.0, Scale::Logit);
        assert_eq!((same.low_with_parameters, same.high_with_parameters), (Some(same.low), Some(same.high)));
        let tiny = estimate.with_parameter_error(1e-12, Scale::Logit);
        assert!((tiny.high_with_parameters.unwrap() / same.high - 1.0).abs() < 1e-9);
        assert!(tiny.high_with_parameters.unwrap() >= same.high);
    }

    /// Without an error of sampling the ends are those of the parameters alone.
    #[test]
    fn squares_are_added_on_each_side() {
        let logit = |p: f64| (p / (1.0 - p)).ln();
        let alone = Estimate::exact(0.02).with_parameter_error(0.3, Scale::Logit);
        for (end, sign) in [(alone.low_with_parameters, -1.0), (alone.high_with_parameters, 1.0)] {
            assert!((logit(end.unwrap()) - logit(0.02) - sign * Z_95 * 0.3).abs() < 1e-12);
        }
        let both = Estimate::normal(1.0, 3.0).with_parameter_error(4.0, Scale::Linear);
        assert!((both.high_with_parameters.unwrap() - (1.0 + Z_95 * 5.0)).abs() < 1e-12);
        assert!((both.low_with_parameters.unwrap() - (1.0 - Z_95 * 5.0)).abs() < 1e-12);
        let debt = Estimate::new(0.1, 0.05, [0.0, 0.2]).with_parameter_error(1.0, Scale::Positive);
        assert_eq!(debt.low_with_parameters, Some(0.0));
        assert_eq!(
            Estimate::probability(0.0, 0.0, 1e4).with_parameter_error(0.3, Scale::Logit).high_with_parameters,
            None
        );
        let certain = Estimate::new(0.5, 0.1, [0.0, 1.0]).with_parameter_error(0.3, Scale::Logit);
        assert_eq!((certain.low_with_parameters, certain.high_with_parameters), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn turned_estimates_turn_the_second_interval() {
        let estimate = Estimate::proportion(0.2, 0.01).with_parameter_error(0.2, Scale::Logit);
        let other = estimate.complement();
        assert_eq!(other.low_with_parameters, estimate.high_with_parameters.map(|high| 1.0 - high));
        assert_eq!(estimate.negated().high_with_parameters, estimate.low_with_parameters.map(|low| -low));
    }
}
