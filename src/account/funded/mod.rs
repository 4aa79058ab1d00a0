//! All levels from what funding has charged a unit of exposure.
//!
//! Funding is charged on the exposure, so what it has taken from a unit of it, F, is the same at every level. With the cash c
//! and the exposure e of a level at entry (see [`Exposure`](crate::account::Exposure)) and the price x
//!
//! ```text
//! equity            c + e·(x − F)
//! closing equity    c + e·z,   z = x·(1 − φ·sign e) − F          φ: taker fee
//! barrier           the largest of some straight lines in F
//! ```
//!
//! so a path has one F, one barrier that is the nearest, that of the most leveraged level still open, and one z, as with
//! [nested](crate::account::Nested) levels. Barriers stay in the order of leverage whatever F is: where the margin in
//! proportion to the notional rises with the notional, x less the margin on a unit rises with x, and it meets F + 1 − 1/L + φ
//! (long) later the larger L is; a short mirrors it.
//!
//! What no probability rests on (time to liquidation, costs, drawdown) is followed for one level a path, in turns by the number
//! of the path. What rests on the order of levels only, which are open and what they close with, is known for all.
//! [`Ledger`](crate::account::Ledger) does the same level by level, and is needed for everything else that is charged.

mod kernels;
mod lines;

use kernels::{Book, Close, Columns, Pay, Turn};
use lines::Envelope;

use super::follower::{Follower, Hit, Survivors};
use super::hits::Candidates;
use super::nested::watched;
use super::observer::{Due, Observer};
use super::opening::Opening;
use super::schedule::{DATES, Moment, PATHS_PER_RECORD};
use super::settlement::log_barrier;
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, dispatch, exp};
use crate::stats::{AccountSums, Cost, Deferred, Histogram, LiquidatedSums, Sums, Tally};
use crate::venue::{Funding, FundingBasis};

/// Evaluates levels that funding moves.
pub struct Funded {
    levels: Vec<Opening>,
    barriers: Vec<Envelope>,
    basis: FundingBasis,
    schedule: Vec<Moment>,
    asset: usize,
    side: Sides,
    sign: f64,
    power: f64,
    horizon: f64,
    columns: Columns,
    turn: Turn,
    candidates: Candidates,
    /// Paths that a payment has liquidated, or carried to another line.
    flagged: Vec<u32>,
    hits: Vec<Hit>,
    passes: Vec<Pass>,
    /// What each level of a recorded path was left with at its liquidation; not a number while it is open.
    left: Vec<f64>,
    /// Equity by date, then by level and recorded path.
    dated: Vec<Vec<f64>>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
    /// Closing equity, and equity by date and level, on their way to the tally.
    closings: Deferred,
    equities: Deferred,
}

/// A level was liquidated on a path.
#[derive(Debug, Clone, Copy)]
struct Pass {
    lane: u32,
    level: u32,
    recovered: f64,
    bad_debt: f64,
}

impl Funded {
    /// An evaluation of the levels of a position on one asset over a horizon in years; none where their barriers are not straight
    /// lines in what funding has charged, or where a level that survives could close below zero. `schedule` holds the moments at which
    /// funding is due, in order.
    pub fn new(
        levels: Vec<Opening>,
        funding: &Funding,
        schedule: Vec<Moment>,
        asset: usize,
        horizon: f64,
    ) -> Option<Self> {
        let first = levels.first()?;
        let (side, sign) = watched(first.side);
        let (sign_of_exposure, power) = (first.sign(), first.power());
        let barriers: Option<Vec<Envelope>> = levels.iter().map(Envelope::of).collect();
        let count = levels.len();
        Some(Self {
            barriers: barriers?,
            basis: funding.basis,
            schedule,
            asset,
            side,
            sign,
            power,
            horizon,
            columns: Columns::new(sign_of_exposure),
            turn: Turn::default(),
            candidates: Candidates::default(),
            flagged: Vec::new(),
            hits: Vec::new(),
            passes: Vec::new(),
            left: Vec::new(),
            dated: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
            closings: Deferred::new(count, 1.0),
            equities: Deferred::new(count * DATES, 1.0),
            levels,
        })
    }

    fn lanes(&self) -> usize {
        self.columns.funding.len()
    }

    /// Paths on which equity over time is recorded: the first ones of the block.
    fn recorded_lanes(&self) -> usize {
        self.lanes().div_ceil(PATHS_PER_RECORD)
    }

