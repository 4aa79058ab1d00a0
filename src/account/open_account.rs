//! The account of a scenario, opened at every leverage level.

use super::miner::{MinerFollower, OpenMiner};
use super::portfolio::{Purse, prices};
use super::{Book, Follower, Funded, Ledger, Level, Moment, Nested, Opening, Policy, Portfolio};
use crate::market::{Duration, Sides};
use crate::numeric::elementary;
use crate::venue::{Borrow, Flows, Side};

/// An account at every leverage level, before any path is drawn.
#[derive(Debug, Clone)]
pub struct OpenAccount {
    /// The asset of the (first) position.
    pub asset: usize,
    /// Its direction.
    pub side: Side,
    /// Asset and direction of every position.
    pub positions: Vec<(usize, Side)>,
    /// The levels of an account of one position; empty where there are several.
    pub levels: Vec<Level>,
    /// The levels of an account of several positions; empty where there is one.
    pub portfolio: Vec<Vec<Purse>>,
    /// The levels in the units of an account that is followed step by step.
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
    /// follower: none if no level is.
    pub fn first_passage(&self) -> Option<FirstPassage> {
        let moves_money = !self.flows.iter().all(Flows::is_empty);
        if moves_money || self.in_steps || self.policy.can_delay_liquidation(self.horizon) {
            return None;
        }
        let side = losing(self.side);
        let sign = if side == Sides::High { 1.0 } else { -1.0 };
        let stop = self.policy.stop_loss.map(|stop| -stop.level(-sign));
        // A stop that lies before liquidation comes first, except across a gap.
        let unstopped = |distance: f64| stop.is_none_or(|stop| stop > distance).then_some(distance);
        let distances: Vec<Option<f64>> = if self.portfolio.is_empty() {
            let distance = |level: &Level| level.log_barrier().map_or(f64::INFINITY, |log| sign * log);
            self.levels.iter().map(|level| unstopped(distance(level))).collect()
        } else {
            let distance = |purses: &Vec<Purse>| nearest(purses, self.asset, side).and_then(unstopped);
            self.portfolio.iter().map(distance).collect()
        };
        let asset = self.asset;
        distances.iter().any(Option::is_some).then_some(FirstPassage { asset, side, distances })
    }

    /// The asset and the side on which the account loses; of several positions those of the first.
    pub fn losing_side(&self) -> (usize, Sides) {
        (self.asset, losing(self.side))
    }

    /// The side on which the positions in an asset lose; the lower one where there are none.
    pub fn losing_side_of(&self, asset: usize) -> Sides {
        let position = self.positions.iter().find(|(own, _)| *own == asset);
        position.map_or(Sides::Low, |(_, side)| losing(*side))
    }

    /// Whether liquidation depends on several prices, or on several pools, so that bars have to be short: the way between their ends
    /// is then followed by an approximation.
    pub fn needs_short_bars(&self) -> bool {
        let is_alone = |purses: &Vec<Purse>| purses.len() == 1 && purses[0].assets().len() == 1;
        !self.portfolio.is_empty() && !self.portfolio.iter().all(is_alone)
    }

    /// A fresh follower of the levels: from the running extreme where that is enough. `correlation` is that of all assets.
    pub fn follower(&self, correlation: &[Vec<f64>]) -> Box<dyn Follower> {
        if let Some(miner) = &self.miner {
            return Box::new(MinerFollower::new(miner.clone(), self.schedule.clone()));
        }
        if !self.portfolio.is_empty() {
            return Box::new(self.several(correlation));
        }
        if self.is_managed() {
            return Box::new(self.book());
        }
        if self.schedule.is_empty()
            && let Ok(nested) = Nested::new(self.levels.clone(), self.asset, self.horizon.years())
        {
            return Box::new(nested);
        }
        match self.funded() {
            Some(funded) => Box::new(funded),
            None => Box::new(self.ledger()),
        }
    }

    /// Whether the owner or the venue acts on the way.
    fn is_managed(&self) -> bool {
        self.in_steps || !self.policy.is_empty()
    }

    /// A follower of levels that nothing but funding moves, where their barriers are straight in what it has charged.
    pub fn funded(&self) -> Option<Funded> {
        if self.is_managed() || !self.portfolio.is_empty() || self.schedule.is_empty() {
            return None;
        }
        let flows = self.flows.first()?;
        let is_charged = |borrow: &Borrow| borrow.rate != 0.0;
        let funding = flows.funding.as_ref().filter(|_| !flows.borrow.as_ref().is_some_and(is_charged))?;
        let years = self.horizon.years();
        Funded::new(self.openings.clone(), funding, self.schedule.clone(), self.asset, years)
    }

    /// A follower of every level on its own, with an owner and a venue that act.
    pub fn book(&self) -> Book {
        let horizon = self.schedule.last().map_or(0, |moment| moment.seconds);
        let flows = self.flows.first().cloned().unwrap_or_default();
        Book::new(self.openings.clone(), self.policy, &flows, self.schedule.clone(), self.asset, horizon)
    }

    /// A follower of several positions.
    pub fn several(&self, correlation: &[Vec<f64>]) -> Portfolio {
        let (levels, schedule) = (self.portfolio.clone(), self.schedule.clone());
        Portfolio::new(levels, self.policy, schedule, correlation, self.horizon.years())
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

/// The distance to the nearest liquidation of pools that hold one asset only and lose on one side only; none for others.
fn nearest(purses: &[Purse], asset: usize, side: Sides) -> Option<f64> {
    let is_plain =
        |purse: &Purse| purse.assets() == [asset] && purse.sides().all(|position| losing(position) == side);
    if !purses.iter().all(is_plain) {
        return None;
    }
    let distances = prices(purses)
        .into_iter()
        .map(|one| one.liquidation.map_or(f64::INFINITY, |x| elementary::ln(x).abs()));
    Some(distances.fold(f64::INFINITY, f64::min))
}
