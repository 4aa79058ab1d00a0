//! The follower of levels in order: bars, settlement dates and the close.

use std::ops::Range;

use super::charges::Pay;
use super::closings::Closings;
use super::columns::{Deepen, Passed, Prices};
use super::common::Compare;
use super::followed::{Followed, Worth};
use super::hedged::{Follow, Hedged};
use super::liquidations::Liquidations;
use super::stopped::Stopped;
use super::terms::Terms;
use crate::account::hits::{Candidates, watched};
use crate::account::observer::{Driven, Due, Observer};
use crate::account::opening::Opening;
use crate::account::schedule::Moment;
use crate::market::{Bars, SECONDS_PER_YEAR, Sides};
use crate::numeric::{Kernel, Stream, dispatch, exp};
use crate::venue::Flows;

/// Follows levels whose liquidations and returns are in order, whatever the path.
pub struct Ordered {
    pub(super) terms: Terms,
    schedule: Vec<Moment>,
    /// Whether the venue watches the price at every instant, also right after a payment.
    watches: bool,
    pub(super) asset: usize,
    side: Sides,
    /// None where nothing but the price moves the account.
    pub(super) followed: Option<Followed>,
    /// Number of levels still open, by path: levels below this index.
    pub(super) open_levels: Vec<u32>,
    /// Mirrored log-price of the highest barrier still open, by path; not below it where it is an approximation.
    log_nearest: Vec<f64>,
    /// Mirrored log-price of the running extreme, by path, where nothing moves the barriers.
    pub(super) deepest: Vec<f64>,
    pub(super) x: Vec<f64>,
    /// What closing a unit of exposure brings, less what it was charged, by path.
    pub(super) z: Vec<f64>,
    flagged: Vec<u32>,
    candidates: Candidates,
    pub(super) liquidations: Liquidations,
    pub(super) closings: Closings,
    /// The control variate of returns, where there is one.
    pub(super) stopped: Option<Stopped>,
    /// That of liquidations.
    pub(super) hedged: Option<Hedged>,
}

impl Ordered {
    /// A follower of the levels of a position on one asset, by rising leverage, over a horizon in years; none where they are not in order
    /// whatever the path. `schedule` holds the settlement dates, in order; `watches` is whether the venue watches at every instant.
    pub fn new(
        levels: Vec<Opening>,
        flows: &Flows,
        schedule: Vec<Moment>,
        (asset, watches): (usize, bool),
        horizon: f64,
    ) -> Option<Self> {
        let count = levels.len();
        let (side, _) = watched(levels.first()?.side);
        let terms = Terms::new(levels, flows, &schedule)?;
        Some(Self {
            followed: (!schedule.is_empty()).then(|| Followed::new(count)),
            liquidations: Liquidations::new(terms.fills(), horizon),
            closings: Closings::new(&terms.levels, &terms.closing_cash),
            terms,
            schedule,
            watches,
            asset,
            side,
            open_levels: Vec::new(),
            log_nearest: Vec::new(),
            deepest: Vec::new(),
            x: Vec::new(),
            z: Vec::new(),
            flagged: Vec::new(),
            candidates: Candidates::default(),
            stopped: None,
            hedged: None,
        })
    }

    /// Only the levels below an index stay open on a path.
    #[inline(always)]
    fn leave_open(&mut self, lane: usize, levels: usize) {
        self.open_levels[lane] = levels as u32;
        self.log_nearest[lane] = self.terms.leave_open(lane, levels);
    }

    /// Books the gap at the open of a bar and then its continuous move.
    #[inline(always)]
    fn book(&mut self, k: usize, bars: &Bars) {
        let i = self.candidates.indices[k] as usize;
        let lane = bars.lanes[i] as usize;
        let open_levels = self.open_levels[lane] as usize;
        let after_gap = match self.terms.sign * bars.open[i] > self.log_nearest[lane] {
            true => open_levels,
            false => self.terms.left_open(lane, open_levels, bars.open[i]),
        };
        let after_move = self.terms.left_open(lane, after_gap, bars.extreme[i]);
        if after_gap < open_levels {
            self.gap(lane, after_gap..open_levels, bars.open[i], bars.start[i]);
        }
        if after_move < after_gap {
            self.touch(lane, after_move..after_gap, k, bars);
        }
        self.leave_open(lane, after_move);
    }