    /// The level that a path follows in detail.
    #[inline(always)]
    fn turn_of(&self, lane: usize) -> usize {
        lane % self.levels.len()
    }

    /// Mirrored barrier of a level on a path, in units of x.
    #[inline(always)]
    fn barrier(&self, level: usize, lane: usize) -> f64 {
        self.barriers[level].at(self.columns.funding[lane])
    }

    /// Books the gap at the open of a bar and then its continuous move.
    #[inline(always)]
    fn book(&mut self, k: usize, bars: &Bars) {
        let i = self.candidates.indices[k] as usize;
        let lane = bars.lanes[i] as usize;
        let x_sign = self.columns.sign;
        let (open, extreme) = (exp(self.power * bars.open[i]), exp(self.power * bars.extreme[i]));
        let mut level = self.columns.open_levels[lane] as usize;
        while level > 0 {
            let barrier = self.barrier(level - 1, lane);
            if x_sign * open <= barrier {
                self.liquidate(level - 1, lane, open, bars.start[i]);
            } else if x_sign * extreme <= barrier {
                let time = match self.turn_of(lane) == level - 1 {
                    true => self.candidates.time(k, bars, log_barrier(x_sign, barrier), self.sign),
                    false => 0.0,
                };
                self.liquidate(level - 1, lane, x_sign * barrier, time);
            } else {
                break;
            }
            level -= 1;
        }
        self.leave_open(lane, level);
    }

    /// Liquidates a level on a path at a price of x.
    #[inline(always)]
    fn liquidate(&mut self, level: usize, lane: usize, x: f64, time: f64) {
        let opening = &self.levels[level];
        let (cash, exposure) = (opening.start.cash, opening.start.exposure);
        let charged = exposure * self.columns.funding[lane];
        let remains = opening.liquidate_at(cash - charged, exposure, x);
        let (recovered, bad_debt) = (remains.recovered, remains.bad_debt);
        self.passes.push(Pass { lane: lane as u32, level: level as u32, recovered, bad_debt });
        let recorded = self.recorded_lanes();
        if lane < recorded {
            self.left[level * recorded + lane] = recovered;
        }
        if level == self.turn_of(lane) {
            self.hits.push(Hit { lane: lane as u32, level: level as u32, time, recovered, bad_debt });
            self.turn.end(lane, recovered, charged, remains.kept);
        }
    }

    /// Only the levels below an index stay open on a path.
    #[inline(always)]
    fn leave_open(&mut self, lane: usize, levels: usize) {
        let barrier = match levels {
            0 => lines::Segment::NONE,
            n => self.barriers[n - 1].segment(self.columns.funding[lane]),
        };
        self.columns.leave_open(lane, levels, barrier);
    }

    /// Keeps the equity of every level at a date.
    fn record(&mut self) {
        let recorded = self.recorded_lanes();
        let mut equities = Vec::with_capacity(recorded * self.levels.len());
        for (level, opening) in self.levels.iter().enumerate() {
            let (cash, exposure) = (opening.start.cash, opening.start.exposure);
            for lane in 0..recorded {
                let open = level < self.columns.open_levels[lane] as usize;
                let equity = cash + exposure * (self.columns.x[lane] - self.columns.funding[lane]);
                equities.push(if open { equity } else { self.left[level * recorded + lane] });
            }
        }
        self.dated.push(equities);
    }

    #[inline(always)]
    fn tally_records(&mut self, tally: &mut Tally, weights: &[f64]) {
        let recorded = self.recorded_lanes();
        for (date, equities) in self.dated.iter().enumerate() {
            for (level, equities) in equities.chunks_exact(recorded).enumerate() {
                let bins = tally.levels[level].account.get_or_insert_default().equity_at(date);
                for (equity, weight) in equities.iter().zip(weights) {
                    self.equities.add(level * DATES + date, bins, *equity, *weight);
                }
            }
        }
    }

    /// Adds the liquidations of the block to its sums and to the tally's histograms.
    #[inline(always)]
    fn tally_passes(&mut self, weights: &[f64], tally: &mut Tally) {
        for pass in &self.passes {
            let (weight, level) = (weights[pass.lane as usize], pass.level as usize);
            let fill = (pass.recovered, pass.bad_debt);
            let sums = &mut self.liquidated_sums[level];
            tally.levels[level].add_fill(sums, fill, weight, weight * weight);
        }
        let turns = self.levels.len() as f64;
        for hit in &self.hits {
            let level = hit.level as usize;
            let weight = weights[hit.lane as usize] * turns;
            let time = hit.time / self.horizon;
            self.liquidated_sums[level].time.add(time, weight);
            tally.levels[level].times.add(time, weight);
        }
    }

