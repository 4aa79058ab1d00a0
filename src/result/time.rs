//! When a path came to an end.

use serde::{Deserialize, Serialize};

use crate::stats::{Histogram, Moments};

/// Days from the start to liquidation, among the liquidated paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimeToLiquidation {
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean.
    pub std_error: f64,
    /// 5 % quantile.
    pub p05: f64,
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
}

impl TimeToLiquidation {
    /// From the moments and the histogram of the times as shares of the horizon; none if there are none.
    pub(super) fn of(moments: &Moments, times: &Histogram, horizon_days: f64) -> Option<Self> {
        let sums = moments.mapped(0.0, 1.0);
        let [weight, sum, squares, ..] = sums.powers;
        if weight <= 0.0 {
            return None;
        }
        let mean = sum / weight;
        let variance = (squares / weight - mean * mean).max(0.0);
        let total = times.weight();
        let quantiles = times.quantiles([0.05 * total, 0.5 * total, 0.95 * total]);
        let [p05, p50, p95] = quantiles.unwrap_or_default().map(|time| time * horizon_days);
        Some(Self {
            mean: mean * horizon_days,
            // Σw²/(Σw)² is one over the effective number of times.
            std_error: (variance * sums.squares[0]).sqrt() / weight * horizon_days,
            p05,
            p50,
            p95,
        })
    }
}
