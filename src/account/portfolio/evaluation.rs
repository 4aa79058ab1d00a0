//! Every level of an account of several positions on every path, purse by purse.

use super::bar::{BarDraws, fill_ratios, spread_of};
use super::charges;
use super::nearest::{Nearest, Spread};
use super::purse::Purse;
use super::state::{Columns, Course, Place, Slot};
use crate::account::Policy;
use crate::account::follower::{Follower, Hit, Survivors};
use crate::account::observer::{Due, Observer};
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::account::sums::{add_sums, tally_hits};
use crate::account::walk::Draws;
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::Stream;
use crate::stats::{AccountSums, Calls, Cost, Exit, LiquidatedSums, Passage, Sums, Tally};
use crate::venue::Side;

/// Evaluates the levels of an account of several positions.
pub struct Portfolio {
    /// Purses by level, as at the start.
    pub(super) opened: Vec<Vec<Purse>>,
    /// The same, with interest in coins added to the exposures.
    pub(super) levels: Vec<Vec<Purse>>,
    pub(super) policy: Policy,
    /// The equity and what the owner keeps ready or pays in, in units of the equity.
    committed: f64,
    pub(super) schedule: Vec<Moment>,
    horizon: f64,
    pub(super) lanes: usize,
    pub(super) purses_per_level: usize,
    /// By path, level and purse.
    pub(super) slots: Vec<Slot>,
    /// By path and level.
    pub(super) courses: Vec<Course>,
    /// Time up to which interest is charged, in seconds.
    pub(super) charged: u64,
    pub(super) draws: Draws,
    pub(super) nearest: Nearest,
    /// Correlations and deviations by purse.
    pub(super) spreads: Vec<Spread>,
    /// Draws of the current bar that other purses can use too, by asset and side of a single position.
    pub(super) shared_draws: Vec<(Option<(usize, Side)>, BarDraws)>,
    pub(super) columns: Columns,
    /// Lower triangular factors of the correlations, by purse.
    pub(super) factors: Vec<Vec<Vec<f64>>>,
    /// Price ratios by asset, then by bar or path.
    pub(super) open_ratios: Vec<Vec<f64>>,
    pub(super) close_ratios: Vec<Vec<f64>>,
    hits: Vec<Hit>,
    /// Equity by date, then by recorded path and level.
    dated: Vec<Vec<f64>>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
}

impl Portfolio {
    /// An evaluation of levels that were [opened](super::open), over a horizon in years, whose owner follows a policy. `schedule` holds
    /// the moments at which cash flows and orders are due, in order; `correlation` that of the drivers of all assets, empty where they are independent.
    pub fn new(
        levels: Vec<Vec<Purse>>,
        policy: Policy,
        schedule: Vec<Moment>,
        correlation: &[Vec<f64>],
        horizon: f64,
    ) -> Self {
        let count = levels.len();
        let first = levels.first().into_iter().flatten();
        let spreads: Vec<Spread> = first.map(|purse| spread_of(purse, correlation)).collect();
        let seconds = schedule.last().map_or(0, |moment| moment.seconds);
        Self {
            policy,
            committed: 1.0 + policy.committed(seconds),
            factors: spreads.iter().map(Spread::factor).collect(),
            purses_per_level: levels.first().map_or(0, Vec::len),
            levels: levels.clone(),
            opened: levels,
            schedule,
            horizon,
            lanes: 0,
            slots: Vec::new(),
            courses: Vec::new(),
            charged: 0,
            draws: Draws::default(),
            nearest: Nearest::default(),
            spreads,
            shared_draws: Vec::new(),
            columns: Columns::default(),
            open_ratios: Vec::new(),
            close_ratios: Vec::new(),
            hits: Vec::new(),
            dated: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
        }
    }

    /// All the owner's money in units of what was committed, where the purses hold this equity.
    fn wealth(&self, lane: usize, level: usize, equity: f64) -> f64 {
        let course = &self.courses[lane * self.levels.len() + level];
        (equity + (self.committed - 1.0 - course.paid_in)) / self.committed
    }

