//! What is kept of the outcomes of all paths.

use serde::{Deserialize, Serialize};

use super::{AccountTally, Histogram, MinerTally, Mirrors, Moments, NetworkTally, Replicates, Strata, Sums};

/// The tally of one leverage level.
///
/// Closing equity is in units of the equity put up: 1 + return. A level's `survivors` variable y depends on the
/// evaluation: with nested levels it is the price ratio less one and belongs to the level with the nearest liquidation
/// price that the path survived; otherwise it is the return itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LevelTally {
    /// Power sums of y over the surviving paths.
    pub survivors: Moments,
    /// Closing equity of the surviving paths.
    pub closing_equity: Histogram,
    /// Power sums of the return of the liquidated paths.
    pub liquidated: Moments,
    /// Closing equity of the liquidated paths.
    pub recovered: Histogram,
    /// Power sums of the time to liquidation, as a fraction of the horizon. Times may be drawn for a part of the paths
    /// only, which then carry the weight of all.
    pub time: Moments,
    /// Time to liquidation as a fraction of the horizon, of the same paths.
    pub times: Histogram,
    /// Weight of the paths that were not liquidated and closed with nothing, in the powers of order 0: between two monitoring dates the
    /// price carried them past what the collateral covers. They are in none of the sums above.
    pub insolvent: Moments,
    /// Power sums of the bad debt in units of the equity, over the paths that have any.
    pub bad_debt: Moments,
    /// What only accounts that are followed step by step know.
    pub account: Option<Box<AccountTally>>,
    /// What only miners know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub miner: Option<Box<MinerTally>>,
}

impl LevelTally {
    /// Adds what liquidation left of the equity on paths of these weights, and the debt beyond it.
    #[inline]
    pub fn add_fill(
        &mut self,
        sums: &mut LiquidatedSums,
        (recovered, bad_debt): (f64, f64),
        weights: f64,
        squared_weights: f64,
    ) {
        sums.returns.add_equal(recovered - 1.0, weights, squared_weights);
        self.recovered.add(recovered, weights);
        if bad_debt > 0.0 {
            sums.bad_debt.add_equal(bad_debt, weights, squared_weights);
        }
    }

    /// Adds the return, time (as a fraction of the horizon) and bad debt of one liquidated path; the sums go to the
    /// block's.
    #[inline]
    pub fn add_liquidated(&mut self, sums: &mut LiquidatedSums, outcome: Liquidated, weight: f64) {
        sums.returns.add(outcome.recovered - 1.0, weight);
        self.recovered.add(outcome.recovered, weight);
        sums.time.add(outcome.time, weight);
        self.times.add(outcome.time, weight);
        if outcome.bad_debt > 0.0 {
            sums.bad_debt.add(outcome.bad_debt, weight);
        }
    }

    /// Adds the sums of a block.
    #[inline(always)]
    pub fn add_sums(&mut self, survivors: &Sums, liquidated: &LiquidatedSums) {
        self.survivors.add(survivors);
        self.liquidated.add(&liquidated.returns);
        self.time.add(&liquidated.time);
        self.bad_debt.add(&liquidated.bad_debt);
        self.insolvent.add(&liquidated.insolvent);
    }

    fn merge(&mut self, other: &Self) {
        self.survivors += &other.survivors;
        self.closing_equity += &other.closing_equity;
        self.liquidated += &other.liquidated;
        self.recovered += &other.recovered;
        self.time += &other.time;
        self.times += &other.times;
        self.bad_debt += &other.bad_debt;
        self.insolvent += &other.insolvent;
        if let Some(theirs) = &other.account {
            self.account.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.miner {
            self.miner.get_or_insert_default().merge(theirs);
        }
    }
}

/// How one path was liquidated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Liquidated {
    /// Time as a fraction of the horizon.
    pub time: f64,
    /// Equity left, in units of the equity put up.
    pub recovered: f64,
    /// Loss beyond the collateral, in units of the equity put up.
    pub bad_debt: f64,
}

/// Sums over the liquidated paths of one block.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LiquidatedSums {
    /// Of the return.
    pub returns: Sums,
    /// Of the time as a fraction of the horizon.
    pub time: Sums,
    /// Of the bad debt.
    pub bad_debt: Sums,
    /// Of paths that closed with nothing; only their weights count.
    pub insolvent: Sums,
}

impl LiquidatedSums {
    /// Adds a path that was not liquidated and closed with nothing, and what was missing.
    #[inline]
    pub fn add_insolvent(&mut self, bad_debt: f64, weight: f64) {
        self.insolvent.add(0.0, weight);
        if bad_debt > 0.0 {
            self.bad_debt.add(bad_debt, weight);
        }
    }
}

/// The tally of all levels over any set of blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Number of paths.
    pub paths: u64,
    /// One per level, in the order of the evaluation.
    pub levels: Vec<LevelTally>,
    /// How far each path went against the position at its worst, as a distance of log-prices; empty where that does not
    /// decide what is liquidated.
    pub depths: Histogram,
    /// Liquidations by the strata of what drives the price; empty where paths are not sorted.
    pub strata: Strata,
    /// Liquidations of paths and their mirror images; empty where paths have none.
    #[serde(default, skip_serializing_if = "Mirrors::is_empty")]
    pub mirrors: Mirrors,
    /// What nets of paths came to; empty where paths are independent.
    #[serde(default, skip_serializing_if = "Replicates::is_empty")]
    pub replicates: Replicates,
    /// The network that a miner works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Box<NetworkTally>>,
}

impl Tally {
    /// An empty tally.
    pub fn new(levels: usize) -> Self {
        Self { levels: vec![LevelTally::default(); levels], ..Self::default() }
    }

    /// The same as [`merge`](Self::merge) of a tally that is not needed any more.
    pub fn take_in(&mut self, other: Self) {
        match self.paths {
            0 => *self = other,
            _ => self.merge(&other),
        }
    }

    /// Adds the paths of another tally of the same levels; the order of merging does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.paths += other.paths;
        self.depths += &other.depths;
        self.strata.merge(&other.strata);
        self.mirrors.merge(&other.mirrors);
        self.replicates.merge(&other.replicates);
        if let Some(theirs) = &other.network {
            self.network.get_or_insert_default().merge(theirs);
        }
        for (mine, theirs) in self.levels.iter_mut().zip(&other.levels) {
            mine.merge(theirs);
        }
    }
}
