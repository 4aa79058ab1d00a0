//! The account of a scenario, opened at every leverage level.

use super::barrier::NOWHERE;
use super::miner::{MinerFollower, OpenMiner};
use super::policy::Orders;
use super::pool::{Held, Pool, Room};
use super::{Follower, General, Isolated, Ledger, Level, Moment, Opening, Ordered, Policy};
use crate::market::{Duration, Sides};
use crate::venue::{Flows, Side};

/// An account at every leverage level, before any path is drawn.
#[derive(Debug, Clone)]
pub struct OpenAccount {
    /// The asset of the (first) position.
    pub asset: usize,
    /// Its direction, or that of the one position that the account comes down to.
    pub side: Side,
    /// Asset and direction of every position.
    pub positions: Vec<(usize, Side)>,
    /// The levels of an account of one position; empty where the scenario lists several.
    pub levels: Vec<Level>,
    /// The pools of every level.
    pub pools: Vec<Vec<Pool>>,
    /// The levels as one position each; empty where no one position is what an account comes down to.
    pub openings: Vec<Opening>,
    /// What is charged over time, by position.
    pub flows: Vec<Flows>,
    /// What the owner does.
    pub policy: Policy,
    /// Whether the venue can act and leave the position open.
    pub in_steps: bool,
    /// When the account has to be settled; empty where nothing but the price moves it.
    pub schedule: Vec<Moment>,
    /// Length of every path.
    pub horizon: Duration,
    /// Whether the venues watch the price at every instant; they compare it with the barriers on their monitoring dates only otherwise.
    pub continuous: bool,
    /// A miner in place of positions.
    pub miner: Option<OpenMiner>,
}

/// Levels whose liquidation is the first passage of one asset's price through fixed barriers.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstPassage {
    /// The asset.
    pub asset: usize,
    /// Where liquidation lies.
    pub side: Sides,
    /// By level, the distance of log-prices to liquidation, positive; infinite where it cannot be reached. None where the level is
    /// not of this kind.
    pub distances: Vec<Option<f64>>,
}

impl FirstPassage {
    /// The sign that makes a move of the log-price towards liquidation positive.
    pub fn sign(&self) -> f64 {
        if self.side == Sides::High { 1.0 } else { -1.0 }
    }
}

impl OpenAccount {
    /// Whether the levels are liquidated by the first passage of one asset's price through fixed barriers, whatever their
    /// follower: none if no level is. A liquidation in part is one from the first part on.
    pub fn first_passage(&self) -> Option<FirstPassage> {
        let moves_money = !self.flows.iter().all(Flows::is_empty);
        if moves_money || self.policy.can_delay_liquidation(self.horizon) {
            return None;
        }
        let side = losing(self.side);
        let distance = |pools: &Vec<Pool>| {
            let pools = pools.iter().map(|pool| self.distance(pool, side));
            pools.reduce(|one, other| Some(one?.min(other?))).flatten()
        };
        let distances: Vec<Option<f64>> = self.pools.iter().map(distance).collect();
        let asset = self.asset;
        distances.iter().any(Option::is_some).then_some(FirstPassage { asset, side, distances })
    }

    /// The distance of log-prices to the liquidation of a pool that holds one asset only and loses on one side only, with nothing
    /// that comes before; none for others. A stop that lies before liquidation comes first, except across a gap.
    fn distance(&self, pool: &Pool, side: Sides) -> Option<f64> {
        let loses = pool.legs.iter().all(|leg| leg.asset == self.asset && losing(leg.side) == side);
        let is_one = !self.openings.is_empty() && self.policy.stop_loss.is_none();
        if !(loses || is_one)
            || pool.assets.len() != 1
            || pool.groups.iter().any(|group| group.lender.is_some())
        {
            return None;
        }
        let stakes = pool.opening();
        let held = Held { cash: pool.opening_cash(), legs: &stakes };
        let (low, high) = pool.bounds(held, Room::Margin(1.0), NOWHERE);
        let (barrier, other) = if side == Sides::Low { (low, high) } else { (high, low) };
        if pool.pledged.is_some() && other.is_finite() {
            return None;
        }
        let stop = self.policy.stop_loss;
        let is_share = stop.is_some_and(|stop| stop.is_shared(pool));
        let orders = pool.legs.iter().map(|leg| Orders::new((stop, None, None), leg, pool));
        let is_first = !is_share && orders.into_iter().all(|orders| orders.stops_beyond(barrier));
        is_first.then_some(barrier.abs())
    }

