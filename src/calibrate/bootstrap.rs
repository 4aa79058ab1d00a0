//! Standard errors by resampling blocks of consecutive time, for estimators that are no maxima of a likelihood.
//!
//! The data are rows of numbers, one per period (a day, a week); an estimator is a function of the means of the columns.
//! Blocks of rows are drawn with replacement (Künsch 1989), so clusters of volatility stay together. The draws are the same each time.

use crate::numeric::{Purpose, Stream};

/// Resamples: a standard error of a standard error of about 4 %.
const RESAMPLES: usize = 300;
/// Part of the resamples that must yield an estimate.
const NEEDED: f64 = 0.8;

/// Covariance matrix of what `estimator` makes of the mean row, from blocks of `block` rows; `None` where too many
/// resamples give no estimate.
pub fn block_bootstrap(
    rows: &[Vec<f64>],
    block: usize,
    estimator: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Option<Vec<Vec<f64>>> {
    let columns = rows.first()?.len();
    // Prefix sums: the sum of a block is a difference.
    let mut sums = vec![vec![0.0; columns]];
    for row in rows {
        let before = &sums[sums.len() - 1];
        sums.push(before.iter().zip(row).map(|(sum, value)| sum + value).collect());
    }
    let block = block.clamp(1, rows.len());
    let starts = rows.len() - block + 1;
    let blocks = rows.len().div_ceil(block);
    let mut stream = Stream::new(0, Purpose::Event(0), 0);
    let mut uniforms = vec![0.0; blocks];
    let mut estimates: Vec<Vec<f64>> = Vec::new();
    for _ in 0..RESAMPLES {
        stream.uniforms(&mut uniforms);
        let mut means = vec![0.0; columns];
        for uniform in &uniforms {
            let start = ((uniform * starts as f64) as usize).min(starts - 1);
            for (mean, (low, high)) in means.iter_mut().zip(sums[start].iter().zip(&sums[start + block])) {
                *mean += (high - low) / (blocks * block) as f64;
            }
        }
        estimates.extend(estimator(&means));
    }
    if (estimates.len() as f64) < NEEDED * RESAMPLES as f64 {
        return None;
    }
    let (count, n) = (estimates[0].len(), estimates.len() as f64);
    let mean = |i: usize| estimates.iter().map(|e| e[i]).sum::<f64>() / n;
    let means: Vec<f64> = (0..count).map(mean).collect();
    let product = |i: usize, j: usize| {
        let products = estimates.iter().map(|e| (e[i] - means[i]) * (e[j] - means[j]));
        products.sum::<f64>() / n
    };
    Some((0..count).map(|i| (0..count).map(|j| product(i.max(j), i.min(j))).collect()).collect())
}

/// The standard errors of such a matrix.
pub fn errors_of(covariance: &[Vec<f64>]) -> Vec<f64> {
    covariance.iter().enumerate().map(|(i, row)| row[i].max(0.0).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of n independent uniforms has the standard error 1/√(12 n); ± 15 % is more than three standard errors of it.
    #[test]
    fn the_error_of_a_mean_is_right() {
        let mut values = vec![0.0; 2000];
        Stream::new(7, Purpose::Event(1), 0).uniforms(&mut values);
        let rows: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
        for block in [1, 10] {
            let error = errors_of(&block_bootstrap(&rows, block, |means| Some(vec![means[0]])).unwrap())[0];
            assert!((error * (12.0_f64 * 2000.0).sqrt() - 1.0).abs() < 0.15, "{error}");
        }
    }

    #[test]
    fn blocks_keep_dependence_that_single_rows_lose() {
        let rows: Vec<Vec<f64>> = (0..4000).map(|i| vec![f64::from(i / 40 % 2)]).collect();
        let error =
            |block| errors_of(&block_bootstrap(&rows, block, |means| Some(vec![means[0]])).unwrap())[0];
        assert!(error(40) > 2.0 * error(1));
    }
}
