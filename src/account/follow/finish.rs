//! The door to the engine: how a block goes on and ends.

use super::slot::{Course, Place};
use super::state::General;
use super::walk::ObserveLine;
use crate::account::follower::{Follower, Hit};
use crate::account::observer::{Due, Observer};
use crate::account::sums::{add_sums, tally_hits};
use crate::market::Bars;
use crate::numeric::{Stream, dispatch};
use crate::stats::{Cost, Exit, Passage, Tally};

impl Observer for General {
    fn begin(&mut self, lanes: usize) {
        self.start(lanes);
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let key = match self.key {
            Some(key) => key,
            None => {
                let mut words = [0];
                hit_noise.words(&mut words);
                *self.key.insert(words[0])
            }
        };
        for unit in 0..self.units.len() {
            if self.units[unit].is_line() {
                dispatch(ObserveLine { follower: self, unit, bars, key });
            } else {
                (0..bars.first().map_or(0, Bars::len)).for_each(|i| self.observe_surface(unit, bars, i, key));
            }
        }
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        self.settle_all(moment, log_prices, due.funding);
    }
}

impl Follower for General {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let count = self.levels.len();
        for (date, equities) in self.dated.iter().enumerate() {
            for (equities, weight) in equities.chunks_exact(count.max(1)).zip(weights) {
                for (cell, equity) in tally.levels.iter_mut().zip(equities) {
                    cell.account.get_or_insert_default().equity_at(date).add(*equity, *weight);
                }
            }
        }
        self.set_prices(log_prices);
        self.wealth.resize(count * self.lanes, 0.0);
        for (lane, weight) in weights.iter().enumerate() {
            for level in 0..count {
                self.end_path(lane, level, *weight, tally);
            }
        }
        for (sums, cell) in self.account_sums.iter_mut().zip(&mut tally.levels) {
            cell.account.get_or_insert_default().add_sums(sums);
        }
        tally_hits(&self.hits, weights, self.horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, self.lanes, tally);
    }

    fn broken(&self) -> Option<usize> {
        let pools = self.levels.len() * self.unit_of.len();
        let mut slots = self.slots.iter().zip(&self.asides);
        let slot = slots.position(|(slot, aside)| !slot.cash.is_finite() || aside.kept.is_nan());
        let legs = self.levels.len() * self.legs_per_level;
        let stake = self.stakes.iter().position(|stake| stake.exposure.is_nan());
        let lanes = [slot.map(|slot| slot / pools), stake.map(|stake| stake / legs)];
        lanes.into_iter().flatten().min()
    }

    fn outcomes(&self, level: usize, returns: &mut [f64], liquidated: &mut [u8]) -> bool {
        let courses = self.courses.iter().skip(level).step_by(self.levels.len());
        let paths = self.wealth[level * self.lanes..].iter().zip(courses);
        for ((returned, liquidated), (wealth, course)) in returns.iter_mut().zip(liquidated).zip(paths) {
            *returned = wealth - 1.0;
            *liquidated = u8::from(course.hit.is_some());
        }
        true
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}

impl General {
    /// Closes what one level still holds at the horizon and adds the path to a tally.
    fn end_path(&mut self, lane: usize, level: usize, weight: f64, tally: &mut Tally) {
        let (mut equity, mut bad_debt) = (0.0, 0.0);
        let mut costs = [0.0; Cost::ALL.len()];
        let exit = self.courses[lane * self.levels.len() + level].exit;
        for pool in 0..self.unit_of.len() {
            let place = Place { lane, level, pool };
            let at = self.slot(place);
            if self.slots[at].is_open() {
                let assets = &self.levels[level].pools[pool].assets;
                let x: Vec<f64> = assets.iter().map(|asset| self.ratios[*asset][lane]).collect();
                self.leave(place, &x, 0.0, Exit::Horizon);
            }
            let (slot, aside) = (&self.slots[at], &self.asides[at]);
            equity += slot.left;
            bad_debt += aside.bad_debt;
            costs[Cost::Fees as usize] += aside.fees;
            costs[Cost::Funding as usize] += slot.funding;
            costs[Cost::Interest as usize] += slot.interest;
            costs[Cost::Slippage as usize] += aside.slippage;
            costs[Cost::Liquidation as usize] += aside.kept;
        }
        let (premium, options) = self.options(lane, level, self.horizon);
        costs[Cost::Options as usize] = premium - options;
        let wealth = self.wealth(lane, level, equity, self.horizon);
        self.wealth[level * self.lanes + lane] = wealth;
        let course = &mut self.courses[lane * self.levels.len() + level];
        course.follow(equity);
        let exit = match (course.hit, exit) {
            (Some(_), _) => Exit::Liquidated,
            (None, Some(exit)) => exit,
            (None, None) => Exit::Horizon,
        };
        let Course { drawdown, calls, reductions, hit, .. } = *course;
        let passage = Passage { exit, costs, drawdown, calls, reductions };
        let cell = &mut tally.levels[level];
        cell.account.get_or_insert_default().add(&mut self.account_sums[level], &passage, weight);
        match hit {
            Some(hit) => {
                let hit = &mut self.hits[hit as usize];
                (hit.recovered, hit.bad_debt) = (wealth, bad_debt);
            }
            None => {
                self.survivor_sums[level].add(wealth - 1.0, weight);
                cell.closing_equity.add(wealth, weight);
                if bad_debt > 0.0 {
                    self.liquidated_sums[level].bad_debt.add(bad_debt, weight);
                }
            }
        }
    }
}
