//! What an observer of the paths draws of its own: when its levels are hit, and what is due to it.

use crate::account::{Due, Moment, Observer};
use crate::engine::funding::{FundingLaw, FundingPaths};
use crate::engine::network::{NetworkLaw, NetworkPaths};
use crate::engine::path_law::PathLaw;
use crate::numeric::{Purpose, Stream};

/// What recorded paths know of what is due: the rates of a law of funding, and how much the coins of a unit of hashrate have moved since the
/// start (logarithms), by path.
pub(crate) struct Known<'a> {
    pub funding: &'a dyn Fn(usize) -> Option<Vec<f64>>,
    pub network: &'a dyn Fn() -> Option<Vec<f64>>,
}

/// The place of one of the observers of the same paths. Its own words decide when it is hit and what funding it pays,
/// so that its outcomes are those of a run of its own.
pub(crate) struct Seat<'a> {
    seed: u64,
    schedule: &'a [Moment],
    /// By point of the grid, the date of the schedule that falls there.
    dates: Vec<Option<usize>>,
    pub funding: FundingPaths<'a>,
    network: Option<NetworkPaths<'a>>,
    pub noise: Stream,
}

impl<'a> Seat<'a> {
    /// For an account with a schedule and laws of funding, and perhaps of a network, on the paths of a law.
    pub fn new(
        law: &PathLaw,
        schedule: &'a [Moment],
        funding: &'a [FundingLaw],
        network: Option<&'a NetworkLaw>,
    ) -> Self {
        let mut moments = schedule.iter().enumerate().peekable();
        // The times of both are the same whole seconds.
        let date = |time: f64| {
            while moments.next_if(|(_, moment)| moment.years() < time).is_some() {}
            moments.next_if(|(_, moment)| moment.years() == time).map(|(date, _)| date)
        };
        Self {
            seed: law.seed,
            schedule,
            dates: law.grid.iter().map(|point| point.time).map(date).collect(),
            funding: FundingPaths::new(funding),
            network: network.map(NetworkPaths::new),
            noise: Stream::new(law.seed, Purpose::Hit, 0),
        }
    }

    /// For an observer to whom nothing is due.
    pub fn free(law: &PathLaw) -> Self {
        Self::new(law, &[], &[], None)
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
        self.settle_with(point, prices, observer, &Known { funding: &|_| None, network: &|| None });
    }

    /// The same where the rates of some laws of funding, or the network, are `known`.
    pub fn settle_with(
        &mut self,
        point: usize,
        prices: &[Vec<f64>],
        observer: &mut dyn Observer,
        known: &Known<'_>,
    ) {
        if let Some(date) = self.dates[point] {
            let funding = self.funding.next(&self.schedule[date], known.funding);
            let Some(network) = &mut self.network else {
                observer.settle(date, prices, Due { funding, network: None });
                return;
            };
            if let Some(moved) = (known.network)() {
                observer.settle(
                    date,
                    prices,
                    Due { funding, network: Some(network.recorded(prices, &moved)) },
                );
                return;
            }
            observer.settle(date, prices, Due { funding, network: Some(network.next(prices)) });
            network.close(prices);
        }
    }
}
