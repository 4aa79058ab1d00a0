//! What is kept of accounts beyond their return: costs, drawdown, equity over time, exits, margin calls.

use serde::{Deserialize, Serialize};

use super::{Histogram, Moments, Sums};

/// What a position pays on its way, in the order of [`Costs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Taker fees of entry, exit and changes.
    Fees,
    /// Funding paid less funding received.
    Funding,
    /// Interest on what was borrowed.
    Interest,
    /// Difference between the price of a trigger and that of the fill, gaps not counted.
    Slippage,
    /// What the venue keeps at liquidation.
    Liquidation,
    /// Premium of options less what they were worth at the end.
    Options,
}

impl Cost {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Fees, Self::Funding, Self::Interest, Self::Slippage, Self::Liquidation, Self::Options];
}

/// Costs by kind, in units of the equity put up.
pub type Costs = [f64; Cost::ALL.len()];

/// Why a path's position came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Open to the horizon.
    Horizon,
    /// Liquidated by the venue.
    Liquidated,
    /// A stop or trailing stop was hit.
    Stopped,
    /// The profit target was hit.
    Target,
    /// A margin call was not met and the position was closed.
    Called,
    /// Closed after a set time.
    Expired,
}

impl Exit {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Horizon, Self::Liquidated, Self::Stopped, Self::Target, Self::Called, Self::Expired];
}

/// Margin calls of one path.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Calls {
    /// How many there were.
    pub number: f64,
    /// How many were met in full.
    pub met: f64,
    /// Money paid in on them, in units of the equity put up.
    pub money: f64,
}

/// What one path did to an account beyond its return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passage {
    /// Why it ended.
    pub exit: Exit,
    /// What it paid.
    pub costs: Costs,
    /// Largest fall of equity from its highest value so far, as a fraction of that.
    pub drawdown: f64,
    /// Its margin calls.
    pub calls: Calls,
    /// How often the venue closed a part of the position and left the rest.
    pub reductions: f64,
}

/// A number of either sign in bins of constant relative width.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SignedHistogram {
    positive: Histogram,
    negative: Histogram,
}

impl SignedHistogram {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, x: f64, weight: f64) {
        if x < 0.0 {
            self.negative.add(-x, weight);
        } else {
            self.positive.add(x, weight);
        }
    }

    /// Adds the numbers of another one.
    pub fn merge(&mut self, other: &Self) {
        self.positive += &other.positive;
        self.negative += &other.negative;
    }

    /// Total weight.
    pub fn weight(&self) -> f64 {
        self.negative.weight() + self.positive.weight()
    }

    /// The number not exceeded with this probability among numbers of this total weight; those not added were 0.
    pub fn quantile(&self, probability: f64, total: f64) -> f64 {
        let (below, above) = (self.negative.weight(), self.positive.weight());
        let target = probability * total;
        let found = if target < below {
            self.negative.quantile(below - target).map(|x| -x)
        } else if target > total - above {
            self.positive.quantile(target - (total - above))
        } else {
            None
        };
        found.unwrap_or(0.0)
    }
}

/// Sums over one block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountSums {
    costs: [Sums; Cost::ALL.len()],
    exits: [Sums; Exit::ALL.len()],
    called: Sums,
    calls: Sums,
    met: Sums,
    money: Sums,
    reductions: Sums,
}

/// The tally of one level of an account that is followed step by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountTally {
    /// Moments of each cost.
    pub costs: [Moments; Cost::ALL.len()],
    /// Distribution of each cost.
    pub cost_bins: [SignedHistogram; Cost::ALL.len()],
    /// Weight of each exit, in the powers of order 0.
    pub exits: [Moments; Exit::ALL.len()],
    /// Paths with at least one margin call.
    pub called: Moments,
    /// Number of margin calls by path.
    pub calls: Moments,
    /// Number of calls met by path.
    pub met: Moments,
    /// Money called by path.
    pub money: Moments,
    /// Number of liquidations in part, by path with at least one.
    pub reductions: Moments,
    /// What is left of the highest equity at the largest drawdown of each path: 1 − drawdown.
    pub kept: Histogram,
    /// Equity at each date.
    pub equity: Vec<Histogram>,
}

