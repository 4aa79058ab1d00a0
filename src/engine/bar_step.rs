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

use super::block::{BLOCK_LANES, Worker};
use super::plan::Plan;
use crate::account::{Evaluation, Hit, Survivors};
use crate::market::{Bars, Duration, SECONDS_PER_YEAR, Sides};
use crate::numeric::Stream;
use crate::stats::{Sums, Tally};

/// Bars per standard deviation of the log-price at the horizon.
const BARS_PER_DEVIATION: f64 = 150.0;
/// Where several purses stand side by side.
const BARS_PER_DEVIATION_APART: f64 = 300.0;
/// However much the price moves.
const MOST_BARS: f64 = 5_000.0;
/// The pilot's block is numbered beyond those of any run and has a seed of its own: the step is the model's, not the seed's.
const PILOT_BLOCK: u64 = 1 << 50;
const PILOT_SEED: u64 = 1;

/// The longest bar, from the spread of the prices at the horizon of a few paths of the same plan.
pub(super) fn automatic(plan: &Plan, assets: &[usize]) -> Duration {
    let pilot = Plan { seed: PILOT_SEED, continuous: false, ..plan.clone() };
    let mut worker = Worker::with_evaluation(&pilot, Box::new(Nothing));
    worker.run_block(PILOT_BLOCK, BLOCK_LANES);
    let deviation = |asset: &usize| {
        let prices = worker.closing_log_prices(*asset);
        let n = prices.len() as f64;
        let mean = prices.iter().sum::<f64>() / n;
        (prices.iter().map(|price| (price - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    let largest = assets.iter().map(deviation).fold(0.0, f64::max);
    let is_apart = plan.portfolio.first().is_some_and(|purses| purses.len() > 1);
    let per_deviation = if is_apart { BARS_PER_DEVIATION_APART } else { BARS_PER_DEVIATION };
    let bars = (per_deviation * largest).ceil().clamp(1.0, MOST_BARS);
    Duration::from_seconds((plan.horizon() * SECONDS_PER_YEAR / bars).max(1.0) as u64)
}

/// Watches nothing.
struct Nothing;

impl Evaluation for Nothing {
    fn begin(&mut self, _lanes: usize) {}

    fn watched_side(&self) -> Option<Sides> {
        None
    }

    fn observe(&mut self, _bars: &[Bars], _hit_noise: &mut Stream) {}

    fn finish(&mut self, _log_prices: &[Vec<f64>], _weights: &[f64], _tally: &mut Tally) {}

    fn survivors(&self, _tally: &Tally, _level: usize) -> Survivors {
        Survivors { returns: Sums::default(), closing_equity: Default::default() }
    }

    fn hits(&self) -> &[Hit] {
        &[]
    }
}
