//! The accounts of a plan along past starts of whole horizons, in the order of time: nothing is drawn.
//!
//! Only what does not come from the prices (times of hits inside bars, rates of funding) is random, from words of its own.

use std::ops::Range;

use super::block::{BLOCK_LANES, BlockLoop, Seat};
use super::plan::Plan;
use super::worker::Worker;
use crate::account::Follower;
use crate::model::{Listed, ScaledHistory};
use crate::stats::Tally;

/// Number of the first block, beyond those of all else.
const FIRST_BLOCK: u64 = 1 << 53;
/// Chunks that a history is cut into, if they are not too short or too long.
const CHUNKS: usize = 64;
/// Hours of a chunk, at least.
const SHORTEST: usize = 168;
/// Starts of a chunk that are followed, at most: each has two paths.
const MOST_STARTS: usize = BLOCK_LANES / 2;

/// Chunks of neighbouring starts.
pub struct PastStarts<'a> {
    plan: &'a Plan,
    histories: Vec<&'a ScaledHistory>,
    /// Share of the run's paths that come from them.
    share: f64,
    /// Hours of a chunk.
    hours: usize,
    /// Every so many starts is followed.
    stride: usize,
    /// Numbers of the starts of each chunk.
    chunks: Vec<Range<usize>>,
}

/// What a thread follows chunks with.
pub struct PastWorker<'a> {
    listed: Listed,
    worker: Worker<'a>,
}

impl PastWorker<'_> {
    /// The follower of the levels, which knows the survivors of a tally.
    pub fn follower(&self) -> &dyn Follower {
        self.worker.follower()
    }
}

impl<'a> PastStarts<'a> {
    /// The past starts of a plan, thinned out to about `paths` paths at most; none where its prices come from something else.
    pub fn of(plan: &'a Plan, paths: u64) -> Option<Self> {
        let found: Vec<(&ScaledHistory, f64)> =
            plan.law.models.iter().map(|model| model.past_horizons()).collect::<Option<_>>()?;
        let (first, share) = *found.first()?;
        let count = first.starts().len();
        let stride = (2 * count as u64).div_ceil(paths.max(1)).max(1) as usize;
        let hours = (count / CHUNKS).clamp(SHORTEST, (MOST_STARTS * stride).max(SHORTEST));
        let number = |start: usize| first.hour_of_start(start).div_euclid(hours as i64);
        let (mut chunks, mut from) = (Vec::new(), 0);
        for start in 1..=count {
            if start == count || number(start) != number(from) {
                chunks.push(from..start);
                from = start;
            }
        }
        let histories = found.iter().map(|(history, _)| *history).collect();
        Some(Self { plan, histories, share, hours, stride, chunks })
    }

    /// Share of the run's paths that are drawn from past starts.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// The past starts of the first asset.
    pub fn history(&self) -> &ScaledHistory {
        self.histories[0]
    }

    /// Hours of a chunk.
    pub fn hours(&self) -> usize {
        self.hours
    }

    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// A worker for chunks.
    pub fn worker(&self) -> PastWorker<'a> {
        let (plan, law) = (self.plan, &self.plan.law);
        let seat = Seat::new(law, &plan.account.schedule, &plan.funding, plan.network.as_ref());
        let mut paths = BlockLoop::with_seats(law, vec![seat]);
        let listed = Listed::default();
        for (asset, history) in self.histories.iter().enumerate() {
            paths = paths.moved_by(asset, Box::new(history.along(&listed)));
        }
        PastWorker { listed, worker: Worker::of_source(Box::new(paths), plan) }
    }

    /// What the accounts come to along the starts of a chunk; none if a price is not a number.
    pub fn chunk(&self, with: &mut PastWorker<'_>, number: usize) -> Option<Tally> {
        let starts = self.chunks[number].clone();
        let paths = 2 * starts.len().div_ceil(self.stride);
        with.listed.set(starts, self.stride);
        let done = with.worker.run_block(FIRST_BLOCK + number as u64, paths);
        done.then(|| {
            let tally = with.worker.take_tally();
            debug_assert_eq!(tally.paths, paths as u64);
            tally
        })
    }
}