    /// Adds what each path did to the level whose turn it was.
    #[inline(always)]
    fn tally_turns(&mut self, weights: &[f64], tally: &mut Tally) {
        for (lane, weight) in weights.iter().enumerate() {
            let level = self.turn_of(lane);
            let opening = &self.levels[level];
            let exposure = opening.start.exposure;
            let mut costs = [0.0; Cost::ALL.len()];
            costs[Cost::Fees as usize] = opening.entry_fee;
            if level < self.columns.open_levels[lane] as usize {
                let (x, charged) = (self.columns.x[lane], exposure * self.columns.funding[lane]);
                let equity = opening.start.cash + exposure * x - charged;
                let fee = opening.taker_fee * exposure.abs() * x;
                costs[Cost::Fees as usize] += fee;
                self.turn.end(lane, equity - fee, charged, 0.0);
            }
            let ended = self.turn.ended[lane];
            costs[Cost::Funding as usize] = ended.funding;
            costs[Cost::Liquidation as usize] = ended.kept;
            let account = tally.levels[level].account.get_or_insert_default();
            account.add_costs(&mut self.account_sums[level], &costs, ended.drawdown, *weight);
        }
        for (sums, cell) in self.account_sums.iter_mut().zip(&mut tally.levels) {
            cell.account.get_or_insert_default().add_sums(sums);
        }
    }
}

impl Observer for Funded {
    fn begin(&mut self, lanes: usize) {
        self.hits.clear();
        self.passes.clear();
        self.dated.clear();
        self.columns.begin(lanes, self.levels.len());
        self.turn.begin(lanes, &self.levels);
        self.left.clear();
        self.left.resize(self.recorded_lanes() * self.levels.len(), f64::NAN);
        for lane in 0..lanes {
            self.leave_open(lane, self.levels.len());
        }
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let columns = &self.columns;
        self.candidates.find_where(bars, &columns.log_nearest, self.sign, hit_noise, |i| {
            self.sign * bars.extreme[i] <= columns.exact_log_nearest(bars.lanes[i] as usize)
        });
        dispatch(Book { funded: self, bars });
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let now = self.schedule[moment];
        let rates = if now.funding { due.funding } else { &[] };
        let mut flagged = std::mem::take(&mut self.flagged);
        flagged.clear();
        dispatch(Pay {
            power: self.power,
            log_prices: &log_prices[self.asset],
            rates,
            on_the_mark: self.basis == FundingBasis::Mark,
            columns: &mut self.columns,
            turn: &mut self.turn,
            flagged: &mut flagged,
        });
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        for lane in flagged.iter().map(|lane| *lane as usize) {
            let x = self.columns.x[lane];
            let mut level = self.columns.open_levels[lane] as usize;
            while level > 0 && self.columns.sign * x <= self.barrier(level - 1, lane) {
                self.liquidate(level - 1, lane, x, time);
                level -= 1;
            }
            self.leave_open(lane, level);
        }
        self.flagged = flagged;
        if now.date.is_some() {
            self.record();
        }
    }
}

impl Follower for Funded {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let log_price = &log_prices[self.asset];
        dispatch(Close { funded: self, log_price, weights, tally });
    }

    fn flush(&mut self, tally: &mut Tally) {
        for (index, level) in tally.levels.iter_mut().enumerate() {
            self.closings.flush(index, &mut level.closing_equity);
            if let Some(account) = &mut level.account {
                for date in 0..DATES {
                    self.equities.flush(index * DATES + date, account.equity_at(date));
                }
            }
        }
    }

    fn survivors(&self, tally: &Tally, level: usize) -> Survivors {
        let start = self.levels[level].start;
        let mut returns = Sums::default();
        let mut closing_equity = Histogram::default();
        for (cell, own) in tally.levels.iter().zip(&self.levels).skip(level) {
            // Closing equity is cash + exposure·(1 + y).
            returns += cell.survivors.mapped(start.cash + start.exposure - 1.0, start.exposure);
            closing_equity.add_mapped(&cell.closing_equity, |equity| {
                let z = (equity - own.start.cash) / own.start.exposure;
                start.exposure.mul_add(z, start.cash)
            });
        }
        Survivors { returns, closing_equity }
    }

    fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        self.passes.iter().for_each(|pass| name(pass.lane, pass.level as usize));
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}