    /// Books a gap to a log-price that liquidates some levels of a path.
    #[inline(always)]
    fn gap(&mut self, lane: usize, levels: Range<usize>, log_price: f64, time: f64) {
        if let Some(stopped) = &mut self.stopped {
            stopped.at(lane, levels.clone(), log_price, time);
        }
        if self.followed.is_none() {
            self.liquidations.gap(lane as u32, levels, log_price, time, &self.terms.levels);
        } else {
            let x = exp(self.terms.power * log_price);
            levels.rev().for_each(|level| self.lose(level, lane, x, time));
        }
    }

    /// Books a continuous move that liquidates some levels of a path at their own prices.
    #[inline(always)]
    fn touch(&mut self, lane: usize, levels: Range<usize>, k: usize, bars: &Bars) {
        let Self { candidates, terms, liquidations, followed, stopped, .. } = self;
        let time = |level| candidates.time(k, bars, terms.barrier(level, lane).1, terms.sign);
        if let Some(stopped) = stopped {
            stopped.inside(lane, levels.clone(), |level| terms.sign * terms.barrier(level, lane).1, time);
        }
        if followed.is_none() {
            liquidations.touch(lane as u32, levels, time);
        } else {
            let time = liquidations.timed(lane as u32, &levels).map_or(0.0, time);
            for level in levels.rev() {
                self.lose(level, lane, self.terms.barrier(level, lane).0, time);
            }
        }
    }

    /// Liquidates a level on a path at a price of x.
    #[inline(always)]
    fn lose(&mut self, level: usize, lane: usize, x: f64, time: f64) {
        let terms = &self.terms;
        let remains = terms.levels[level].liquidate_at(terms.cash(level, lane), terms.exposure(level), x);
        self.liquidations.lose(lane, level, &remains, time);
        if let Some(followed) = &mut self.followed {
            followed.lose(level, lane, remains.recovered);
            if level == followed.level_of(lane) {
                followed.end(lane, terms.costs(level, lane, x, (0.0, remains.kept)), remains.recovered);
            }
        }
    }

    /// Books the monitoring dates of one path, by their times.
    #[inline(always)]
    fn look_at(&mut self, path: usize, times: &[f64], rows: &[f64]) {
        let paths = self.open_levels.len();
        for (time, log_price) in times.iter().zip(rows[path..].iter().step_by(paths)) {
            if self.terms.sign * log_price <= self.log_nearest[path] {
                let open = self.open_levels[path] as usize;
                let left = self.terms.left_open(path, open, *log_price);
                if left < open {
                    self.gap(path, left..open, *log_price, *time);
                    self.leave_open(path, left);
                }
            }
        }
    }
}

