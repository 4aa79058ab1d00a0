//! The state of every level on every path, for one position whose cash flows move its barrier.
//!
//! Each level keeps its own cash on each path. Funding and interest change the cash (or the debt in coins), and with it
//! the barrier; between payments the barrier stands still, so the law of the extreme inside a bar decides as it does
//! for [nested](super::Nested) levels. Right after a payment the new barrier is compared with the price.
//!
//! Everything is in the units of [`Exposure`](super::Exposure): equity is cash + exposure·x.

use super::follower::{Follower, Hit};
use super::hits::{Candidates, watched};
use super::margin::{Line, barrier, highest};
use super::observer::{Due, Observer};
use super::opening::Opening;
use super::schedule::{Moment, PATHS_PER_RECORD};
use super::settlement::{Accrual, Bounds, Charge, LogBarriers, Nearest, Prices, Settle, log_barrier};
use super::sums::{add_sums, tally_hits};
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, dispatch, exp};
use crate::stats::{AccountSums, Calls, Cost, Exit, LiquidatedSums, Passage, Sums, Tally};
use crate::venue::{Flows, FundingBasis, Side};

/// Evaluates levels one by one.
pub struct Ledger {
    levels: Vec<Opening>,
    flows: Flows,
    schedule: Vec<Moment>,
    asset: usize,
    side: Sides,
    sign: f64,
    horizon: f64,
    lanes: usize,
    columns: Columns,
    accruals: Vec<Accrual>,
    /// Barriers by level, and those of one level that can be the nearest.
    lines: Vec<Vec<Line>>,
    kept: Vec<Line>,
    /// Mirrored x of the nearest barrier by path, and its logarithm.
    nearest: Vec<f64>,
    log_nearest: Vec<f64>,
    x: Vec<f64>,
    /// Funding of the moment and so far, for a unit of exposure, by path.
    charged: Vec<f64>,
    funding: Vec<f64>,
    hits: Vec<Hit>,
    passages: Vec<Passage>,
    candidates: Candidates,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
    /// Equity by date, then by level and recorded path.
    dated: Vec<Vec<f64>>,
}

/// What each level has on each path, level by level. Cash is infinite once the position is gone.
#[derive(Debug, Default)]
struct Columns {
    cash: Vec<f64>,
    /// Paid in cash; empty where nothing can be borrowed.
    interest: Vec<f64>,
    peak: Vec<f64>,
    /// The deepest fall, and the peak that it was from.
    fall: Vec<f64>,
    fall_peak: Vec<f64>,
}

