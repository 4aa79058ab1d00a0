//! Which paths a batch of bars may take to a barrier: the extremes of all bars of an asset.

use super::nearest::Nearest;
use crate::account::follow::{Node, OUT_OF_REACH};
use crate::market::Bars;
use crate::numeric::{Kernel, ln};

/// Paths that are looked at together.
const CHUNK: usize = 64;

/// Finds the bars of a batch that get to a barrier, or can get to barriers on both sides, or are too long to be taken whole where one is
/// in reach.
pub(super) struct Find<'a> {
    pub bars: &'a Bars,
    /// By bar.
    pub nearest: &'a Nearest,
    pub key: u64,
    /// Longest bar that is taken whole, as a variance.
    pub longest: f64,
    /// Their places in the batch.
    pub found: &'a mut Vec<u32>,
}

impl Kernel for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bars, nearest, key, longest, found } = self;
        let n = bars.len();
        let (lanes, start) = (&bars.lanes[..n], &bars.start[..n]);
        let (open, close, variance) = (&bars.open[..n], &bars.close[..n], &bars.variance[..n]);
        let (low, high) = (&nearest.low[..n], &nearest.high[..n]);
        for first in (0..n).step_by(CHUNK) {
            let mut is_found = [0_u64; CHUNK];
            for (k, is_found) in is_found.iter_mut().enumerate().take(n - first) {
                let i = first + k;
                let (from, to, variance) = (open[i], close[i], variance[i]);
                // As `Segment::reach`, `lowest` and `highest` have it.
                let reach = OUT_OF_REACH * variance;
                let near_low = 2.0 * (from - low[i]) * (to - low[i]) < reach;
                let near_high = 2.0 * (high[i] - from) * (high[i] - to) < reach;
                let uniform = Node::bar(key, lanes[i], start[i]).uniform(0);
                let step = to - from;
                let swing = step.mul_add(step, -2.0 * variance * ln(uniform)).sqrt();
                let lowest = 0.5 * (from + to - swing);
                let highest = 0.5 * (from + to + swing);
                let is_beyond = (from <= low[i]) | (from >= high[i]) | (to <= low[i]) | (to >= high[i]);
                let is_touched = (near_low & (lowest <= low[i])) | (near_high & (highest >= high[i]));
                let is_split = (near_low & near_high) | ((near_low | near_high) & (variance > longest));
                *is_found = u64::from(is_beyond | is_touched | is_split);
            }
            let bits = is_found.iter().zip(0..).fold(0_u64, |bits, (is_found, k)| bits | is_found << k);
            let mut left = bits;
            while left != 0 {
                found.push(first as u32 + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }
}
