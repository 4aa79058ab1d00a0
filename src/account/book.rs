//! Accounts whose owner acts on the way: every level on every path with its own money, position and triggers.

use super::follower::{Follower, Hit, Survivors};
use super::observer::{Due, Observer};
use super::opening::Opening;
use super::policy::{Policy, ProtectivePut, Stops};
use super::schedule::{Moment, PATHS_PER_RECORD};
use super::slot::{Managed, Payment, Slot};
use super::sums::{add_sums, tally_hits};
use super::walk::{Draws, Reach, Segment};
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Stream, exp};
use crate::stats::{AccountSums, Cost, Exit, LiquidatedSums, Sums, Tally};
use crate::venue::Flows;

/// Evaluates levels whose owner follows policies. Draws what happens inside bars itself: both sides can matter.
///
/// Returns are on the equity put up and the money kept ready or scheduled to be paid in, together.
pub struct Book {
    levels: Vec<Managed>,
    schedule: Vec<Moment>,
    asset: usize,
    /// +1 for a long, −1 for a short.
    sign: f64,
    /// Log x over log-price.
    power: f64,
    horizon: f64,
    committed: f64,
    lanes: usize,
    stops: Stops,
    /// By path, then by level.
    slots: Vec<Slot>,
    /// What the open levels of a path wait for, by path.
    watches: Vec<Watch>,
    /// Best mirrored log-price by path.
    tops: Vec<f64>,
    /// What a put on a unit of notional has paid or is worth, by path.
    puts: Vec<f64>,
    /// Time up to which interest is charged, in years.
    charged: f64,
    draws: Draws,
    stack: Vec<Segment>,
    hits: Vec<Hit>,
    /// Equity by date, then by recorded path and level.
    dated: Vec<Vec<f64>>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
}

/// What the open levels of a path wait for, stops not counted: the nearest trigger on either side, and the first appointment.
#[derive(Debug, Clone, Copy)]
struct Watch {
    low: f64,
    high: f64,
    due: f64,
    is_open: bool,
}

impl Watch {
    fn over(slots: &[Slot]) -> Self {
        let nothing =
            Self { low: f64::NEG_INFINITY, high: f64::INFINITY, due: f64::INFINITY, is_open: false };
        slots.iter().filter(|slot| slot.end.is_none()).fold(nothing, |watch, slot| Self {
            low: watch.low.max(slot.low),
            high: watch.high.min(slot.high),
            due: watch.due.min(slot.appointment()),
            is_open: true,
        })
    }
}

impl Book {
    /// An evaluation of the levels of a position on one asset over a horizon in seconds.
    pub fn new(
        openings: Vec<Opening>,
        policy: Policy,
        flows: &Flows,
        schedule: Vec<Moment>,
        asset: usize,
        horizon: u64,
    ) -> Self {
        let count = openings.len();
        let power = openings.first().map_or(1.0, Opening::power);
        let sign = openings.first().map_or(1.0, Opening::sign) * power;
        let stops = Stops::new(policy.stop_loss, policy.trailing_stop, sign);
        let levels = openings
            .into_iter()
            .map(|opening| Managed { opening, policy, stops, flows: flows.clone(), horizon })
            .collect();
        Self {
            levels,
            schedule,
            asset,
            sign,
            power,
            horizon: horizon as f64 / SECONDS_PER_YEAR,
            committed: 1.0 + policy.committed(horizon),
            lanes: 0,
            stops,
            slots: Vec::new(),
            watches: Vec::new(),
            tops: Vec::new(),
            puts: Vec::new(),
            charged: 0.0,
            draws: Draws::default(),
            stack: Vec::new(),
            hits: Vec::new(),
            dated: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
        }
    }

    /// All the owner's money in units of what was committed, where the account of a level holds this equity and its put is
    /// worth this much for a unit of notional.
    fn wealth(&self, level: usize, slot: &Slot, equity: f64, put: f64) -> f64 {
        let notional = self.levels[level].opening.start.exposure.abs();
        let premium = self.put().map_or(0.0, |put| notional * put.premium());
        let beside = self.committed - 1.0 - slot.paid_in + notional * put;
        (equity + beside) / (self.committed + premium)
    }

    fn put(&self) -> Option<ProtectivePut> {
        self.levels.first()?.policy.protective_put
    }

    /// What a put on a unit of notional is worth at x, in settlement units; once it has expired, what it has paid.
    fn put_value(&self, lane: usize, x: f64, years: f64) -> f64 {
        match self.put() {
            Some(put) if put.expiry.years() > years => self.put_at(put, x, years),
            Some(_) => self.puts[lane],
            None => 0.0,
        }
    }

