//! Means over the paths of a tally, without errors: what is compared between runs of other parameters.

use crate::account::Follower;
use crate::stats::Tally;

/// Means of one level over the paths of a tally.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LevelMeans {
    /// Share of the paths that were liquidated.
    pub liquidated: f64,
    /// Share of the paths with a negative return.
    pub lost: f64,
    /// Mean return on equity.
    pub mean_return: f64,
    /// Mean loss beyond the collateral, as a fraction of equity.
    pub bad_debt: f64,
}

impl LevelMeans {
    /// Those of a level in a tally that was made by such a follower, and flushed.
    pub fn of(follower: &dyn Follower, tally: &Tally, level: usize) -> Self {
        let cell = &tally.levels[level];
        let n = tally.paths.max(1) as f64;
        let survivors = follower.survivors(tally, level);
        let liquidated = cell.liquidated.mapped(0.0, 1.0);
        let returns = survivors.returns.powers[1] + liquidated.powers[1];
        let mut closing_equity = survivors.closing_equity;
        closing_equity += &cell.recovered;
        Self {
            liquidated: liquidated.powers[0] / n,
            lost: closing_equity.weight_below(1.0) / n,
            mean_return: returns / n,
            bad_debt: cell.bad_debt.mapped(0.0, 1.0).powers[1] / n,
        }
    }

    /// The means over the last group of paths of these, all groups being of one size, where those over the groups `before` are known.
    pub fn of_last(&self, before: &Self, groups_before: u64) -> Self {
        let k = groups_before as f64;
        let last = |now: f64, before: f64| (k + 1.0) * now - k * before;
        Self {
            liquidated: last(self.liquidated, before.liquidated),
            lost: last(self.lost, before.lost),
            mean_return: last(self.mean_return, before.mean_return),
            bad_debt: last(self.bad_debt, before.bad_debt),
        }
    }
}