impl Ledger {
    /// An evaluation of the levels of a position on one asset over a horizon in years. `schedule` holds the moments at
    /// which the flows are due, in order.
    pub fn new(
        levels: Vec<Opening>,
        flows: Flows,
        schedule: Vec<Moment>,
        asset: usize,
        horizon: f64,
    ) -> Self {
        let count = levels.len();
        let (side, sign) = watched(levels.first().map_or(Side::Long, |level| level.side));
        Self {
            levels,
            flows,
            schedule,
            asset,
            side,
            sign,
            horizon,
            lanes: 0,
            columns: Columns::default(),
            accruals: Vec::new(),
            lines: vec![Vec::new(); count],
            kept: Vec::new(),
            nearest: Vec::new(),
            log_nearest: Vec::new(),
            x: Vec::new(),
            charged: Vec::new(),
            funding: Vec::new(),
            hits: Vec::new(),
            passages: Vec::new(),
            candidates: Candidates::default(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
            dated: Vec::new(),
        }
    }

    /// Mirrored barrier of a level on a path, in units of x.
    fn barrier(&self, level: usize, lane: usize) -> f64 {
        let cash = self.columns.cash[level * self.lanes + lane];
        barrier(&self.lines[level], self.accruals[level].leading_cash(cash))
    }

    /// Sets the exposure of a level that decides its barriers.
    fn renew_lines(&mut self, level: usize) {
        self.lines[level] = {
            let exposure = self.accruals[level].leading_exposure();
            self.levels[level].lines(exposure)
        };
    }

    /// Liquidates a level on a path at a price of x.
    fn liquidate(&mut self, level: usize, lane: usize, time: f64, x: f64) {
        let slot = level * self.lanes + lane;
        let exposure = self.accruals[level].exposure;
        let remains = self.levels[level].liquidate_at(self.columns.cash[slot], exposure, x);
        self.hits.push(Hit {
            lane: lane as u32,
            level: level as u32,
            time,
            recovered: remains.recovered,
            bad_debt: remains.bad_debt,
        });
        let mut passage = self.passage(level, lane, Exit::Liquidated, remains.recovered, x);
        passage.costs[Cost::Liquidation as usize] = remains.kept;
        self.passages.push(passage);
        self.columns.cash[slot] = f64::INFINITY;
    }

    /// What a path did to a level that ends with this equity at x, the price at which coins owed are bought back.
    fn passage(&self, level: usize, lane: usize, exit: Exit, equity: f64, x: f64) -> Passage {
        let slot = level * self.lanes + lane;
        let columns = &self.columns;
        let mut costs = [0.0; Cost::ALL.len()];
        costs[Cost::Fees as usize] = self.levels[level].entry_fee;
        costs[Cost::Funding as usize] = self.levels[level].start.exposure * self.funding[lane];
        costs[Cost::Interest as usize] =
            columns.interest.get(slot).unwrap_or(&0.0) + self.accruals[level].owed_coins() * x;
        let last_fall = 1.0 - equity / columns.peak[slot].max(equity);
        let deepest = columns.fall[slot] / columns.fall_peak[slot];
        Passage { exit, costs, drawdown: deepest.max(last_fall), calls: Calls::default(), reductions: 0.0 }
    }

    /// Finds the nearest barrier of a path again.
    fn renew_nearest(&mut self, lane: usize) {
        let barriers = (0..self.levels.len()).map(|level| self.barrier(level, lane));
        self.nearest[lane] = barriers.fold(f64::NEG_INFINITY, f64::max);
        self.log_nearest[lane] = log_barrier(self.levels[0].sign(), self.nearest[lane]);
    }

    /// Sets x from log-prices.
    fn set_prices(&mut self, log_prices: &[f64]) {
        self.x.resize(log_prices.len(), 0.0);
        let power = self.levels.first().map_or(1.0, Opening::power);
        dispatch(Prices { power, log_prices, x: &mut self.x });
    }

    /// Paths on which equity over time is recorded: the first ones of the block.
    fn recorded_lanes(&self) -> usize {
        self.lanes.div_ceil(PATHS_PER_RECORD)
    }

    /// Keeps the equity of every level at a date; not a number where the position is gone.
    fn record(&mut self) {
        let recorded = self.recorded_lanes();
        let mut equities = Vec::with_capacity(recorded * self.levels.len());
        for (level, accrual) in self.accruals.iter().enumerate() {
            let cash = &self.columns.cash[level * self.lanes..][..recorded];
            let of = |(cash, x): (&f64, &f64)| {
                if cash.is_finite() { accrual.exposure * x + cash } else { f64::NAN }
            };
            equities.extend(cash.iter().zip(&self.x).map(of));
        }
        self.dated.push(equities);
    }

    /// Adds the equities that were kept to the tally; a position that is gone shows what it left.
    fn tally_records(&mut self, tally: &mut Tally, weights: &[f64]) {
        let recorded = self.recorded_lanes();
        for hit in self.hits.iter().filter(|hit| (hit.lane as usize) < recorded) {
            let slot = hit.level as usize * recorded + hit.lane as usize;
            for equity in self.dated.iter_mut().map(|equities| &mut equities[slot]) {
                if equity.is_nan() {
                    *equity = hit.recovered;
                }
            }
        }
        for (date, equities) in self.dated.iter().enumerate() {
            for (cell, equities) in tally.levels.iter_mut().zip(equities.chunks_exact(recorded)) {
                let bins = cell.account.get_or_insert_default().equity_at(date);
                for (equity, weight) in equities.iter().zip(weights) {
                    bins.add(*equity, *weight);
                }
            }
        }
    }
}

impl Observer for Ledger {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.hits.clear();
        self.passages.clear();
        self.dated.clear();
        self.accruals.clear();
        let columns = &mut self.columns;
        for column in [
            &mut columns.cash,
            &mut columns.interest,
            &mut columns.peak,
            &mut columns.fall,
            &mut columns.fall_peak,
        ] {
            column.clear();
        }
        let mut nearest = f64::NEG_INFINITY;
        for level in 0..self.levels.len() {
            let opening = &self.levels[level];
            let (accrual, due) = Accrual::open(opening, &self.flows, &self.schedule);
            let cash = opening.start.cash - due.cash_interest.0;
            let equity = cash + accrual.exposure;
            let slots = (level + 1) * lanes;
            self.columns.cash.resize(slots, cash);
            if self.flows.borrow.is_some() {
                self.columns.interest.resize(slots, due.cash_interest.0);
            }
            self.columns.peak.resize(slots, 1.0);
            self.columns.fall.resize(slots, 1.0 - equity);
            self.columns.fall_peak.resize(slots, 1.0);
            self.accruals.push(accrual);
            self.renew_lines(level);
            nearest = nearest.max(self.barrier(level, 0));
        }
        let log_nearest = log_barrier(self.levels.first().map_or(1.0, Opening::sign), nearest);
        self.charged.resize(lanes, 0.0);
        self.funding.clear();
        self.funding.resize(lanes, 0.0);
        self.nearest.clear();
        self.nearest.resize(lanes, nearest);
        self.log_nearest.clear();
        self.log_nearest.resize(lanes, log_nearest);
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.find(bars, &self.log_nearest, self.sign, hit_noise);
        for (k, i) in candidates.indices.iter().enumerate() {
            let i = *i as usize;
            let lane = bars.lanes[i] as usize;
            for level in 0..self.levels.len() {
                let (sign, power) = (self.levels[level].sign(), self.levels[level].power());
                let barrier = self.barrier(level, lane);
                let log_barrier = log_barrier(sign, barrier);
                if self.sign * bars.open[i] <= log_barrier {
                    self.liquidate(level, lane, bars.start[i], exp(power * bars.open[i]));
                } else if self.sign * bars.extreme[i] <= log_barrier {
                    let time = candidates.time(k, bars, log_barrier, self.sign);
                    self.liquidate(level, lane, time, sign * barrier);
                }
            }
            self.renew_nearest(lane);
        }
        self.candidates = candidates;
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let rates = due.funding;
        self.set_prices(&log_prices[self.asset]);
        let now = self.schedule[moment];
        let lanes = self.lanes;
        self.nearest.fill(f64::NEG_INFINITY);
        for level in 0..self.levels.len() {
            let due = self.accruals[level].due(&now, &self.schedule[moment + 1..]);
            if now.interest {
                self.renew_lines(level);
            }
            if let (0, true, Some(funding)) = (level, now.funding, &self.flows.funding) {
                dispatch(Charge {
                    rates,
                    x: (funding.basis == FundingBasis::Mark).then_some(&self.x),
                    unit: due.funding / self.levels[level].start.exposure,
                    charged: &mut self.charged[..lanes],
                    total: &mut self.funding,
                });
            }
            let slots = level * lanes..(level + 1) * lanes;
            dispatch(Settle {
                due,
                exposure: self.accruals[level].exposure,
                x: &self.x,
                charged: &self.charged,
                cash: &mut self.columns.cash[slots.clone()],
                interest: self.columns.interest.get_mut(slots.clone()).unwrap_or_default(),
                peak: &mut self.columns.peak[slots.clone()],
                fall: &mut self.columns.fall[slots.clone()],
                fall_peak: &mut self.columns.fall_peak[slots.clone()],
            });
            let (cash, lead) = (&self.columns.cash[slots], due.lead);
            let (least, most) = dispatch(Bounds(cash));
            if least <= most {
                let bounds =
                    (self.accruals[level].leading_cash(least), self.accruals[level].leading_cash(most));
                highest(&self.lines[level], bounds.0, bounds.1, &mut self.kept);
                dispatch(Nearest { lines: &self.kept, lead, cash, nearest: &mut self.nearest });
            }
        }
        let sign = self.levels.first().map_or(1.0, Opening::sign);
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        for lane in 0..lanes {
            let x = self.x[lane];
            if sign * x > self.nearest[lane] {
                continue;
            }
            for level in 0..self.levels.len() {
                if sign * x <= self.barrier(level, lane) {
                    self.liquidate(level, lane, time, x);
                }
            }
            self.renew_nearest(lane);
        }
        dispatch(LogBarriers { sign, barriers: &self.nearest, out: &mut self.log_nearest });
        if now.date.is_some() {
            self.record();
        }
    }
}