    /// What a purse is worth in the currency of the account, its prices having been gathered; what it left if it is gone.
    fn equity_of(&self, place: Place, columns: &Columns) -> f64 {
        let (slot, of) = (&self.slots[self.slot(place)], &self.levels[place.level][place.purse]);
        match slot.is_open() {
            true => of.equity(slot.held, &columns.x_open) * of.worth(&columns.x_open),
            false => slot.left,
        }
    }

    fn set_prices(&mut self, log_prices: &[Vec<f64>]) {
        fill_ratios(&mut self.open_ratios, log_prices.iter());
    }

    pub(super) fn slot(&self, Place { lane, level, purse }: Place) -> usize {
        (lane * self.levels.len() + level) * self.purses_per_level + purse
    }

    pub(super) fn course(&mut self, Place { lane, level, .. }: Place) -> &mut Course {
        &mut self.courses[lane * self.levels.len() + level]
    }

    /// Closes a purse with what it leaves, in its own currency; costs are valued at the same prices.
    fn close(&mut self, place: Place, x: &[f64], left: f64) {
        let of = &self.levels[place.level][place.purse];
        let at = self.slot(place);
        let slot = &mut self.slots[at];
        let (owed, worth) = (of.interest_in_coins(slot.held, x), of.worth(x));
        slot.left = left * worth;
        slot.worth = worth;
        slot.funding *= worth;
        slot.interest = (slot.interest + owed) * worth;
        slot.fees *= worth;
    }

    /// Closes a purse in the market at price ratios.
    pub(super) fn close_out(&mut self, place: Place, x: &[f64]) {
        let (at, of) = (self.slot(place), &self.levels[place.level][place.purse]);
        let slot = &mut self.slots[at];
        let equity = of.equity(slot.held, x);
        let left = (equity - of.closing_fee(slot.held, x)).max(0.0);
        slot.fees += equity - left;
        self.close(place, x, left);
    }

    /// Liquidates a purse at price ratios.
    pub(super) fn liquidate(&mut self, place: Place, x: &[f64], time: f64) {
        let (at, of) = (self.slot(place), &self.levels[place.level][place.purse]);
        let (remains, worth) = (of.liquidate(self.slots[at].held, x), of.worth(x));
        self.close(place, x, remains.recovered);
        self.slots[at].bad_debt = remains.bad_debt * worth;
        self.slots[at].kept = remains.kept * worth;
        let number = self.hits.len() as u32;
        let course = self.course(place);
        if course.hit.is_none() {
            course.hit = Some(number);
            // What is left is known at the horizon only.
            let (lane, level) = (place.lane as u32, place.level as u32);
            self.hits.push(Hit { lane, level, time, recovered: 0.0, bad_debt: 0.0 });
        }
    }
}