impl AccountTally {
    /// Adds one path; the sums go to the block's.
    pub fn add(&mut self, sums: &mut AccountSums, passage: &Passage, weight: f64) {
        self.add_costs(sums, &passage.costs, passage.drawdown, weight);
        sums.exits[passage.exit as usize].add(1.0, weight);
        if passage.calls.number > 0.0 {
            sums.called.add(1.0, weight);
            sums.calls.add(passage.calls.number, weight);
            sums.met.add(passage.calls.met, weight);
            sums.money.add(passage.calls.money, weight);
        }
        if passage.reductions > 0.0 {
            sums.reductions.add(passage.reductions, weight);
        }
    }

    /// Adds the costs and the drawdown of one path; for levels that are followed on some of the paths, all there is.
    #[inline]
    pub fn add_costs(&mut self, sums: &mut AccountSums, costs: &Costs, drawdown: f64, weight: f64) {
        for (kind, cost) in costs.iter().enumerate().filter(|(_, cost)| **cost != 0.0) {
            sums.costs[kind].add(*cost, weight);
            self.cost_bins[kind].add(*cost, weight);
        }
        self.kept.add(1.0 - drawdown, weight);
    }

    /// Whether exits were counted: a level can end in other ways than at the horizon or by liquidation.
    pub fn knows_exits(&self) -> bool {
        self.exits.iter().any(|moments| *moments != Moments::default())
    }

    /// Weight of the paths that were followed: those that costs, drawdown and calls rest on.
    pub fn followed(&self) -> f64 {
        self.kept.weight()
    }

    /// The histogram of equity at a date.
    pub fn equity_at(&mut self, date: usize) -> &mut Histogram {
        if self.equity.len() <= date {
            self.equity.resize_with(date + 1, Histogram::default);
        }
        &mut self.equity[date]
    }

    /// Adds the sums of a block and clears them.
    pub fn add_sums(&mut self, sums: &mut AccountSums) {
        for (moments, sums) in self.costs.iter_mut().zip(&sums.costs) {
            moments.add(sums);
        }
        for (moments, sums) in self.exits.iter_mut().zip(&sums.exits) {
            moments.add(sums);
        }
        self.called.add(&sums.called);
        self.calls.add(&sums.calls);
        self.met.add(&sums.met);
        self.money.add(&sums.money);
        self.reductions.add(&sums.reductions);
        *sums = AccountSums::default();
    }

    /// Adds the paths of another tally.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.costs.iter_mut().zip(&other.costs) {
            *mine += theirs;
        }
        for (mine, theirs) in self.cost_bins.iter_mut().zip(&other.cost_bins) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.exits.iter_mut().zip(&other.exits) {
            *mine += theirs;
        }
        self.called += &other.called;
        self.calls += &other.calls;
        self.met += &other.met;
        self.money += &other.money;
        self.reductions += &other.reductions;
        self.kept += &other.kept;
        for (date, theirs) in other.equity.iter().enumerate() {
            *self.equity_at(date) += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_numbers_of_both_signs_are_in_order() {
        let mut histogram = SignedHistogram::default();
        for i in 0..10_000 {
            histogram.add((f64::from(i) - 3_999.5) * 1e-5, 1.0);
        }
        for p in [0.05_f64, 0.2, 0.5, 0.95] {
            let exact = (p * 10_000.0 - 4_000.0) * 1e-5;
            let found = histogram.quantile(p, 10_000.0);
            assert!((found - exact).abs() < 1e-3 * exact.abs() + 1e-5, "{p}: {found} {exact}");
        }
    }

    #[test]
    fn merging_equals_adding_to_one() {
        let passage = |i: u32| Passage {
            exit: Exit::ALL[(i % 6) as usize],
            costs: [1e-3 * f64::from(i), -1e-4 * f64::from(i), 0.0, 0.0, 0.1, 0.0],
            drawdown: 0.01 * f64::from(i),
            calls: Calls { number: f64::from(i % 3), met: f64::from(i % 2), money: 0.1 },
            reductions: f64::from(i % 4),
        };
        let (mut one, mut first, mut second) =
            (AccountTally::default(), AccountTally::default(), AccountTally::default());
        for i in 0..60 {
            let mut sums = AccountSums::default();
            one.add(&mut sums, &passage(i), 1.0);
            one.equity_at(3).add(1.0 + f64::from(i), 1.0);
            one.add_sums(&mut sums);
            let part = if i % 4 == 0 { &mut first } else { &mut second };
            part.add(&mut sums, &passage(i), 1.0);
            part.equity_at(3).add(1.0 + f64::from(i), 1.0);
            part.add_sums(&mut sums);
        }
        second.merge(&first);
        assert_eq!(one, second);
    }
}
