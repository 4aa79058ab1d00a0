//! Every level of a miner on every path of a block.
//!
//! What a day earns and costs per PH/s is the same at all levels and worked out once a path; a level that was wound up costs
//! nothing any more. The loan on machines is the same on all paths on which it is still served.

use super::columns::Columns;
use super::debt::Annuity;
use super::ledger::Course;
use super::open::OpenMiner;
use super::treasury::Treasury;
use crate::account::follower::{Follower, Hit, Survivors};
use crate::account::hits::Candidates;
use crate::account::observer::{Due, Observer};
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::account::sums::{add_sums, tally_hits};
use crate::market::{Bars, SECONDS_PER_DAY, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Kernel, Stream, dispatch, exp, ln};
use crate::stats::{LiquidatedSums, MinerPassage, MinerState, MinerSums, NetworkTally, Sums, Tally};

/// Far below any log-price: no barrier.
const NOWHERE: f64 = f64::NEG_INFINITY;

/// Follows the levels of a miner.
pub struct MinerFollower {
    opened: OpenMiner,
    schedule: Vec<Moment>,
    lanes: usize,
    columns: Columns,
    /// By level, then by path.
    slots: Vec<Slot>,
    /// Paths on which each level goes on.
    open: Vec<Vec<u32>>,
    /// The loans on machines, by level.
    annuities: Vec<Option<Annuity>>,
    /// The highest barrier of pledged coins by path: as a price, 0 where there is none, and as a log-price.
    highest: Vec<f64>,
    nearest: Vec<f64>,
    candidates: Candidates,
    hits: Vec<Hit>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    miner_sums: Vec<MinerSums>,
    /// Of the block: hashprices at each date, and difficulty at the horizon, over those at the start.
    network: NetworkTally,
    /// States at each date, by date, level and recorded path.
    dated: Vec<Vec<Option<MinerState>>>,
}

/// A level on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    treasury: Treasury,
    course: Course,
    /// When collateral was first lost, in years.
    lost: f64,
    end: Option<End>,
}

/// Log-prices of barriers.
struct Nearest<'a> {
    start: f64,
    highest: &'a [f64],
    nearest: &'a mut [f64],
}

impl Kernel for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (nearest, highest) in self.nearest.iter_mut().zip(self.highest) {
            let log = ln(highest / self.start);
            *nearest = if *highest > 0.0 { log } else { NOWHERE };
        }
    }
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
            slots: Vec::new(),
            open: vec![Vec::new(); count],
            annuities: Vec::new(),
            highest: Vec::new(),
            nearest: Vec::new(),
            candidates: Candidates::default(),
            hits: Vec::new(),
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
        let barrier = self.slots[level * self.lanes + lane].treasury.barrier(loan) / self.opened.price;
        if barrier > 0.0 { ln(barrier) } else { NOWHERE }
    }

    /// Sells the pledged coins of a level on a path.
    fn sell_coins(&mut self, level: usize, lane: usize, time: f64, log_price: f64) {
        let Some(loan) = &self.opened.miner.coin_loan else { return };
        let slot = &mut self.slots[level * self.lanes + lane];
        slot.course.bad_debt += slot.treasury.liquidate(self.opened.price * exp(log_price), loan);
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
        for slots in self.slots.chunks_exact(self.lanes.max(1)) {
            for (highest, slot) in self.highest.iter_mut().zip(slots) {
                *highest = highest.max(slot.treasury.barrier(loan));
            }
        }
        dispatch(Nearest { start: self.opened.price, highest: &self.highest, nearest: &mut self.nearest });
    }

    /// Lets every level live through a day.
    fn live(&mut self, number: u32) {
        let time = f64::from(number) * SECONDS_PER_DAY / SECONDS_PER_YEAR;
        for level in 0..self.opened.levels.len() {
            let mut open = std::mem::take(&mut self.open[level]);
            let annuity = self.annuities[level];
            open.retain(|lane| {
                let lane = *lane as usize;
                let day = self.columns.day(&self.opened, number, lane);
                let Slot { treasury, course, lost, end } = &mut self.slots[level * self.lanes + lane];
                let sold_before = course.coins_sold;
                let outcome = self.opened.levels[level].live(
                    &self.opened.miner,
                    annuity.as_ref(),
                    &day,
                    treasury,
                    course,
                );
                if course.coins_sold != sold_before || outcome.is_some() {
                    *lost = lost.min(time);
                }
                *end = outcome.map(|outcome| End {
                    day: number,
                    on_bills: outcome.on_bills,
                    kept: outcome.kept,
                    mined: self.columns.mined[lane],
                });
                if end.is_some() {
                    *treasury = Treasury::default();
                }
                end.is_none()
            });
            self.open[level] = open;
            if let Some(annuity) = self.annuities[level].as_mut().filter(|annuity| annuity.is_due(number)) {
                *annuity = annuity.after_payment(number);
            }
        }
    }

    /// Keeps the states of the recorded paths, the first ones of the block, and the hashprice of all.
    fn record(&mut self, date: usize, number: u32) {
        let recorded = self.lanes.div_ceil(PATHS_PER_RECORD);
        let mut states = Vec::with_capacity(recorded * self.opened.levels.len());
        for level in 0..self.opened.levels.len() {
            let claim = self.annuities[level].map_or(0.0, |annuity| annuity.claim(number));
            let slots = &self.slots[level * self.lanes..][..recorded];
            states.extend(slots.iter().enumerate().map(|(lane, slot)| {
                let Treasury { cash, free, pledged, owed } = slot.treasury;
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
        for level in &self.opened.levels {
            let slot =
                Slot { treasury: level.treasury, course: Course::default(), lost: f64::INFINITY, end: None };
            self.slots.resize(self.slots.len() + lanes, slot);
        }
        self.annuities = self.opened.levels.iter().map(|level| level.annuity).collect();
        for open in &mut self.open {
            open.clear();
            open.extend(0..lanes as u32);
        }
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
        self.tally_records(weights, tally);
        self.tally_network(tally);
        for (level, opened) in self.opened.levels.iter().enumerate() {
            let cell = &mut tally.levels[level];
            for (lane, weight) in weights.iter().enumerate() {
                let Slot { treasury, course, lost, end } = self.slots[level * self.lanes + lane];
                let kept = end.map_or_else(
                    || {
                        let (annuity, day) =
                            (self.annuities[level], self.columns.day(&self.opened, last, lane));
                        opened.close(&self.opened.miner, annuity.as_ref(), &day, &treasury)
                    },
                    |end| end.kept,
                );
                let passage = MinerPassage {
                    defaulted: end.map(|end| (f64::from(end.day), end.on_bills)),
                    coins_sold: course.coins_sold,
                    called: course.called,
                    days_under_water: course.days_under_water,
                    coins: opened.hashrate * end.map_or(self.columns.mined[lane], |end| end.mined),
                };
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
        let is_broken = |slot: &Slot| {
            let kept = slot.end.map_or(0.0, |end| end.kept);
            (slot.treasury.cash + slot.treasury.free + slot.treasury.owed + kept).is_nan()
        };
        // Sums of one sign or finite: none of them makes what is not a number of numbers.
        let lanes = self.slots.chunks(self.lanes.max(1)).filter_map(|slots| slots.iter().position(is_broken));
        lanes.min()
    }

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        let cell = &tally.levels[level];
        Survivors { returns: cell.survivors.mapped(0.0, 1.0), closing_equity: cell.closing_equity.clone() }
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
