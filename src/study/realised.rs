//! The share of recorded starts that something happened to.

use crate::stats::{BlockBootstrap, Estimate, Method, Z_95};

/// Resamples of the bootstrap.
pub(super) const RESAMPLES: usize = 2_000;

/// The fraction with its interval; where nothing or everything happened, the exact bound of so many windows apart.
pub(super) fn realised(liquidated: &[f64], bootstrap: &BlockBootstrap, windows: f64) -> Estimate {
    let n = liquidated.len() as f64;
    let value = liquidated.iter().sum::<f64>() / n;
    let (low, high) = bootstrap.interval(liquidated);
    let bound = Estimate::probability(value * windows, value * windows, windows);
    let (low, high) =
        (if value >= 1.0 { bound.low } else { low }, if value <= 0.0 { bound.high } else { high });
    Estimate::new(value, (high - low) / (2.0 * Z_95), [low, high]).by(Method::History)
}