impl Observer for Portfolio {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.levels.clone_from(&self.opened);
        self.charged = 0;
        self.draws.clear();
        self.hits.clear();
        self.dated.clear();
        let first: Vec<Slot> = self.levels.iter_mut().flatten().map(charges::open).collect();
        let purses = self.purses_per_level.max(1);
        let course = |(slots, purses): (&[Slot], &Vec<Purse>)| {
            let equity =
                |(slot, purse): (&Slot, &Purse)| purse.equity(slot.held, &vec![1.0; purse.assets.len()]);
            let all: f64 = slots.iter().zip(purses).map(equity).sum();
            Course {
                peak: 1.0,
                drawdown: 1.0 - all,
                hit: None,
                exit: None,
                calls: Calls::default(),
                reserve: self.policy.margin_call.map_or(0.0, |call| call.reserve),
                paid_in: 0.0,
            }
        };
        let courses: Vec<Course> = first.chunks(purses).zip(&self.levels).map(course).collect();
        self.slots.clear();
        self.courses.clear();
        for _ in 0..lanes {
            self.slots.extend_from_slice(&first);
            self.courses.extend_from_slice(&courses);
        }
    }

    fn watched_side(&self) -> Option<Sides> {
        None
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        fill_ratios(&mut self.open_ratios, bars.iter().map(|bars| &bars.open));
        // A look shows one price.
        if bars.first().is_some_and(|bars| bars.duration.iter().any(|duration| *duration > 0.0)) {
            fill_ratios(&mut self.close_ratios, bars.iter().map(|bars| &bars.close));
        }
        for i in 0..bars.first().map_or(0, Bars::len) {
            self.shared_draws.clear();
            for purse in 0..self.purses_per_level {
                if self.acts_on_the_way() {
                    self.follow(purse, bars, i, hit_noise);
                } else {
                    self.watch(purse, bars, i, hit_noise);
                }
            }
        }
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let now = self.schedule[moment];
        self.set_prices(log_prices);
        self.charge(&now, due.funding);
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        let recorded = self.lanes.div_ceil(PATHS_PER_RECORD);
        let acts_by_the_clock = self.acts_by_the_clock();
        let mut equities = Vec::new();
        let mut columns = std::mem::take(&mut self.columns);
        for lane in 0..self.lanes {
            for level in 0..self.levels.len() {
                let places = (0..self.purses_per_level).map(|purse| Place { lane, level, purse });
                let mut equity = 0.0;
                for place in places.clone() {
                    if self.slots[self.slot(place)].is_open() {
                        columns.gather(&self.levels[level][place.purse].assets, &self.open_ratios, lane);
                        self.act(place, &columns.x_open, &mut columns.gradient, time);
                    }
                    equity += self.equity_of(place, &columns);
                }
                self.courses[lane * self.levels.len() + level].follow(equity);
                if acts_by_the_clock {
                    equity = 0.0;
                    for place in places {
                        if self.slots[self.slot(place)].is_open() {
                            columns.gather(&self.levels[level][place.purse].assets, &self.open_ratios, lane);
                            self.keep_schedule(place, &now, &mut columns);
                        }
                        equity += self.equity_of(place, &columns);
                    }
                }
                let wealth = self.wealth(lane, level, equity);
                if now.date.is_some() && lane < recorded {
                    equities.push(wealth);
                }
            }
        }
        self.columns = columns;
        if now.date.is_some() {
            self.dated.push(equities);
        }
    }
}

impl Follower for Portfolio {
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
        let mut columns = std::mem::take(&mut self.columns);
        for (lane, weight) in weights.iter().enumerate() {
            for level in 0..count {
                let (mut equity, mut bad_debt) = (0.0, 0.0);
                let mut costs = [0.0; Cost::ALL.len()];
                for purse in 0..self.purses_per_level {
                    let place = Place { lane, level, purse };
                    let at = self.slot(place);
                    if self.slots[at].is_open() {
                        columns.gather(&self.levels[level][purse].assets, &self.open_ratios, lane);
                        self.close_out(place, &columns.x_open);
                    }
                    let slot = &self.slots[at];
                    equity += slot.left;
                    bad_debt += slot.bad_debt;
                    costs[Cost::Fees as usize] += slot.fees;
                    costs[Cost::Funding as usize] += slot.funding;
                    costs[Cost::Interest as usize] += slot.interest;
                    costs[Cost::Liquidation as usize] += slot.kept;
                }
                let wealth = self.wealth(lane, level, equity);
                let course = &mut self.courses[lane * count + level];
                course.follow(equity);
                let exit = match (course.hit, course.exit) {
                    (Some(_), _) => Exit::Liquidated,
                    (None, Some(exit)) => exit,
                    (None, None) => Exit::Horizon,
                };
                let Course { drawdown, calls, .. } = *course;
                let passage = Passage { exit, costs, drawdown, calls, reductions: 0.0 };
                let cell = &mut tally.levels[level];
                let account = cell.account.get_or_insert_default();
                account.add(&mut self.account_sums[level], &passage, *weight);
                match course.hit {
                    Some(hit) => {
                        let hit = &mut self.hits[hit as usize];
                        (hit.recovered, hit.bad_debt) = (wealth, bad_debt);
                    }
                    None => {
                        self.survivor_sums[level].add(wealth - 1.0, *weight);
                        cell.closing_equity.add(wealth, *weight);
                    }
                }
            }
        }
        self.columns = columns;
        for (sums, cell) in self.account_sums.iter_mut().zip(&mut tally.levels) {
            cell.account.get_or_insert_default().add_sums(sums);
        }
        tally_hits(&self.hits, weights, self.horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, self.lanes, tally);
    }

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        let cell = &tally.levels[level];
        Survivors { returns: cell.survivors.mapped(0.0, 1.0), closing_equity: cell.closing_equity.clone() }
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}
