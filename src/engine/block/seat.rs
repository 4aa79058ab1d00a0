//! An account on the paths, with what only it draws.

use crate::account::Evaluation;
use crate::engine::funding::FundingPaths;
use crate::engine::plan::Plan;
use crate::market::Sides;
use crate::numeric::{Purpose, Stream};
use crate::stats::Tally;

/// One of the accounts that live on the same paths. Its own words decide when it is hit and what funding it pays, so that its outcomes
/// are those of a run of its own.
pub(super) struct Seat<'a> {
    plan: &'a Plan,
    pub evaluation: Box<dyn Evaluation>,
    pub funding: FundingPaths<'a>,
    pub hit_noise: Stream,
    tally: Tally,
}

impl<'a> Seat<'a> {
    pub fn new(plan: &'a Plan, evaluation: Box<dyn Evaluation>) -> Self {
        Self {
            plan,
            evaluation,
            funding: FundingPaths::new(&plan.funding),
            hit_noise: Stream::new(plan.seed, Purpose::Hit, 0),
            tally: Tally::new(plan.terms.len()),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, block: u64, lanes: usize) {
        self.hit_noise = Stream::new(self.plan.seed, Purpose::Hit, block);
        self.evaluation.begin(lanes);
        self.funding.begin(self.plan.seed, block, lanes);
    }

    /// Lets the cash flows happen that are due at a point of the grid.
    pub fn settle(&mut self, point: usize, prices: &[Vec<f64>]) {
        if let Some(moment) = self.plan.grid[point].settle {
            let rates = self.funding.next(&self.plan.schedule[moment]);
            self.evaluation.settle(moment, prices, rates);
        }
    }

    /// Ends a block.
    pub fn finish(&mut self, prices: &[Vec<f64>], weights: &[f64]) {
        self.evaluation.finish(prices, weights, &mut self.tally);
    }

    /// The asset and the side by whose driver its paths are sorted; none if they are not.
    pub fn stratified(&self) -> Option<(usize, Sides)> {
        let side = self.evaluation.losing_side().filter(|_| self.plan.stratified)?;
        Some((self.plan.asset, side))
    }

    /// Counts the liquidations of the block by the strata of the paths.
    pub fn stratify(&mut self, strata: &[u32]) {
        let Self { evaluation, tally, .. } = self;
        tally.strata.add_paths(strata, tally.levels.len());
        evaluation.for_each_liquidated(&mut |lane, level| {
            tally.strata.add_event(level, strata[lane as usize]);
        });
    }

    /// What the blocks run so far have tallied.
    pub fn tally(&mut self) -> &Tally {
        self.evaluation.flush(&mut self.tally);
        &self.tally
    }

    /// Gives up the seat for its tally.
    pub fn into_tally(mut self) -> Tally {
        self.evaluation.flush(&mut self.tally);
        self.tally
    }
}
