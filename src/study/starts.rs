//! The starts of a recorded history as paths.
//!
//! The paths of a block are starts that follow each other, so a bar of all paths is a stretch of the history.

use std::ops::Range;

use super::grid::Grid;
use crate::engine::{BarColumns, RecordedPaths};
use crate::market::Duration;

/// Every place of a history as the start of a path.
pub(super) struct Starts<'a> {
    /// The history of each asset, place by place the same times.
    pub grids: Vec<&'a Grid>,
    /// Standard deviation of the moves of each asset over a bar.
    pub deviations: Vec<f64>,
    /// Bars of a path.
    pub bars: usize,
    /// By law of funding, the rates recorded within each place of the grid; none where the record has no part in it.
    pub rates: Vec<Option<Vec<f64>>>,
    /// Logarithm of coins per block over difficulty at each place, where they are recorded.
    pub network: Option<&'a [f64]>,
}

impl RecordedPaths for Starts<'_> {
    fn interval(&self) -> Duration {
        self.grids[0].interval()
    }

    fn bars(&self) -> usize {
        self.bars
    }

    fn columns(&self, asset: usize, bar: usize, paths: Range<usize>) -> BarColumns {
        let Grid { open, high, low, close, .. } = self.grids[asset];
        let entries = &close[paths.clone()];
        let of = |column: &[f64]| {
            let prices = &column[paths.start + bar + 1..][..paths.len()];
            prices.iter().zip(entries).map(|(price, entry)| price - entry).collect()
        };
        BarColumns { open: of(open), high: of(high), low: of(low), close: of(close) }
    }

    fn driver(&self, asset: usize, bar: usize, paths: Range<usize>) -> Option<Vec<f64>> {
        let (close, unit) = (&self.grids[asset].close, 1.0 / self.deviations[asset]);
        let (before, after) = (&close[paths.start + bar..], &close[paths.start + bar + 1..]);
        Some(before.iter().zip(after).take(paths.len()).map(|(from, to)| unit * (to - from)).collect())
    }

    fn funding(&self, law: usize, bar: usize, paths: Range<usize>) -> Option<Vec<f64>> {
        let rates = self.rates.get(law)?.as_ref()?;
        Some(rates[paths.start + bar + 1..][..paths.len()].to_vec())
    }

    fn network(&self, bar: usize, paths: Range<usize>) -> Option<Vec<f64>> {
        let network = self.network?;
        let now = &network[paths.start + bar + 1..][..paths.len()];
        // A start whose days are not all known does not count.
        let moved = |(now, start): (&f64, &f64)| if (now - start).is_finite() { now - start } else { 0.0 };
        Some(now.iter().zip(&network[paths]).map(moved).collect())
    }
}
