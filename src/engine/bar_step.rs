//! How long the bars of an account of several positions may be.
//!
//! Between the ends of its bars such an account follows a bridge that takes the surface of liquidation as flat (see
//! [`portfolio`](crate::account::portfolio)). Over bars of variance s² that shifts the surface by about κs²/12, κ its curvature, which
//! changes the probability of liquidation by about that over √(2π) standard deviations of the whole path, σ√T. With N bars it is
//! κ·σ√T/(12·√(2π)·N) ≈ κ·σ√T/(30·N). With 150 bars for every unit of σ√T that is 0.02 percentage points for a curvature of
//! 1, a fifth of what is allowed.
//!
//! Correlated positions that stand alone need more, because their hits inside one bar are drawn independently: twice as many bars
//! leave 0.04 percentage points at a correlation of 0.9 (`tests/account/portfolio_bias.rs`).

use super::block::{BLOCK_LANES, BlockLoop};
use super::path_law::PathLaw;
use crate::market::{Duration, SECONDS_PER_YEAR};

/// Bars per standard deviation of the log-price at the horizon.
const BARS_PER_DEVIATION: f64 = 150.0;
/// Where several pools stand side by side.
const BARS_PER_DEVIATION_APART: f64 = 300.0;
/// However much the price moves.
const MOST_BARS: f64 = 5_000.0;
/// The pilot's block is numbered beyond those of any run and has a seed of its own: the step is the model's, not the seed's.
const PILOT_BLOCK: u64 = 1 << 50;
const PILOT_SEED: u64 = 1;

/// The longest bar of an account of some pools, from the spread of the prices at the horizon of a few paths of the same law.
pub(super) fn automatic(law: &PathLaw, pools: usize) -> Duration {
    let pilot = PathLaw { seed: PILOT_SEED, continuous: false, ..law.clone() };
    let mut paths = BlockLoop::with_seats(&pilot, Vec::new());
    paths.run_block(PILOT_BLOCK, BLOCK_LANES, &mut []);
    let deviation = |prices: &Vec<f64>| {
        let n = prices.len() as f64;
        let mean = prices.iter().sum::<f64>() / n;
        (prices.iter().map(|price| (price - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    let largest = paths.log_prices().iter().map(deviation).fold(0.0, f64::max);
    let per_deviation = if pools > 1 { BARS_PER_DEVIATION_APART } else { BARS_PER_DEVIATION };
    let bars = (per_deviation * largest).ceil().clamp(1.0, MOST_BARS);
    Duration::from_seconds((law.years() * SECONDS_PER_YEAR / bars).max(1.0) as u64)
}