    /// In a coin-margined account x is the inverse of the price, and the put is turned into coins.
    fn put_at(&self, put: ProtectivePut, x: f64, years: f64) -> f64 {
        if self.power > 0.0 { put.value(x, years) } else { x * put.value(1.0 / x, years) }
    }

    /// The nearest triggers of the open levels of a path, and the first appointment.
    #[inline]
    fn triggers(&self, lane: usize) -> (f64, f64, f64) {
        let Watch { low, high, due, is_open } = self.watches[lane];
        let stop = if is_open { self.stops.level(self.tops[lane]) } else { f64::NEG_INFINITY };
        (low.max(stop), high, due)
    }

    /// Takes note of what has become of the levels of a path.
    fn renew(&mut self, lane: usize) {
        let count = self.levels.len();
        self.watches[lane] = Watch::over(&self.slots[lane * count..][..count]);
    }

    /// Lets every level of a path react to a price; a new best price moves the trailing stop first.
    fn react(&mut self, lane: usize, y: f64, time: f64) {
        let top = self.tops[lane].max(y);
        self.tops[lane] = top;
        let (low, high, _) = self.triggers(lane);
        if y > low && y < high {
            return;
        }
        let count = self.levels.len();
        for (level, slot) in self.levels.iter().zip(&mut self.slots[lane * count..][..count]) {
            level.react(slot, y, top, time);
        }
        self.renew(lane);
    }

    /// Keeps the appointments of a path that are due by a time.
    fn answer(&mut self, lane: usize, y: f64, time: f64) {
        if self.watches[lane].due > time {
            return;
        }
        let (count, top) = (self.levels.len(), self.tops[lane]);
        let x = exp(self.power * self.sign * y);
        for (level, slot) in self.levels.iter().zip(&mut self.slots[lane * count..][..count]) {
            if slot.appointment() <= time {
                level.keep_appointments(slot, x, time);
                if slot.end.is_none() {
                    level.renew(slot);
                    level.react(slot, y, top, time);
                }
            }
        }
        self.renew(lane);
    }

    /// Follows one path through one bar.
    fn walk(&mut self, lane: usize, bar: Segment, noise: &mut Stream) {
        let trailing = self.stops.trailing();
        self.react(lane, bar.y.0, bar.time.0);
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        stack.push(bar);
        while let Some(segment) = stack.pop() {
            let (low, high, due) = self.triggers(lane);
            if low == f64::NEG_INFINITY && high == f64::INFINITY && due == f64::INFINITY {
                break;
            }
            let (start, end) = segment.time;
            if due > start && due < end {
                let (first, rest) = segment.split((due - start) / (end - start), &mut self.draws, noise);
                stack.push(rest);
                // Its end is the time of the answer itself, whatever the rounding.
                stack.push(Segment { time: (start, due), ..first });
                continue;
            }
            let top = self.tops[lane];
            let ceiling = if trailing.is_some() { high.min(top) } else { high };
            match segment.reach(low, ceiling) {
                Reach::Both => {
                    let (first, rest) = segment.split(0.5, &mut self.draws, noise);
                    stack.push(rest);
                    stack.push(first);
                    continue;
                }
                Reach::Low => {
                    if segment.touches_below(low, &mut self.draws, noise) {
                        let rest = segment.after_touching(low, &mut self.draws, noise);
                        self.react(lane, low, rest.time.0);
                        stack.push(rest);
                        continue;
                    }
                }
                Reach::High if trailing.is_some_and(|distance| segment.can_fall(distance)) => {
                    let (first, rest) = segment.split(0.5, &mut self.draws, noise);
                    stack.push(rest);
                    stack.push(first);
                    continue;
                }
                Reach::High => {
                    let highest = segment.highest(&mut self.draws, noise);
                    if highest >= high {
                        let rest = segment.after_touching(high, &mut self.draws, noise);
                        self.react(lane, high, rest.time.0);
                        stack.push(rest);
                        continue;
                    }
                    if trailing.is_some() && highest > top {
                        self.tops[lane] = highest;
                    }
                }
                Reach::Nothing => {}
            }
            self.react(lane, segment.y.1, end);
            self.answer(lane, segment.y.1, end);
        }
        self.stack = stack;
    }
}

impl Observer for Book {
    fn begin(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.slots.clear();
        let opened: Vec<Slot> = self.levels.iter().map(Managed::open).collect();
        for _ in 0..lanes {
            self.slots.extend_from_slice(&opened);
        }
        self.watches.clear();
        self.watches.resize(lanes, Watch::over(&opened));
        self.tops.clear();
        self.tops.resize(lanes, 0.0);
        self.puts.clear();
        self.puts.resize(lanes, 0.0);
        self.charged = 0.0;
        self.draws.clear();
        self.hits.clear();
        self.dated.clear();
    }

