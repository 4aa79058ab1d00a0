//! Every level of an account of several positions on every path, purse by purse.

use super::charges;
use super::nearest::{Nearest, Spread};
use super::purse::Purse;
use crate::account::evaluation::{Evaluation, Hit, Survivors};
use crate::account::nested::{add_sums, tally_hits};
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::account::walk::{Draws, OUT_OF_REACH};
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, crossing_probability, exp, first_passage_fraction};
use crate::stats::{AccountSums, Calls, Cost, Exit, LiquidatedSums, Passage, Sums, Tally};

/// Distances by the slope at the ends can be too long by this much in their product before a crossing is overlooked.
const ROUGHNESS: f64 = 4.0;

/// Evaluates the levels of an account of several positions.
pub struct Portfolio {
    /// Purses by level, as at the start.
    pub(super) opened: Vec<Vec<Purse>>,
    /// The same, with interest in coins added to the exposures.
    pub(super) levels: Vec<Vec<Purse>>,
    pub(super) schedule: Vec<Moment>,
    /// Correlation of the drivers of the assets; independent where empty.
    correlation: Vec<Vec<f64>>,
    horizon: f64,
    pub(super) lanes: usize,
    pub(super) purses_per_level: usize,
    /// By path, level and purse.
    pub(super) slots: Vec<Slot>,
    /// By path and level.
    courses: Vec<Course>,
    /// Time up to which interest is charged, in seconds.
    pub(super) charged: u64,
    draws: Draws,
    nearest: Nearest,
    spread: Spread,
    columns: Columns,
    hits: Vec<Hit>,
    /// Equity by date, then by recorded path and level.
    dated: Vec<Vec<f64>>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
}

/// One purse of one level on one path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    pub cash: f64,
    pub funding: f64,
    pub interest: f64,
    /// What it left, in the currency of the account; not a number while it is open.
    pub left: f64,
    pub bad_debt: f64,
    pub kept: f64,
    /// What a unit of the purse was worth at the close.
    pub worth: f64,
}

impl Slot {
    pub fn is_open(&self) -> bool {
        self.left.is_nan()
    }
}

/// One level on one path.
#[derive(Debug, Clone, Copy)]
struct Course {
    peak: f64,
    drawdown: f64,
    /// Its hit; none so far.
    hit: Option<u32>,
}

impl Course {
    /// Takes in the wealth of a moment.
    fn follow(&mut self, wealth: f64) {
        self.peak = self.peak.max(wealth);
        self.drawdown = self.drawdown.max(1.0 - wealth / self.peak);
    }
}

/// Numbers of one path, by place in a purse's assets.
#[derive(Debug, Clone, Default)]
struct Columns {
    y_open: Vec<f64>,
    y_close: Vec<f64>,
    x_open: Vec<f64>,
    x_close: Vec<f64>,
    gradient: Vec<f64>,
}

impl Columns {
    /// The prices of one path.
    fn gather(&mut self, assets: &[usize], log_prices: &[Vec<f64>], lane: usize) {
        self.x_open.clear();
        self.x_open.extend(assets.iter().map(|asset| exp(log_prices[*asset][lane])));
        self.gradient.resize(assets.len(), 0.0);
    }

    /// The two ends of one bar.
    fn gather_bar(&mut self, assets: &[usize], bars: &[Bars], i: usize) {
        for (y, x, ends) in [
            (&mut self.y_open, &mut self.x_open, (|bars| &bars.open) as fn(&Bars) -> &Vec<f64>),
            (&mut self.y_close, &mut self.x_close, |bars| &bars.close),
        ] {
            y.clear();
            y.extend(assets.iter().map(|asset| ends(&bars[*asset])[i]));
            x.clear();
            x.extend(y.iter().map(|y| exp(*y)));
        }
        self.gradient.resize(assets.len(), 0.0);
    }
}

impl Portfolio {
    /// An evaluation of levels that were [opened](super::open), over a horizon in years. `schedule` holds the moments at which
    /// cash flows are due, in order; `correlation` that of the drivers of all assets, empty where they are independent.
    pub fn new(
        levels: Vec<Vec<Purse>>,
        schedule: Vec<Moment>,
        correlation: Vec<Vec<f64>>,
        horizon: f64,
    ) -> Self {
        let count = levels.len();
        Self {
            purses_per_level: levels.first().map_or(0, Vec::len),
            levels: levels.clone(),
            opened: levels,
            schedule,
            correlation,
            horizon,
            lanes: 0,
            slots: Vec::new(),
            courses: Vec::new(),
            charged: 0,
            draws: Draws::default(),
            nearest: Nearest::default(),
            spread: Spread::default(),
            columns: Columns::default(),
            hits: Vec::new(),
            dated: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
        }
    }

