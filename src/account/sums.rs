//! From the outcomes of a block to the tally, the same for every evaluation.

use super::follower::Hit;
use crate::stats::{Liquidated, LiquidatedSums, Sums, Tally};

/// Adds the liquidations of a block to its sums and to the tally's histograms.
pub(super) fn tally_hits(
    hits: &[Hit],
    weights: &[f64],
    horizon: f64,
    sums: &mut [LiquidatedSums],
    tally: &mut Tally,
) {
    for hit in hits {
        let level = hit.level as usize;
        let outcome =
            Liquidated { time: hit.time / horizon, recovered: hit.recovered, bad_debt: hit.bad_debt };
        tally.levels[level].add_liquidated(&mut sums[level], outcome, weights[hit.lane as usize]);
    }
}

/// Moves the sums of a block of `lanes` paths to the tally and clears them for the next block.
#[inline(always)]
pub(super) fn add_sums(
    survivors: &mut [Sums],
    liquidated: &mut [LiquidatedSums],
    lanes: usize,
    tally: &mut Tally,
) {
    tally.paths += lanes as u64;
    for ((cell, survivors), liquidated) in tally.levels.iter_mut().zip(survivors).zip(liquidated) {
        cell.add_sums(survivors, liquidated);
        *survivors = Sums::default();
        *liquidated = LiquidatedSums::default();
    }
}
