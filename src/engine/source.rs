//! Where bars come from: simulated, recorded, or brought by a caller.

use super::block::{BlockLoop, Observers};
use crate::market::Sides;

/// Shows the bars of blocks of paths to observers, one for each seat.
pub(crate) trait BarSource {
    /// Shows one block of `lanes` paths; false if the work was stopped on the way, and the block is not whole.
    fn run_block(&mut self, block: u64, lanes: usize, observers: &mut Observers<'_>) -> bool;

    /// Log-prices over the prices at the start at the end of the last block, by asset and path.
    fn log_prices(&self) -> &[Vec<f64>];

    /// Weights of the paths of the last block.
    fn weights(&self) -> &[f64];

    /// The stratum of each path of the last block, by what drove the price of an asset to a side; empty where nothing is known of that.
    fn strata(&mut self, asset: usize, side: Sides) -> &[u32];
}

impl BarSource for BlockLoop<'_> {
    fn run_block(&mut self, block: u64, lanes: usize, observers: &mut Observers<'_>) -> bool {
        BlockLoop::run_block(self, block, lanes, observers)
    }

    fn log_prices(&self) -> &[Vec<f64>] {
        BlockLoop::log_prices(self)
    }

    fn weights(&self) -> &[f64] {
        BlockLoop::weights(self)
    }

    fn strata(&mut self, asset: usize, side: Sides) -> &[u32] {
        BlockLoop::strata(self, asset, side)
    }
}
