//! Every level of a miner on every path of a block.
//!
//! What a day earns and costs per PH/s is the same at all levels and worked out once a path. Ordinary days are lived through in
//! columns, the others path by path. The loan on machines is the same on all paths on which it is still served.

use super::barriers::{Highest, NOWHERE, Nearest};
use super::columns::Columns;
use super::debt::Annuity;
use super::ledger::Course;
use super::open::OpenMiner;
use super::ordinary::{OrdinaryDay, Purses};
use super::treasury::Treasury;
use crate::account::follower::{Follower, Hit};
use crate::account::hits::Candidates;
use crate::account::observer::{Due, Observer};
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::account::sums::{add_sums, tally_hits};
use crate::market::{Bars, SECONDS_PER_DAY, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, dispatch, exp, ln};
use crate::stats::{LiquidatedSums, MinerPassage, MinerState, MinerSums, NetworkTally, Sums, Tally};

/// Follows the levels of a miner.
pub struct MinerFollower {
    opened: OpenMiner,
    schedule: Vec<Moment>,
    lanes: usize,
    columns: Columns,
    /// What there is and what happened, by level.
    purses: Vec<Purses>,
    /// By level, then by path.
    slots: Vec<Slot>,
    /// Paths on which the day of a level is no ordinary one.
    more: Vec<f64>,
    /// The loans on machines, by level.
    annuities: Vec<Option<Annuity>>,
    /// The highest barrier of pledged coins by path: as a price, 0 where there is none, and as a log-price.
    highest: Vec<f64>,
    nearest: Vec<f64>,
    candidates: Candidates,
    hits: Vec<Hit>,
    /// What is left at the horizon, by level and path of the block just finished.
    kept: Vec<f64>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    miner_sums: Vec<MinerSums>,
    /// Of the block: hashprices at each date, and difficulty at the horizon, over those at the start.
    network: NetworkTally,
    /// States at each date, by date, level and recorded path.
    dated: Vec<Vec<Option<MinerState>>>,
}

/// What happened to a level on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    course: Course,
    /// When collateral was first lost, in years.
    lost: f64,
    end: Option<End>,
}

/// How a level ended on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    day: u32,
    on_bills: bool,
    kept: f64,
    /// Coins mined per PH/s.
    mined: f64,
}

impl MinerFollower {
    /// A follower of a miner. `schedule` has a moment at the end of every day.
    pub fn new(opened: OpenMiner, schedule: Vec<Moment>) -> Self {
        let count = opened.levels.len();
        Self {
            opened,
            schedule,
            lanes: 0,
            columns: Columns::default(),
            purses: (0..count).map(|_| Purses::default()).collect(),
            slots: Vec::new(),
            more: Vec::new(),
            annuities: Vec::new(),
            highest: Vec::new(),
            nearest: Vec::new(),
            candidates: Candidates::default(),
            hits: Vec::new(),
            kept: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            miner_sums: vec![MinerSums::default(); count],
            network: NetworkTally::default(),
            dated: Vec::new(),
        }
    }

    fn horizon(&self) -> f64 {
        self.schedule.last().map_or(0.0, |moment| moment.seconds as f64 / SECONDS_PER_YEAR)
    }

    /// Log-price at which the pledged coins of a level are sold on a path; far below where there are none.
    fn barrier(&self, level: usize, lane: usize) -> f64 {
        let Some(loan) = &self.opened.miner.coin_loan else { return NOWHERE };
        let barrier = self.purses[level].get(lane).barrier(loan) / self.opened.price;
        if barrier > 0.0 { ln(barrier) } else { NOWHERE }
    }

    /// Sells the pledged coins of a level on a path.
    fn sell_coins(&mut self, level: usize, lane: usize, time: f64, log_price: f64) {
        let Some(loan) = &self.opened.miner.coin_loan else { return };
        let slot = &mut self.slots[level * self.lanes + lane];
        let mut treasury = self.purses[level].get(lane);
        slot.course.bad_debt += treasury.liquidate(self.opened.price * exp(log_price), loan);
        self.purses[level].set(lane, &treasury);
        slot.course.coins_sold = true;
        slot.lost = time;
    }

    fn renew_nearest(&mut self, lane: usize) {
        let barriers = (0..self.opened.levels.len()).map(|level| self.barrier(level, lane));
        self.nearest[lane] = barriers.fold(NOWHERE, f64::max);
    }

    /// The same on all paths: one logarithm for each, whatever the number of levels.
    fn renew_all(&mut self) {
        let Some(loan) = &self.opened.miner.coin_loan else { return };
        self.highest.fill(0.0);
        for purses in &self.purses {
            dispatch(Highest { loan, purses, highest: &mut self.highest });
        }
        dispatch(Nearest { start: self.opened.price, highest: &self.highest, nearest: &mut self.nearest });
    }