    /// Sets the correlations of the assets of a purse.
    fn set_correlations(&mut self, purse: usize) {
        let Some(purse) = self.levels.first().map(|level| &level[purse]) else { return };
        let of = |i: usize, j: usize| match self.correlation.get(i) {
            Some(row) => row[j],
            None => f64::from(u8::from(i == j)),
        };
        let pairs = purse.assets.iter().flat_map(|i| purse.assets.iter().map(move |j| (*i, *j)));
        self.spread.correlations.clear();
        self.spread.correlations.extend(pairs.map(|(i, j)| of(i, j)));
    }

    pub(super) fn slot(&self, lane: usize, level: usize, purse: usize) -> usize {
        (lane * self.levels.len() + level) * self.purses_per_level + purse
    }

    /// Closes a purse with what it leaves, in its own currency; costs are valued at the same prices.
    fn close(&mut self, (lane, level, purse): (usize, usize, usize), x: &[f64], left: f64) {
        let of = &self.levels[level][purse];
        let (owed, worth) = (of.interest_in_coins(x), of.worth(x));
        let at = self.slot(lane, level, purse);
        let slot = &mut self.slots[at];
        slot.left = left * worth;
        slot.worth = worth;
        slot.funding *= worth;
        slot.interest = (slot.interest + owed) * worth;
    }

    /// Liquidates a purse at price ratios.
    fn liquidate(&mut self, (lane, level, purse): (usize, usize, usize), x: &[f64], time: f64) {
        let at = self.slot(lane, level, purse);
        let remains = self.levels[level][purse].liquidate(self.slots[at].cash, x);
        let worth = self.levels[level][purse].worth(x);
        self.close((lane, level, purse), x, remains.recovered);
        self.slots[at].bad_debt = remains.bad_debt * worth;
        self.slots[at].kept = remains.kept * worth;
        let course = &mut self.courses[lane * self.levels.len() + level];
        if course.hit.is_none() {
            course.hit = Some(self.hits.len() as u32);
            // What is left is known at the horizon only.
            let (lane, level) = (lane as u32, level as u32);
            self.hits.push(Hit { lane, level, time, recovered: 0.0, bad_debt: 0.0 });
        }
    }

    /// The bar of one path for one purse of all levels.
    fn watch(&mut self, purse: usize, bars: &[Bars], i: usize, noise: &mut Stream) {
        let Some(sample) = self.levels.first().map(|level| &level[purse]) else { return };
        let Some(first) = sample.assets.first().map(|asset| &bars[*asset]) else { return };
        let lane = first.lanes[i] as usize;
        let (start, duration) = (first.start[i], first.duration[i]);
        let mut columns = std::mem::take(&mut self.columns);
        columns.gather_bar(&sample.assets, bars, i);
        self.spread.deviations.clear();
        self.spread.deviations.extend(sample.assets.iter().map(|asset| bars[*asset].variance[i].sqrt()));
        let mut draws = None;
        for level in 0..self.levels.len() {
            let slot = self.slots[self.slot(lane, level, purse)];
            if !slot.is_open() {
                continue;
            }
            let of = &self.levels[level][purse];
            let excess = of.excess(slot.cash, &columns.x_open, &mut columns.gradient);
            if excess <= 0.0 {
                self.liquidate((lane, level, purse), &columns.x_open, start);
                continue;
            }
            let deviation = self.spread.along(&columns.gradient);
            let after = of.excess(slot.cash, &columns.x_close, &mut columns.gradient);
            let deviations = deviation * self.spread.along(&columns.gradient);
            if after > 0.0 && 2.0 * excess * after >= ROUGHNESS * OUT_OF_REACH * deviations {
                continue;
            }
            let near = self.nearest.distance(of, slot.cash, &columns.y_open, &self.spread);
            let far = self.nearest.distance(of, slot.cash, &columns.y_close, &self.spread);
            // All levels share the draws, so that what is nearer is liquidated first.
            let (uniform, normal, other) = *draws.get_or_insert_with(|| {
                (self.draws.uniform(noise), self.draws.normal(noise), self.draws.uniform(noise))
            });
            // A curved surface may have its nearest point on another side of a close that lies just beyond it.
            if !(after <= 0.0 || far <= 0.0 || uniform < crossing_probability(near, far, 1.0)) {
                continue;
            }
            let share = first_passage_fraction(near.max(0.0), far.abs(), 1.0, normal, other);
            // Along the surface the path is taken to be at its mean.
            let between = columns.y_open.iter().zip(&columns.y_close).map(|(a, b)| a + share * (b - a));
            let between: Vec<f64> = between.collect();
            self.nearest.distance(of, slot.cash, &between, &self.spread);
            let x: Vec<f64> = self.nearest.point.iter().map(|y| exp(*y)).collect();
            self.liquidate((lane, level, purse), &x, share.mul_add(duration, start));
        }
        self.columns = columns;
    }
}

