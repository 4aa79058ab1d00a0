//! The accounts of a plan along every past start of whole horizons, in the order of time: nothing is drawn.
//!
//! Only what does not come from the prices (times of hits inside bars, rates of funding) is random, from words of its own.

use std::ops::Range;

use super::block::{BLOCK_LANES, BlockLoop, Seat};
use super::plan::Plan;
use super::worker::Worker;
use crate::model::ScaledHistory;
use crate::stats::Tally;

/// Number of the first block, beyond those of all else.
const FIRST_BLOCK: u64 = 1 << 53;
/// Hours of a chunk, at least.
const SHORTEST: usize = 168;
/// Starts of a chunk, at most: each has two paths.
const LONGEST: usize = BLOCK_LANES / 2;

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

impl<'a> PastStarts<'a> {
    /// The past starts of a plan, thinned out to at most about `paths` paths; none where its prices come from something else.
    pub fn of(plan: &'a Plan, paths: u64) -> Option<Self> {
        let found: Vec<(&ScaledHistory, f64)> =
            plan.law.models.iter().map(|model| model.past_horizons()).collect::<Option<_>>()?;
        let (first, share) = *found.first()?;
        let hours = first.length().clamp(SHORTEST, LONGEST);
        let number = |start: usize| first.hour_of_start(start).div_euclid(hours as i64);
        let (mut chunks, mut from) = (Vec::new(), 0);
        for start in 1..=first.starts().len() {
            if start == first.starts().len() || number(start) != number(from) {
                chunks.push(from..start);
                from = start;
            }
        }
        let stride = (2 * first.starts().len() as u64).div_ceil(paths.max(1)) as usize;
        Some(Self {
            plan,
            histories: found.iter().map(|(history, _)| *history).collect(),
            share,
            hours,
            stride: stride.clamp(1, hours),
            chunks,
        })
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

    /// What the accounts come to along the starts of a chunk; none if a price is not a number.
    pub fn chunk(&self, number: usize) -> Option<Tally> {
        let starts: Vec<usize> = self.chunks[number].clone().step_by(self.stride).collect();
        let law = &self.plan.law;
        let seat =
            Seat::new(law, &self.plan.account.schedule, &self.plan.funding, self.plan.network.as_ref());
        let mut paths = BlockLoop::with_seats(law, vec![seat]);
        for (asset, history) in self.histories.iter().enumerate() {
            paths = paths.moved_by(asset, Box::new(history.along(starts.clone())));
        }
        let mut worker = Worker::of_source(Box::new(paths), self.plan);
        let done = worker.run_block(FIRST_BLOCK + number as u64, 2 * starts.len());
        done.then(|| worker.into_tallies().pop()).flatten()
    }
}