    /// Lets every level live through a day.
    fn live(&mut self, number: u32) {
        let mut more = std::mem::take(&mut self.more);
        for level in 0..self.opened.levels.len() {
            if !self.purses[level].go_on() {
                continue;
            }
            let annuity = self.annuities[level];
            let is_due = annuity.is_some_and(|annuity| annuity.is_due(number));
            let after = annuity.map(|annuity| if is_due { annuity.after_payment(number) } else { annuity });
            dispatch(OrdinaryDay {
                miner: &self.opened.miner,
                level: &self.opened.levels[level],
                day: &self.columns,
                instalment: annuity.filter(|_| is_due).map(|annuity| annuity.instalment),
                claim: after.map_or(0.0, |annuity| annuity.claim(number)),
                purses: &mut self.purses[level],
                more: &mut more,
            });
            for (lane, _) in more.iter().enumerate().filter(|(_, more)| **more > 0.0) {
                self.live_on(number, level, lane);
            }
            self.annuities[level] = after;
        }
        self.more = more;
    }

    /// Lets a level live through a day on one path, whatever happens there.
    fn live_on(&mut self, number: u32, level: usize, lane: usize) {
        let Slot { course, lost, end } = &mut self.slots[level * self.lanes + lane];
        let mut treasury = self.purses[level].get(lane);
        let (day, annuity) = (self.columns.day(number, lane), self.annuities[level]);
        let sold_before = course.coins_sold;
        let outcome =
            self.opened.levels[level].live(&self.opened.miner, annuity.as_ref(), &day, &mut treasury, course);
        if course.coins_sold != sold_before || outcome.is_some() {
            *lost = lost.min(f64::from(number) * SECONDS_PER_DAY / SECONDS_PER_YEAR);
        }
        let Some(outcome) = outcome else { return self.purses[level].set(lane, &treasury) };
        let (on_bills, kept, mined) = (outcome.on_bills, outcome.kept, self.columns.mined[lane]);
        *end = Some(End { day: number, on_bills, kept, mined });
        self.purses[level].end(lane);
    }

    /// Keeps the states of the recorded paths, the first ones of the block, and the hashprice of all.
    fn record(&mut self, date: usize, number: u32) {
        let recorded = self.lanes.div_ceil(PATHS_PER_RECORD);
        let mut states = Vec::with_capacity(recorded * self.opened.levels.len());
        for level in 0..self.opened.levels.len() {
            let claim = self.annuities[level].map_or(0.0, |annuity| annuity.claim(number));
            let slots = &self.slots[level * self.lanes..][..recorded];
            states.extend(slots.iter().enumerate().map(|(lane, slot)| {
                let Treasury { cash, free, pledged, owed } = self.purses[level].get(lane);
                slot.end.is_none().then(|| MinerState {
                    cash,
                    machines: self.opened.levels[level].hashrate * self.columns.machines[lane],
                    coins: (free + pledged) * self.columns.price[lane],
                    debt: claim + owed,
                })
            }));
        }
        self.dated.push(states);
        let bins = self.network.hashprice_at(date);
        self.columns.hashprice.iter().for_each(|hashprice| bins.add(hashprice / self.opened.hashprice, 1.0));
    }

    /// Adds what was kept of the dates.
    fn tally_records(&mut self, weights: &[f64], tally: &mut Tally) {
        let recorded = self.lanes.div_ceil(PATHS_PER_RECORD).max(1);
        for (date, states) in self.dated.iter().enumerate() {
            for (cell, states) in tally.levels.iter_mut().zip(states.chunks_exact(recorded)) {
                let bins = cell.miner.get_or_insert_default();
                for (state, weight) in states.iter().zip(weights) {
                    bins.add_state(date, state.as_ref(), *weight);
                }
            }
        }
    }

    /// Adds the network of the block.
    fn tally_network(&mut self, tally: &mut Tally) {
        let last = self.schedule.len() as u32;
        let working = f64::from(last.saturating_sub(self.opened.miner.fleet.online_after));
        let mut off = Sums::default();
        for days_off in &self.columns.days_off {
            off.add(if working > 0.0 { days_off / working } else { 0.0 }, 1.0);
        }
        self.network.off.add(&off);
        tally.network.get_or_insert_default().merge(&self.network);
        self.network = NetworkTally::default();
    }
}

