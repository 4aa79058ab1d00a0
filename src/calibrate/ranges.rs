//! Volatility from open, high, low and close: estimators that use the range of each bar need fewer bars.
//!
//! With o, h, l, c the logarithms of high, low and close over the open of the bar, and of the open over the last close:
//! - close to close: the variance of the log returns;
//! - Parkinson (1980): (h − l)²/(4 ln 2);
//! - Garman and Klass (1980): ½(h − l)² − (2 ln 2 − 1)c²;
//! - Rogers and Satchell (1991): h(h − c) + l(l − c), whatever the drift;
//! - Yang and Zhang (2000): gaps between bars, open to close and Rogers-Satchell combined for the smallest error.
//!
//! Prices are sampled, not watched, so the recorded range is a little too small; wicks of wrong prints make it too large. Gaps
//! between close and open count in the first and the last only.

use serde::Serialize;

use crate::market::PriceHistory;
use crate::numeric::elementary;

use super::bootstrap::{block_bootstrap, errors_of};

/// Days of bars in a block of the bootstrap.
const BLOCK_DAYS: f64 = 14.0;
/// Columns of a row of moments.
const COLUMNS: usize = 9;

/// One estimator's volatility.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RangeVolatility {
    /// Name of the estimator.
    pub estimator: &'static str,
    /// Volatility per square root of a year.
    pub volatility: f64,
    /// Standard error from resampled blocks of two weeks; none where there are too few.
    pub std_error: Option<f64>,
}

/// Volatility by each estimator; only close to close where the history has no ranges. Bars after a gap are left out.
/// Empty if fewer than two bars are left.
pub fn range_volatilities(history: &PriceHistory) -> Vec<RangeVolatility> {
    let rows: Vec<Vec<f64>> =
        (1..history.bars.len()).filter(|&i| !history.is_gap(i)).map(|i| moments(history, i)).collect();
    if rows.len() < 2 {
        return Vec::new();
    }
    let n = rows.len() as f64;
    let years = history.interval.years();
    let means: Vec<f64> = (0..COLUMNS).map(|c| rows.iter().map(|row| row[c]).sum::<f64>() / n).collect();
    let estimate = |means: &[f64]| volatilities(means, n, years);
    let block = (BLOCK_DAYS / history.interval.days()).ceil().max(1.0) as usize;
    let errors = (rows.len() > 4 * block)
        .then(|| block_bootstrap(&rows, block, |means| Some(estimate(means))))
        .flatten()
        .map(|covariance| errors_of(&covariance));
    let names = ["close to close", "Parkinson", "Garman-Klass", "Rogers-Satchell", "Yang-Zhang"];
    let count = if history.close_only { 1 } else { names.len() };
    names[..count]
        .iter()
        .zip(estimate(&means))
        .enumerate()
        .map(|(i, (estimator, volatility))| RangeVolatility {
            estimator,
            volatility,
            std_error: errors.as_ref().map(|errors| errors[i]),
        })
        .collect()
}

/// First and second moments of one bar.
fn moments(history: &PriceHistory, index: usize) -> Vec<f64> {
    let (bar, last) = (history.bars[index], history.bars[index - 1]);
    let ratio = |price: f64| elementary::ln(price / bar.open);
    let (h, l, c) = (ratio(bar.high), ratio(bar.low), ratio(bar.close));
    let gap = elementary::ln(bar.open / last.close);
    let r = gap + c;
    let range = (h - l) * (h - l);
    vec![r, r * r, range, c, c * c, gap, gap * gap, h * (h - c) + l * (l - c), 1.0]
}

/// Volatilities per square root of a year from mean moments of `n` bars.
fn volatilities(means: &[f64], n: f64, years: f64) -> Vec<f64> {
    let ln_2 = std::f64::consts::LN_2;
    let &[r, r2, range, c, c2, gap, gap2, rogers_satchell, _] = means else { return Vec::new() };
    let garman_klass = 0.5 * range - (2.0 * ln_2 - 1.0) * c2;
    // Yang and Zhang's weight of the open-to-close variance, with their constant 1.34 for the fourth moment of a move.
    let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
    let bessel = n / (n - 1.0);
    let yang_zhang = bessel * (gap2 - gap * gap) + k * bessel * (c2 - c * c) + (1.0 - k) * rogers_satchell;
    [bessel * (r2 - r * r), range / (4.0 * ln_2), garman_klass, rogers_satchell, yang_zhang]
        .iter()
        .map(|variance| (variance.max(0.0) / years).sqrt())
        .collect()
}
