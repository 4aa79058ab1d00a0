//! An account's observer: what the paths of a block do to its levels.

use super::observer::Observer;
use crate::market::{Hedging, JumpTail, Martingale, Sides};
use crate::stats::{Histogram, Intervals, LevelTally, MARKS, Sums, Tally};

/// Follows all leverage levels of an account along the paths of a block. Levels are in order of rising leverage.
pub trait Follower: Observer {
    /// Closes what has survived to the horizon, at these log-prices (by asset and path, relative to the start), and adds
    /// the block to a tally, perhaps holding some of it back. `weights` are those of the paths.
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally);

    /// The first path of the current block on which some money of the account is not a finite number; none as it should be.
    fn broken(&self) -> Option<usize>;

    /// Adds to the tally what was held back of the blocks finished so far.
    fn flush(&mut self, _tally: &mut Tally) {}

    /// The survivors of each level in a tally that was made by this follower, and flushed.
    fn survivors(&self, tally: &Tally) -> Vec<Survivors> {
        let of_level = |(level, cell): (usize, &LevelTally)| Survivors {
            returns: self.survivor_returns(tally, level),
            closing_equity: cell.closing_equity.clone(),
        };
        tally.levels.iter().enumerate().map(of_level).collect()
    }

    /// Sums of the returns of the survivors of a level.
    fn survivor_returns(&self, tally: &Tally, level: usize) -> Sums {
        tally.levels[level].survivors.mapped(0.0, 1.0)
    }

    /// Names the path and the level of every liquidation of the current block so far.
    fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        for hit in self.hits() {
            name(hit.lane, hit.level as usize);
        }
    }

    /// Fills with what a level came to on the paths of the block just finished: the return, and 1 where it was liquidated. False, and
    /// nothing is filled, for a follower that does not keep it.
    fn outcomes(&self, _level: usize, _returns: &mut [f64], _liquidated: &mut [u8]) -> bool {
        false
    }

    /// Wants the control variate of returns that a martingale of the price is where a level is liquidated, or at the horizon in years: its
    /// sums go to the tally.
    fn control(&mut self, _martingale: Martingale, _horizon: f64) {}

    /// Fills with the control variate of a level on the paths of the block just finished. False, and nothing is filled, without one.
    fn controls(&self, _level: usize, _controls: &mut [f64]) -> bool {
        false
    }

    /// Whether it can [`hedge`](Self::hedge).
    fn can_hedge(&self) -> bool {
        false
    }

    /// Wants the control variates that hedges are: of liquidations, and where there are intervals of the closing
    /// log-price of closing below the marks between them. Their sums go to the tally.
    fn hedge(&mut self, _hedges: Hedging, _intervals: Option<&Intervals>) {}

    /// The control variates of closing below the marks, summed over the paths of each net of the block just
    /// finished up to where the level was liquidated; none without any.
    fn marked(&self, _level: usize) -> Option<&[[f32; MARKS]]> {
        None
    }

    /// Fills with the control variate of a level's liquidation on the paths of the block just finished. False, and nothing is filled, without
    /// one.
    fn hedged(&self, _level: usize, _controls: &mut [f64]) -> bool {
        false
    }

    /// Wants the bad debt of jumps past liquidation prices in the mean, given where the price was just before them, in place of what is owed
    /// where they end; `tail` says what a jump does beyond a limit on a side of the price, or of one over it where the power is −1.
    fn expect_debts(&mut self, _tail: &dyn Fn(Sides, f64) -> Option<JumpTail>) {}

    /// The bad debt of a level by path of the block just finished, where it is [expected](Self::expect_debts).
    fn expected_debts(&self, _level: usize) -> Option<&[f64]> {
        None
    }

    /// About the returns of a level that is not liquidated by the price at the horizon, at these log-prices
    /// relative to the start; none where much more than that price decides them.
    fn returns_at(&self, _level: usize, _log_prices: &[f64]) -> Option<Vec<f64>> {
        None
    }

    /// Names the path and the level of every miner who was wound up in the current block so far.
    fn for_each_defaulted(&self, _name: &mut dyn FnMut(u32, usize)) {}

    /// The liquidations of the current block so far; with many levels only those whose times were drawn.
    fn hits(&self) -> &[Hit];
}
/// One liquidation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The path within the block.
    pub lane: u32,
    /// The level.
    pub level: u32,
    /// Years since the start.
    pub time: f64,
    /// Equity left, as a fraction of the equity put up.
    pub recovered: f64,
    /// Loss beyond the collateral, as a fraction of the equity put up.
    pub bad_debt: f64,
}

/// The paths on which a level was not liquidated.
#[derive(Debug, Clone, PartialEq)]
pub struct Survivors {
    /// Sums of the return.
    pub returns: Sums,
    /// Closing equity, 1 + return.
    pub closing_equity: Histogram,
}
