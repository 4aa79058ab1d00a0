//! What an observer of the paths draws of its own: when its levels are hit, and what is due to it.

use crate::account::{Due, Moment, Observer};
use crate::engine::funding::FundingPaths;
use crate::engine::network::NetworkPaths;
use crate::engine::plan::{GridPoint, Plan};
use crate::numeric::{Purpose, Stream};

/// The place of one of the observers of the same paths. Its own words decide when it is hit and what funding it pays,
/// so that its outcomes are those of a run of its own.
pub(in crate::engine) struct Seat<'a> {
    seed: u64,
    grid: &'a [GridPoint],
    schedule: &'a [Moment],
    pub funding: FundingPaths<'a>,
    network: Option<NetworkPaths<'a>>,
    pub noise: Stream,
}

impl<'a> Seat<'a> {
    /// For the account of a plan.
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            seed: plan.seed,
            grid: &plan.grid,
            schedule: &plan.schedule,
            funding: FundingPaths::new(&plan.funding),
            network: plan.mining.as_ref().map(|mining| NetworkPaths::new(&mining.law)),
            noise: Stream::new(plan.seed, Purpose::Hit, 0),
        }
    }

    /// For an observer to whom nothing is due.
    pub fn free(plan: &'a Plan) -> Self {
        Self { schedule: &[], funding: FundingPaths::new(&[]), network: None, ..Self::new(plan) }
    }

    /// Starts a block.
    pub fn begin(&mut self, block: u64, lanes: usize) {
        self.noise = Stream::new(self.seed, Purpose::Hit, block);
        self.funding.begin(self.seed, block, lanes);
        if let Some(network) = &mut self.network {
            network.begin(self.seed, block, lanes);
        }
    }

    /// Lets what is due at a point of the grid happen.
    pub fn settle(&mut self, point: usize, prices: &[Vec<f64>], observer: &mut dyn Observer) {
        if let Some(date) = self.grid[point].settle
            && let Some(moment) = self.schedule.get(date)
        {
            let funding = self.funding.next(moment);
            let network = self.network.as_mut().map(|network| network.next(prices));
            observer.settle(date, prices, Due { funding, network });
            if let Some(network) = &mut self.network {
                network.close(prices);
            }
        }
    }
}