    /// The levels whose stop lies beyond the liquidation price of a position's own asset, so that it can never fill first.
    pub fn idle_stops(&self) -> Vec<bool> {
        let Some(stop) = self.policy.stop_loss else { return vec![false; self.pools.len()] };
        let is_idle = |pool: &Pool| {
            let stakes = pool.opening();
            let held = Held { cash: pool.opening_cash(), legs: &stakes };
            let (low, high) = match pool.assets.len() {
                1 => pool.bounds(held, Room::Margin(1.0), NOWHERE),
                _ => NOWHERE,
            };
            pool.legs.iter().any(|leg| {
                let orders = Orders::new((Some(stop), None, None), leg, pool);
                let barrier = if leg.side == Side::Long { low } else { high };
                barrier.is_finite() && orders.stop.is_finite() && orders.stops_beyond(barrier)
            })
        };
        self.pools.iter().map(|pools| pools.iter().any(is_idle)).collect()
    }

    /// The asset and the side on which the account loses; of several positions those of the first.
    pub fn losing_side(&self) -> (usize, Sides) {
        (self.asset, losing(self.side))
    }

    /// Whether the bars of its paths are to be as short as the scenario says.
    pub fn takes_step(&self) -> bool {
        self.continuous && self.openings.is_empty() && self.miner.is_none()
    }

    /// The side on which the positions in an asset lose; the lower one where there are none.
    pub fn losing_side_of(&self, asset: usize) -> Sides {
        let position = self.positions.iter().find(|(own, _)| *own == asset);
        position.map_or(Sides::Low, |(_, side)| losing(*side))
    }

    /// A fresh follower of the levels: one number a path, or columns of paths, where that is enough. `correlation` is that of all assets.
    pub fn follower(&self, correlation: &[Vec<f64>]) -> Box<dyn Follower> {
        if let Some(miner) = &self.miner {
            return Box::new(MinerFollower::new(miner.clone(), self.schedule.clone()));
        }
        if self.openings.is_empty() || self.is_managed() {
            return match self.isolated(correlation) {
                Some(isolated) => Box::new(isolated),
                None => Box::new(self.general(correlation)),
            };
        }
        match self.ordered() {
            Some(ordered) => Box::new(ordered),
            None => Box::new(self.ledger()),
        }
    }

    /// Whether the owner or the venue acts on the way.
    pub fn is_managed(&self) -> bool {
        self.in_steps || !self.is_idle()
    }

    /// Whether nothing that the owner has ordered can happen: it is due at the horizon or later, or waits for a price beyond that of
    /// liquidation, which nothing moves.
    fn is_idle(&self) -> bool {
        let is_still = self.flows.iter().all(Flows::is_empty);
        let is_single = |pools: &Vec<Pool>| pools.iter().map(|pool| pool.legs.len()).sum::<usize>() == 1;
        let never_stops =
            || self.pools.iter().all(is_single) && self.idle_stops().iter().all(|is_idle| *is_idle);
        let policy = self.policy.within(self.horizon);
        match policy.stop_loss {
            Some(_) if is_still && never_stops() => Policy { stop_loss: None, ..policy }.is_empty(),
            _ => policy.is_empty(),
        }
    }

    /// A follower of all levels by one number a path, where nobody acts on the way and the levels are in order whatever the path.
    pub fn ordered(&self) -> Option<Ordered> {
        if self.is_managed() || self.openings.is_empty() {
            return None;
        }
        let (flows, years) = (self.flows.first()?, self.horizon.years());
        let (levels, schedule) = (self.openings.clone(), self.schedule.clone());
        Ordered::new(levels, flows, schedule, (self.asset, self.continuous), years)
    }

    /// A follower of several positions with collateral of their own, by columns, where nothing but prices and funding moves them.
    pub fn isolated(&self, correlation: &[Vec<f64>]) -> Option<Isolated> {
        let (pools, schedule) = (self.pools.clone(), self.schedule.clone());
        let watches = (self.horizon.years(), self.continuous);
        self.policy.is_empty().then(|| Isolated::new(pools, schedule, correlation, watches)).flatten()
    }

    /// A follower of any account.
    pub fn general(&self, correlation: &[Vec<f64>]) -> General {
        let (pools, schedule) = (self.pools.clone(), self.schedule.clone());
        General::new(pools, self.policy, schedule, correlation, self.horizon.years(), self.continuous)
    }

    /// A follower of every level on its own.
    pub fn ledger(&self) -> Ledger {
        let flows = self.flows.first().cloned().unwrap_or_default();
        Ledger::new(self.openings.clone(), flows, self.schedule.clone(), self.asset, self.horizon.years())
    }
}

/// The extreme that can liquidate a position.
fn losing(side: Side) -> Sides {
    match side {
        Side::Long => Sides::Low,
        Side::Short => Sides::High,
    }
}
