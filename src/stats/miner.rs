//! What is kept of miners, and of the network that they work in.

use serde::{Deserialize, Serialize};

use super::account::SignedHistogram;
use super::{Histogram, Moments, Sums};

/// What one path did to a miner at one level, beyond its return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinerPassage {
    /// Day on which it was wound up, and whether on a bill.
    pub defaulted: Option<(f64, bool)>,
    /// Whether the loan on coins was liquidated.
    pub coins_sold: bool,
    /// Whether the lender of the coins called.
    pub called: bool,
    /// Days on which more was owed on the machines than they sell for.
    pub days_under_water: f64,
    /// Coins mined, for an equity of 1.
    pub coins: f64,
}

/// Sums over one block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MinerSums {
    defaulted: Sums,
    on_bills: Sums,
    coins_sold: Sums,
    called: Sums,
    under_water: Sums,
    coins: Sums,
}

/// The tally of one level of a miner.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MinerTally {
    /// Day of the default, of the paths that have one.
    pub defaulted: Moments,
    /// The same days.
    pub times: Histogram,
    /// Paths in default on a bill.
    pub on_bills: Moments,
    /// Paths whose pledged coins were sold.
    pub coins_sold: Moments,
    /// Paths with a call of the loan on coins.
    pub called: Moments,
    /// Days under water, of the paths that have any.
    pub under_water: Moments,
    /// Coins mined.
    pub coins: Moments,
    /// Cash at each date, in units of the equity; 0 after a default.
    pub cash: Vec<SignedHistogram>,
    /// What the machines sell for at each date, on paths without a default.
    pub machines: Vec<Histogram>,
    /// What all coins are worth at each date, on the same paths.
    pub coins_held: Vec<Histogram>,
    /// What is owed at each date, on the same paths.
    pub debt: Vec<Histogram>,
}

/// What a miner is worth at a date on one path, in units of the equity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinerState {
    /// Cash.
    pub cash: f64,
    /// Machines, after costs of a sale.
    pub machines: f64,
    /// Coins, free and pledged.
    pub coins: f64,
    /// All that is owed.
    pub debt: f64,
}

impl MinerTally {
    /// Adds one path; the sums go to the block's.
    pub fn add(&mut self, sums: &mut MinerSums, passage: &MinerPassage, weight: f64) {
        if let Some((day, on_bills)) = passage.defaulted {
            sums.defaulted.add(day, weight);
            self.times.add(day, weight);
            if on_bills {
                sums.on_bills.add(1.0, weight);
            }
        }
        if passage.coins_sold {
            sums.coins_sold.add(1.0, weight);
        }
        if passage.called {
            sums.called.add(1.0, weight);
        }
        if passage.days_under_water > 0.0 {
            sums.under_water.add(passage.days_under_water, weight);
        }
        sums.coins.add(passage.coins, weight);
    }

    /// Adds one path at a date; none after a default.
    pub fn add_state(&mut self, date: usize, state: Option<&MinerState>, weight: f64) {
        at(&mut self.cash, date).add(state.map_or(0.0, |state| state.cash), weight);
        if let Some(state) = state {
            at(&mut self.machines, date).add(state.machines, weight);
            at(&mut self.coins_held, date).add(state.coins, weight);
            at(&mut self.debt, date).add(state.debt, weight);
        }
    }

    /// Adds the sums of a block and clears them.
    pub fn add_sums(&mut self, sums: &mut MinerSums) {
        let MinerSums { defaulted, on_bills, coins_sold, called, under_water, coins } = std::mem::take(sums);
        self.defaulted.add(&defaulted);
        self.on_bills.add(&on_bills);
        self.coins_sold.add(&coins_sold);
        self.called.add(&called);
        self.under_water.add(&under_water);
        self.coins.add(&coins);
    }

    /// Adds the paths of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.defaulted += &other.defaulted;
        self.times += &other.times;
        self.on_bills += &other.on_bills;
        self.coins_sold += &other.coins_sold;
        self.called += &other.called;
        self.under_water += &other.under_water;
        self.coins += &other.coins;
        for (date, theirs) in other.cash.iter().enumerate() {
            at(&mut self.cash, date).merge(theirs);
        }
        for (mine, theirs) in [
            (&mut self.machines, &other.machines),
            (&mut self.coins_held, &other.coins_held),
            (&mut self.debt, &other.debt),
        ] {
            merge_dates(mine, theirs);
        }
    }
}

/// The tally of a network, on all paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkTally {
    /// Hashprice at each date over that at the start.
    pub hashprice: Vec<Histogram>,
    /// Difficulty at the horizon over that at the start.
    pub difficulty: Histogram,
    /// Share of the days on which a miner's machines are off.
    pub off: Moments,
}

impl NetworkTally {
    /// The hashprices of a date.
    pub fn hashprice_at(&mut self, date: usize) -> &mut Histogram {
        at(&mut self.hashprice, date)
    }

    /// Adds the paths of another tally.
    pub fn merge(&mut self, other: &Self) {
        merge_dates(&mut self.hashprice, &other.hashprice);
        self.difficulty += &other.difficulty;
        self.off += &other.off;
    }
}

fn merge_dates(mine: &mut Vec<Histogram>, theirs: &[Histogram]) {
    for (date, theirs) in theirs.iter().enumerate() {
        *at(mine, date) += theirs;
    }
}

/// What is kept of a date.
fn at<T: Default>(dates: &mut Vec<T>, date: usize) -> &mut T {
    if dates.len() <= date {
        dates.resize_with(date + 1, T::default);
    }
    &mut dates[date]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_equals_adding_to_one() {
        let passage = |i: u32| MinerPassage {
            defaulted: i.is_multiple_of(3).then_some((0.01 * f64::from(i), i.is_multiple_of(2))),
            coins_sold: i.is_multiple_of(5),
            called: i.is_multiple_of(7),
            days_under_water: f64::from(i % 4),
            coins: 1e-4 * f64::from(i),
        };
        let state = |i: u32| MinerState { cash: 0.1, machines: 0.5, coins: 1e-3 * f64::from(i), debt: 0.3 };
        let (mut one, mut first, mut second) =
            (MinerTally::default(), MinerTally::default(), MinerTally::default());
        for i in 0..60 {
            let part = if i % 4 == 0 { &mut first } else { &mut second };
            for tally in [&mut one, part] {
                let mut sums = MinerSums::default();
                tally.add(&mut sums, &passage(i), 1.0);
                tally.add_state(2, (i % 3 > 0).then_some(state(i)).as_ref(), 1.0);
                tally.add_sums(&mut sums);
            }
        }
        second.merge(&first);
        assert_eq!(one, second);
    }
}