    fn watched_side(&self) -> Option<Sides> {
        None
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let is_trailing = self.stops.trailing().is_some();
        for i in 0..bars.len() {
            let lane = bars.lanes[i] as usize;
            let end = bars.start[i] + bars.duration[i];
            let bar = Segment {
                time: (bars.start[i], end),
                y: (self.sign * bars.open[i], self.sign * bars.close[i]),
                variance: bars.variance[i],
            };
            let (low, high, due) = self.triggers(lane);
            let ceiling = if is_trailing { high.min(self.tops[lane]) } else { high };
            let is_inside = bar.y.0 > low && bar.y.0 < ceiling && due > end;
            if !(is_inside && bar.reach(low, ceiling) == Reach::Nothing) {
                self.walk(lane, bar, hit_noise);
            }
        }
    }

    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let moment = self.schedule[moment];
        let now = moment.seconds as f64 / SECONDS_PER_YEAR;
        let years = now - self.charged;
        if moment.interest {
            self.charged = now;
        }
        if let Some(put) = self.put().filter(|put| put.expiry.seconds() == moment.seconds) {
            for (lane, log_price) in log_prices[self.asset].iter().enumerate() {
                self.puts[lane] = self.put_at(put, exp(self.power * log_price), now);
            }
        }
        let count = self.levels.len();
        for (lane, log_price) in log_prices[self.asset].iter().enumerate() {
            let payment = Payment { moment, years, funding_rate: due.funding.get(lane).copied() };
            let (x, y) = (exp(self.power * log_price), self.sign * log_price);
            for (level, slot) in self.levels.iter().zip(&mut self.slots[lane * count..][..count]) {
                level.settle(slot, &payment, (x, y), self.tops[lane]);
            }
            self.renew(lane);
        }
        if moment.date.is_some() {
            let mut equities = Vec::new();
            for (lane, log_price) in
                log_prices[self.asset].iter().enumerate().take(self.lanes.div_ceil(PATHS_PER_RECORD))
            {
                let x = exp(self.power * log_price);
                let put = self.put_value(lane, x, now);
                for (level, slot) in self.slots[lane * count..][..count].iter().enumerate() {
                    let equity = slot.end.map_or(slot.exposure * x + slot.cash, |end| end.equity);
                    equities.push(self.wealth(level, slot, equity, put));
                }
            }
            self.dated.push(equities);
        }
    }
}

impl Follower for Book {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        let count = self.levels.len();
        for (date, equities) in self.dated.iter().enumerate() {
            for (equities, weight) in equities.chunks_exact(count).zip(weights) {
                for (cell, equity) in tally.levels.iter_mut().zip(equities) {
                    cell.account.get_or_insert_default().equity_at(date).add(*equity, *weight);
                }
            }
        }
        for (lane, weight) in weights.iter().enumerate() {
            let x = exp(self.power * log_prices[self.asset][lane]);
            let put = self.put_value(lane, x, self.horizon);
            for number in 0..count {
                let slot = &mut self.slots[lane * count + number];
                if slot.end.is_none() {
                    self.levels[number].close(slot, x, 0.0, Exit::Horizon, self.horizon);
                }
                let slot = *slot;
                let Some(end) = slot.end else { continue };
                let wealth = self.wealth(number, &slot, end.equity, put);
                let cell = &mut tally.levels[number];
                let account = cell.account.get_or_insert_default();
                let mut passage = slot.passage(end.exit);
                if let Some(bought) = self.levels[number].policy.protective_put {
                    let notional = self.levels[number].opening.start.exposure.abs();
                    passage.costs[Cost::Options as usize] = notional * (bought.premium() - put);
                }
                account.add(&mut self.account_sums[number], &passage, *weight);
                if end.exit == Exit::Liquidated {
                    self.hits.push(Hit {
                        lane: lane as u32,
                        level: number as u32,
                        time: end.time,
                        recovered: wealth,
                        bad_debt: end.bad_debt,
                    });
                } else {
                    self.survivor_sums[number].add(wealth - 1.0, *weight);
                    cell.closing_equity.add(wealth, *weight);
                    // Slippage and fees of a stop can take more than what was left.
                    if end.bad_debt > 0.0 {
                        self.liquidated_sums[number].bad_debt.add(end.bad_debt, *weight);
                    }
                }
            }
        }
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