impl Follower for Ledger {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        self.set_prices(&log_prices[self.asset]);
        self.tally_records(tally, weights);
        for level in 0..self.levels.len() {
            let exposure = self.accruals[level].exposure;
            let fee = self.levels[level].taker_fee * exposure.abs();
            for (lane, weight) in weights.iter().enumerate() {
                let cash = self.columns.cash[level * self.lanes + lane];
                if cash < f64::INFINITY {
                    let x = self.x[lane];
                    let equity = exposure * x + cash;
                    let closing = (equity - fee * x).max(0.0);
                    self.survivor_sums[level].add(closing - 1.0, *weight);
                    let mut passage = self.passage(level, lane, Exit::Horizon, closing, x);
                    passage.costs[Cost::Fees as usize] += equity - closing;
                    let cell = &mut tally.levels[level];
                    cell.closing_equity.add(closing, *weight);
                    let account = cell.account.get_or_insert_default();
                    account.add(&mut self.account_sums[level], &passage, *weight);
                }
            }
        }
        for (hit, passage) in self.hits.iter().zip(&self.passages) {
            let level = hit.level as usize;
            let account = tally.levels[level].account.get_or_insert_default();
            account.add(&mut self.account_sums[level], passage, weights[hit.lane as usize]);
        }
        for (sums, cell) in self.account_sums.iter_mut().zip(&mut tally.levels) {
            cell.account.get_or_insert_default().add_sums(sums);
        }
        tally_hits(&self.hits, weights, self.horizon, &mut self.liquidated_sums, tally);
        add_sums(&mut self.survivor_sums, &mut self.liquidated_sums, self.lanes, tally);
    }

    fn broken(&self) -> Option<usize> {
        // A position that is gone has an infinite sum.
        let cash = self.columns.cash.iter().position(|cash| !(*cash > f64::NEG_INFINITY));
        let funding = self.funding.iter().position(|funding| !funding.is_finite());
        let lane = [cash.map(|place| place % self.lanes), funding].into_iter().flatten().min();
        let of_all = self.accruals.iter().any(|accrual| accrual.exposure.is_nan());
        if of_all { Some(0) } else { lane }
    }

    fn hits(&self) -> &[Hit] {
        &self.hits
    }
}
