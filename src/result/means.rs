//! Means over the paths of a tally, without errors: what is compared between runs of other parameters.

use crate::account::{Follower, Survivors};
use crate::stats::{Distribution, LevelTally, Tally};

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
    /// Losses on equity not exceeded with the probabilities of [`TAILS`].
    pub value_at_risk: [f64; 2],
    /// Mean losses beyond them.
    pub expected_shortfall: [f64; 2],
}

/// Probabilities of the tails of losses, with their keys.
pub const TAILS: [(&str, f64); 2] = [("0.95", 0.95), ("0.99", 0.99)];

impl LevelMeans {
    /// Those of the levels of a tally that was made by such a follower, and flushed.
    pub fn of(follower: &dyn Follower, tally: &Tally) -> Vec<Self> {
        let n = tally.paths.max(1) as f64;
        let levels = tally.levels.iter().zip(follower.survivors(tally));
        levels.map(|(cell, survivors)| Self::of_level(cell, survivors, n)).collect()
    }

    fn of_level(cell: &LevelTally, survivors: Survivors, n: f64) -> Self {
        let liquidated = cell.liquidated.mapped(0.0, 1.0);
        let returns = survivors.returns.powers[1] + liquidated.powers[1];
        let mut closing_equity = survivors.closing_equity;
        closing_equity += &cell.recovered;
        let distribution = Distribution::new(&closing_equity);
        Self {
            liquidated: liquidated.powers[0] / n,
            lost: closing_equity.weight_below(1.0) / n,
            mean_return: returns / n,
            bad_debt: cell.bad_debt.mapped(0.0, 1.0).powers[1] / n,
            value_at_risk: TAILS.map(|(_, p)| distribution.value_at_risk(p, n).value),
            expected_shortfall: TAILS.map(|(_, p)| distribution.expected_shortfall(p, n).value),
        }
    }
}