impl Observer for MinerFollower {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.hits.clear();
        self.dated.clear();
        self.slots.clear();
        for (purses, level) in self.purses.iter_mut().zip(&self.opened.levels) {
            purses.begin(lanes, &level.treasury);
        }
        let slot = Slot { course: Course::default(), lost: f64::INFINITY, end: None };
        self.slots.resize(lanes * self.purses.len(), slot);
        self.more.resize(lanes, 0.0);
        self.annuities = self.opened.levels.iter().map(|level| level.annuity).collect();
        self.columns.begin(lanes);
        self.highest.clear();
        self.highest.resize(lanes, 0.0);
        self.nearest.clear();
        self.nearest.resize(lanes, NOWHERE);
        self.renew_all();
    }

    fn watched_side(&self) -> Option<Sides> {
        self.opened.miner.coin_loan.is_some().then_some(Sides::Low)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        if self.opened.miner.coin_loan.is_none() {
            return;
        }
        let bars = &bars[self.opened.miner.asset];
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.find(bars, &self.nearest, 1.0, hit_noise);
        for (k, i) in candidates.indices.iter().enumerate() {
            let i = *i as usize;
            let lane = bars.lanes[i] as usize;
            for level in 0..self.opened.levels.len() {
                let barrier = self.barrier(level, lane);
                if bars.open[i] <= barrier {
                    self.sell_coins(level, lane, bars.start[i], bars.open[i]);
                } else if bars.extreme[i] <= barrier {
                    let time = candidates.time(k, bars, barrier, 1.0);
                    self.sell_coins(level, lane, time, barrier);
                }
            }
            self.renew_nearest(lane);
        }
        self.candidates = candidates;
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let number = moment as u32 + 1;
        let Some(network) = due.network else { return };
        self.columns.work(&self.opened, number, &log_prices[self.opened.miner.asset], &network);
        self.live(number);
        self.renew_all();
        if let Some(date) = self.schedule[moment].date {
            self.record(date, number);
        }
        if moment + 1 == self.schedule.len() {
            for difficulty in network.difficulty {
                self.network.difficulty.add(difficulty / self.opened.difficulty, 1.0);
            }
        }
    }
}

impl Follower for MinerFollower {
    fn finish(&mut self, _log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let last = self.schedule.len() as u32;
        let horizon = self.horizon();
        self.kept.resize(self.opened.levels.len() * self.lanes, 0.0);
        self.tally_records(weights, tally);
        self.tally_network(tally);
        for (level, opened) in self.opened.levels.iter().enumerate() {
            let cell = &mut tally.levels[level];
            for (lane, weight) in weights.iter().enumerate() {
                let Slot { course, lost, end } = self.slots[level * self.lanes + lane];
                let kept = end.map_or_else(
                    || {
                        let (annuity, day) = (self.annuities[level], self.columns.day(last, lane));
                        let treasury = self.purses[level].get(lane);
                        opened.close(&self.opened.miner, annuity.as_ref(), &day, &treasury)
                    },
                    |end| end.kept,
                );
                let passage = MinerPassage {
                    defaulted: end.map(|end| (f64::from(end.day), end.on_bills)),
                    coins_sold: course.coins_sold,
                    called: course.called,
                    days_under_water: course.days_under_water + self.purses[level].days_under_water(lane),
                    coins: opened.hashrate * end.map_or(self.columns.mined[lane], |end| end.mined),
                };
                self.kept[level * self.lanes + lane] = kept;
                let account = cell.miner.get_or_insert_default();
                account.add(&mut self.miner_sums[level], &passage, *weight);
                if lost < f64::INFINITY {
                    let (lane, level) = (lane as u32, level as u32);
                    self.hits.push(Hit {
                        lane,
                        level,
                        time: lost,
                        recovered: kept,
                        bad_debt: course.bad_debt,
                    });
                } else {
                    self.survivor_sums[level].add(kept - 1.0, *weight);
                    cell.closing_equity.add(kept, *weight);
                }
            }
            cell.miner.get_or_insert_default().add_sums(&mut self.miner_sums[level]);
        }
        tally_hits(&self.hits, weights, horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, self.lanes, tally);
    }

    fn broken(&self) -> Option<usize> {
        let is_broken = |level: usize, lane: usize| {
            let kept = self.slots[level * self.lanes + lane].end.map_or(0.0, |end| end.kept);
            let Treasury { cash, free, owed, .. } = self.purses[level].get(lane);
            (cash + free + owed + kept).is_nan()
        };
        // Sums of one sign or finite: none of them makes what is not a number of numbers.
        let levels = 0..self.purses.len();
        levels.filter_map(|level| (0..self.lanes).find(|lane| is_broken(level, *lane))).min()
    }

    fn outcomes(&self, level: usize, returns: &mut [f64], liquidated: &mut [u8]) -> bool {
        let of_level = level * self.lanes;
        let paths = self.kept[of_level..].iter().zip(&self.slots[of_level..]);
        for ((returned, liquidated), (kept, slot)) in returns.iter_mut().zip(liquidated).zip(paths) {
            *returned = kept - 1.0;
            *liquidated = u8::from(slot.lost < f64::INFINITY);
        }
        true
    }

    fn for_each_defaulted(&self, name: &mut dyn FnMut(u32, usize)) {
        for (index, _) in self.slots.iter().enumerate().filter(|(_, slot)| slot.end.is_some()) {
            name((index % self.lanes) as u32, index / self.lanes);
        }
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}