impl Observer for Ordered {
    fn begin(&mut self, lanes: usize) {
        let count = self.terms.levels.len();
        self.terms.begin(lanes, &self.schedule);
        self.liquidations.begin();
        if let Some(stopped) = &mut self.stopped {
            stopped.begin();
        }
        if let Some(hedged) = &mut self.hedged {
            hedged.begin(lanes);
        }
        self.open_levels.clear();
        self.open_levels.resize(lanes, count as u32);
        self.log_nearest.clear();
        self.log_nearest.resize(lanes, self.terms.common.nearest(count));
        self.x.resize(lanes, 1.0);
        self.deepest.clear();
        self.deepest.resize(lanes, 0.0);
        if let Some(followed) = &mut self.followed {
            followed.begin(lanes, &self.terms.levels, &self.terms.debt.cash);
        }
        if self.terms.charges.is_some() {
            (0..lanes).for_each(|lane| self.leave_open(lane, count));
        }
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.side)
    }

    fn follow(&mut self, bars: &[Bars], driven: &Driven<'_>) {
        let Self { hedged: Some(hedged), terms, open_levels, log_nearest, .. } = self else { return };
        if let Some(drivers) = driven(self.asset) {
            dispatch(Follow { hedged, bars: &bars[self.asset], drivers, terms, open_levels, log_nearest });
        }
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let bars = &bars[self.asset];
        let sign = self.terms.sign;
        if let Some(stopped) = &mut self.stopped {
            stopped.arrive(bars);
        }
        if self.followed.is_none() && bars.len() == self.deepest.len() {
            dispatch(Deepen { prices: &bars.extreme, sign, deepest: &mut self.deepest });
        } else if self.followed.is_none() {
            for (lane, extreme) in bars.lanes.iter().zip(&bars.extreme) {
                let deepest = &mut self.deepest[*lane as usize];
                *deepest = deepest.min(sign * extreme);
            }
        }
        match &self.terms.charges {
            None => self.candidates.find(bars, &self.log_nearest, sign, hit_noise),
            Some(charges) => self.candidates.find_where(bars, &self.log_nearest, sign, hit_noise, |i| {
                sign * bars.extreme[i] <= charges.exact_log_nearest(bars.lanes[i] as usize)
            }),
        }
        dispatch(Book { follower: self, seen: Seen::Bars(bars) });
    }

    fn settle(&mut self, date: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let Self { schedule, terms, followed: Some(followed), x, flagged, open_levels, .. } = self else {
            return;
        };
        let (now, log_prices, watches) = (schedule[date], &log_prices[self.asset], self.watches);
        let (sign, log_nearest) = (terms.sign, &mut self.log_nearest[..]);
        dispatch(Prices { power: terms.power, log_prices, x });
        flagged.clear();
        let before = terms.debt.money;
        let bears = terms.debt.settle(&now, &schedule[date + 1..]);
        let Terms { debt, common, charges, .. } = terms;
        if bears {
            followed.set_cash(&debt.cash);
        }
        let mut charged: &[f64] = &[];
        if let Some(charges) = charges {
            if bears {
                charges.renew(debt, before);
            }
            let rates = if now.funding { due.funding } else { &[] };
            dispatch(Pay { charges, debt, rates, x, watches, log_nearest, flagged });
            charged = &charges.charged;
        } else if bears {
            common.renew(debt);
            dispatch(Compare { common, open: open_levels, log_prices, sign, watches, log_nearest, flagged });
        }
        dispatch(Worth { coins: debt.coins, money: debt.money, x, charged, z: &mut followed.z });
        followed.follow();
        let time = now.seconds as f64 / SECONDS_PER_YEAR;
        let flagged = std::mem::take(flagged);
        for lane in flagged.iter().map(|lane| *lane as usize) {
            let open = self.open_levels[lane] as usize;
            let left = if watches { self.terms.left_open(lane, open, log_prices[lane]) } else { open };
            (left..open).rev().for_each(|level| self.lose(level, lane, self.x[lane], time));
            if let Some(stopped) = self.stopped.as_mut().filter(|_| left < open) {
                stopped.at(lane, left..open, log_prices[lane], time);
            }
            self.leave_open(lane, left);
        }
        self.flagged = flagged;
        if let Some(followed) = self.followed.as_mut().filter(|_| now.date.is_some()) {
            followed.record(&self.terms.levels, &self.terms.debt.cash, &self.open_levels);
        }
    }

    fn look(&mut self, times: &[f64], log_prices: &[Vec<f64>]) -> bool {
        let Self { terms, log_nearest, deepest, flagged, .. } = self;
        let (sign, rows) = (terms.sign, &log_prices[self.asset][..]);
        flagged.clear();
        dispatch(Passed { sign, rows, nearest: log_nearest, deepest, touched: flagged });
        dispatch(Book { follower: self, seen: Seen::Looks(times, rows) });
        true
    }
}

/// Paths of a batch, booked one by one; a kernel for the sake of its multiply-adds.
struct Book<'a> {
    follower: &'a mut Ordered,
    seen: Seen<'a>,
}

/// What is booked: candidates among bars, or flagged paths at some times and log-prices.
enum Seen<'a> {
    Bars(&'a Bars),
    Looks(&'a [f64], &'a [f64]),
}

impl Kernel for Book<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { follower, seen } = self;
        match seen {
            Seen::Bars(bars) => {
                for k in 0..follower.candidates.indices.len() {
                    follower.book(k, bars);
                }
            }
            Seen::Looks(times, rows) => {
                for k in 0..follower.flagged.len() {
                    follower.look_at(follower.flagged[k] as usize, times, rows);
                }
            }
        }
    }
}
