//! What a price may be at some dates, from a small run of its own.

use super::block::{BLOCK_LANES, BlockLoop};
use super::path_law::PathLaw;
use crate::account::Observer;
use crate::market::Bars;
use crate::numeric::{Stream, exponentials};
use crate::stats::Histogram;

/// Blocks of paths at most: 8192 paths place a 5 % quantile within 0.25 % of probability.
const MOST_BLOCKS: u64 = 8;
/// They are numbered from here, far beyond those of a run, so that their randomness is their own.
const FIRST_BLOCK: u64 = 1 << 48;

/// The first asset's price at the monitoring dates of a law.
#[derive(Debug, Clone)]
pub struct PriceDates {
    /// Paths behind it.
    pub paths: u64,
    /// Years since the start, by date.
    pub times: Vec<f64>,
    /// Prices over the price at the start, by date.
    pub ratios: Vec<Histogram>,
    /// The date that comes next.
    next: usize,
    /// The prices at a date, by path.
    at_date: Vec<f64>,
}

impl PriceDates {
    /// The prices of whole blocks of paths of a law: 8192 paths, or as many as a run of fewer `paths` has.
    pub fn new(law: &PathLaw, paths: u64) -> Self {
        let blocks = paths.div_ceil(BLOCK_LANES as u64).clamp(1, MOST_BLOCKS);
        let times: Vec<f64> = law.grid.iter().filter(|point| point.look).map(|point| point.time).collect();
        let ratios = vec![Histogram::default(); times.len()];
        let mut dates =
            Self { paths: blocks * BLOCK_LANES as u64, times, ratios, next: 0, at_date: Vec::new() };
        let mut paths = BlockLoop::new(law);
        for block in FIRST_BLOCK..FIRST_BLOCK + blocks {
            paths.run_block(block, BLOCK_LANES, &mut [&mut dates]);
        }
        dates
    }
}

impl PriceDates {
    /// Counts the prices of all paths at the date that comes next.
    fn count(&mut self, log_prices: &[f64]) {
        exponentials(log_prices, &mut self.at_date);
        if let Some(date) = self.ratios.get_mut(self.next) {
            date.add_all(&self.at_date, 1.0);
        }
        self.next += 1;
    }
}

impl Observer for PriceDates {
    fn begin(&mut self, _lanes: usize) {
        self.next = 0;
    }

    fn observe(&mut self, bars: &[Bars], _noise: &mut Stream) {
        self.count(&bars[0].close);
    }
}