impl Evaluation for Portfolio {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.levels.clone_from(&self.opened);
        self.charged = 0;
        self.draws.clear();
        self.hits.clear();
        self.dated.clear();
        let first: Vec<Slot> = self.levels.iter_mut().flatten().map(charges::open).collect();
        let purses = self.purses_per_level.max(1);
        let course = |slots: &[Slot]| {
            let levels = slots.iter().zip(self.levels.iter().flatten());
            let equity = |(slot, purse): (&Slot, &Purse)| purse.equity(slot.cash, &vec![1.0; purse.assets.len()]);
            Course { peak: 1.0, drawdown: 1.0 - levels.map(equity).sum::<f64>(), hit: None }
        };
        let courses: Vec<Course> = first.chunks(purses).map(course).collect();
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
        for purse in 0..self.purses_per_level {
            self.set_correlations(purse);
            for i in 0..bars.first().map_or(0, Bars::len) {
                self.watch(purse, bars, i, hit_noise);
            }
        }
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>]) {
        let now = self.schedule[moment];
        self.charge(&now, log_prices);
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        let recorded = self.lanes.div_ceil(PATHS_PER_RECORD);
        let mut equities = Vec::new();
        let mut columns = std::mem::take(&mut self.columns);
        for lane in 0..self.lanes {
            for level in 0..self.levels.len() {
                let mut wealth = 0.0;
                for purse in 0..self.purses_per_level {
                    let at = self.slot(lane, level, purse);
                    if self.slots[at].is_open() {
                        let of = &self.levels[level][purse];
                        columns.gather(&of.assets, log_prices, lane);
                        let cash = self.slots[at].cash;
                        if of.excess(cash, &columns.x_open, &mut columns.gradient) <= 0.0 {
                            self.liquidate((lane, level, purse), &columns.x_open, time);
                        } else {
                            wealth += of.equity(cash, &columns.x_open) * of.worth(&columns.x_open);
                            continue;
                        }
                    }
                    wealth += self.slots[at].left;
                }
                self.courses[lane * self.levels.len() + level].follow(wealth);
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

    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let count = self.levels.len();
        for (date, equities) in self.dated.iter().enumerate() {
            for (equities, weight) in equities.chunks_exact(count.max(1)).zip(weights) {
                for (cell, equity) in tally.levels.iter_mut().zip(equities) {
                    cell.account.get_or_insert_default().equity_at(date).add(*equity, *weight);
                }
            }
        }
        let mut columns = std::mem::take(&mut self.columns);
        for (lane, weight) in weights.iter().enumerate() {
            for level in 0..count {
                let (mut wealth, mut bad_debt) = (0.0, 0.0);
                let mut costs = [0.0; Cost::ALL.len()];
                for purse in 0..self.purses_per_level {
                    let at = self.slot(lane, level, purse);
                    let of = &self.levels[level][purse];
                    let mut fees = of.entry_fee;
                    columns.gather(&of.assets, log_prices, lane);
                    if self.slots[at].is_open() {
                        let equity = of.equity(self.slots[at].cash, &columns.x_open);
                        let left = (equity - of.closing_fee(&columns.x_open)).max(0.0);
                        fees += equity - left;
                        self.close((lane, level, purse), &columns.x_open, left);
                    }
                    let slot = &self.slots[at];
                    wealth += slot.left;
                    bad_debt += slot.bad_debt;
                    costs[Cost::Fees as usize] += fees * slot.worth;
                    costs[Cost::Funding as usize] += slot.funding;
                    costs[Cost::Interest as usize] += slot.interest;
                    costs[Cost::Liquidation as usize] += slot.kept;
                }
                let course = &mut self.courses[lane * count + level];
                course.follow(wealth);
                let exit = if course.hit.is_some() { Exit::Liquidated } else { Exit::Horizon };
                let passage = Passage { exit, costs, drawdown: course.drawdown, calls: Calls::default() };
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
