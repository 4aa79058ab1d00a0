//! A level at its start, in units that make every contract linear.
//!
//! Where one pool holds all positions and one price alone moves them, the pool is one position whatever the scenario lists: the
//! positions of one group are one of their sum, and positions and coins that offset each other are their difference, as long as it
//! can be liquidated on one side only.

use super::barrier::NOWHERE;
use super::fill::{Remains, liquidate_alone, owed_line};
use super::group::Group;
use super::leg::Unit;
use super::margin::{Exposure, Line, Requirement};
use super::pool::{Held, Pool, Room, Stake};
use super::position::Level;
use crate::numeric::exp;
use crate::venue::{Contract, Liquidation, Side, Venue};

/// One leverage of one position: what it starts with and the terms it is held under, in fractions of the equity put up.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Direction.
    pub side: Side,
    /// What the contract settles in.
    pub contract: Contract,
    /// Cash and exposure after the entry fee.
    pub start: Exposure,
    /// Taker fee as a fraction of the notional.
    pub taker_fee: f64,
    /// What was paid at entry.
    pub entry_fee: f64,
    rules: Rules,
}

/// What is asked of a level, and what a liquidation leaves of it.
#[derive(Debug, Clone, PartialEq)]
enum Rules {
    /// One position, or several that are one.
    Alone { requirement: Requirement, liquidation: Liquidation },
    /// Positions and coins that offset each other, with the u at which they are liquidated; nothing but the price moves them.
    Offset { pool: Box<Pool>, stakes: Vec<Stake>, barrier: f64 },
}

impl Opening {
    /// A level at a venue.
    pub fn new(level: &Level, venue: &Venue) -> Self {
        let entry = level.holding.entry;
        let requirement = Requirement::new(venue, level.holding.side, (entry, entry), level.equity);
        Self {
            side: level.holding.side,
            contract: venue.contract,
            start: Exposure::of(&level.holding, venue.contract, level.equity),
            taker_fee: venue.taker_fee,
            entry_fee: level.entry_fee,
            rules: Rules::Alone { requirement, liquidation: venue.liquidation },
        }
    }

    /// A level whose pools come down to one position; none where they do not. Positions that offset each other do where they pay and
    /// receive nothing on the way: `are_still`.
    pub fn of_pools(pools: &[Pool], are_still: bool) -> Option<Self> {
        let [pool] = pools else { return None };
        let first = pool.legs.first()?;
        let is_one_price = pool.assets.len() == 1 && pool.coin.is_none();
        let is_one_unit =
            first.unit != Unit::CoinInQuote && pool.legs.iter().all(|leg| leg.unit == first.unit);
        if !is_one_price || !is_one_unit || pool.collateral != 1.0 || pool.acts_in_steps() {
            return None;
        }
        let coins = pool.pledged.map_or(0.0, |coins| coins.worth);
        let exposure = pool.legs.iter().map(|leg| leg.exposure).sum::<f64>() + coins;
        let closing: f64 = pool.legs.iter().map(|leg| leg.taker_fee * leg.exposure.abs()).sum();
        // What closing costs a unit of exposure has to be the same at every leverage, and coins are not closed.
        if coins != 0.0 && closing != 0.0 {
            return None;
        }
        let rises = exposure > 0.0;
        let rules = match &pool.groups[..] {
            [Group { requirement, liquidation, .. }] if pool.pledged.is_none() => {
                Rules::Alone { requirement: requirement.clone(), liquidation: *liquidation }
            }
            _ if are_still && exposure != 0.0 => {
                let stakes = pool.opening();
                let held = Held { cash: pool.opening_cash(), legs: &stakes };
                let barrier = only_barrier(pool, held, rises == (first.unit.power() > 0.0))?;
                Rules::Offset {
                    pool: Box::new(pool.clone()),
                    barrier: exp(first.unit.power() * barrier),
                    stakes,
                }
            }
            _ => return None,
        };
        let is_coin = first.unit == Unit::Coin;
        Some(Self {
            side: if rises == is_coin { Side::Short } else { Side::Long },
            contract: if is_coin { Contract::Inverse } else { Contract::Linear },
            start: Exposure { cash: pool.opening_cash(), exposure },
            taker_fee: if pool.groups.len() == 1 { first.taker_fee } else { closing / exposure.abs() },
            entry_fee: pool.entry_fee,
            rules,
        })
    }

    /// Whether it is one position, or several that are one.
    pub fn is_alone(&self) -> bool {
        matches!(self.rules, Rules::Alone { .. })
    }

    /// The venue's margin rules; none where no single one applies.
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.rules {
            Rules::Alone { requirement, .. } => Some(requirement),
            Rules::Offset { .. } => None,
        }
    }

    /// The barriers of its tiers with this exposure, by cash.
    pub fn lines(&self, exposure: f64) -> Vec<Line> {
        match &self.rules {
            Rules::Alone { requirement, .. } => requirement.lines(exposure),
            Rules::Offset { barrier, .. } => vec![Line::through(self.start.cash, self.sign() * barrier)],
        }
    }

    /// +1 where the holder gains as x grows, else −1.
    pub fn sign(&self) -> f64 {
        self.start.exposure.signum()
    }

    /// x at a log return of the price.
    pub fn power(&self) -> f64 {
        self.contract.power()
    }

    /// What a liquidation of everything at x leaves of an account with this cash and exposure.
    #[inline(always)]
    pub fn liquidate_at(&self, cash: f64, exposure: f64, x: f64) -> Remains {
        match &self.rules {
            Rules::Alone { liquidation, .. } => {
                liquidate_alone(liquidation, self.contract, self.side, (cash, exposure), x)
            }
            Rules::Offset { pool, stakes, .. } => {
                pool.liquidate(Held { cash, legs: stakes }, &[self.contract.x(x)])
            }
        }
    }

    /// The constant and the slope in x of what a liquidation leaves owing with this cash and exposure: bad debt where it is positive. None
    /// where it is no straight line.
    #[inline(always)]
    pub fn owed_line(&self, cash: f64, exposure: f64) -> Option<(f64, f64)> {
        match &self.rules {
            Rules::Alone { liquidation, .. } => {
                Some(owed_line(liquidation, self.contract, self.side, (cash, exposure)))
            }
            Rules::Offset { .. } => None,
        }
    }
}

/// The log-price at which a pool of one asset is liquidated, where that is so on one side only: below where `is_below`.
fn only_barrier(pool: &Pool, held: Held<'_>, is_below: bool) -> Option<f64> {
    let (low, high) = pool.bounds(held, Room::Margin(1.0), NOWHERE);
    match is_below {
        true => high.is_infinite().then_some(low),
        false => low.is_infinite().then_some(high),
    }
}
