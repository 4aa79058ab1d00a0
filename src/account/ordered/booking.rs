//! What happens to the levels of a path, booked path by path.

use std::ops::Range;

use super::closings::Closings;
use super::expected::ExpectedCharge;
use super::followed::Followed;
use super::gap_debts::GapDebts;
use super::hedging::Hedged;
use super::liquidations::Liquidations;
use super::stopped::Stopped;
use super::terms::Terms;
use super::touches::Touches;
use crate::account::hits::{Candidates, watched};
use crate::account::opening::Opening;
use crate::account::schedule::Moment;
use crate::market::{Bars, Sides};
use crate::numeric::{Kernel, Stream, exp};
use crate::venue::Flows;

/// Follows levels whose liquidations and returns are in order, whatever the path.
pub struct Ordered {
    pub(super) terms: Terms,
    pub(super) schedule: Vec<Moment>,
    /// Whether the venue watches the price at every instant, also right after a payment.
    pub(super) watches: bool,
    pub(super) asset: usize,
    pub(super) side: Sides,
    /// None where nothing but the price moves the account.
    pub(super) followed: Option<Followed>,
    /// Number of levels still open, by path: levels below this index.
    pub(super) open_levels: Vec<u32>,
    /// Mirrored log-price of the highest barrier still open, by path; not below it where it is an approximation.
    pub(super) log_nearest: Vec<f64>,
    /// Mirrored log-price of the running extreme, by path, where nothing moves the barriers.
    pub(super) deepest: Vec<f64>,
    pub(super) x: Vec<f64>,
    /// What closing a unit of exposure brings, less what it was charged, by path.
    pub(super) z: Vec<f64>,
    pub(super) flagged: Vec<u32>,
    pub(super) candidates: Candidates,
    pub(super) touches: Touches,
    pub(super) liquidations: Liquidations,
    pub(super) closings: Closings,
    pub(super) expected: ExpectedCharge,
    /// What jumps past barriers leave owing in the mean, where that is asked for.
    pub(super) gap_debts: Option<GapDebts>,
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
            expected: ExpectedCharge::new(flows, &schedule),
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
            touches: Touches::default(),
            gap_debts: None,
            stopped: None,
            hedged: None,
        })
    }

    /// Only the levels below an index stay open on a path.
    #[inline(always)]
    pub(super) fn leave_open(&mut self, lane: usize, levels: usize) {
        self.open_levels[lane] = levels as u32;
        self.log_nearest[lane] = self.terms.leave_open(lane, levels);
    }

    /// Finds the bars that touch the nearest barrier of their path: among all, or among some that come near.
    #[inline(always)]
    fn find(&mut self, bars: &Bars, near: Option<&[u32]>, hit_noise: &mut Stream) {
        let Self { terms, candidates, open_levels, log_nearest, .. } = self;
        let sign = terms.sign;
        match near {
            Some(near) => candidates.seek_among(near, bars, log_nearest, sign),
            None => candidates.seek(bars, log_nearest, sign),
        }
        if terms.approximates() {
            let mut kept = 0;
            for k in 0..candidates.indices.len() {
                let i = candidates.indices[k] as usize;
                let lane = bars.lanes[i] as usize;
                let nearest = terms.exact_log_nearest(lane, open_levels[lane] as usize);
                candidates.indices[kept] = i as u32;
                kept += usize::from(sign * bars.extreme[i] <= nearest);
            }
            candidates.indices.truncate(kept);
        }
        candidates.draw(bars, hit_noise);
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
    pub(super) fn gap(&mut self, lane: usize, levels: Range<usize>, log_price: f64, time: f64) {
        if let Some(stopped) = &mut self.stopped {
            stopped.at(lane, levels.clone(), log_price, time);
        }
        if self.followed.is_none() {
            self.liquidations.gap(lane as u32, levels, log_price, time);
        } else {
            let x = exp(self.terms.power * log_price);
            // What a jump is expected to leave owing is known before it.
            let owes = self.gap_debts.is_none();
            levels.rev().for_each(|level| self.lose((level, lane), (x, time), owes));
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
                self.lose((level, lane), (self.terms.barrier(level, lane).0, time), true);
            }
        }
    }

    /// Liquidates a level on a path at a price of x; whether it `owes` what that leaves owing.
    #[inline(always)]
    fn lose(&mut self, (level, lane): (usize, usize), (x, time): (f64, f64), owes: bool) {
        let terms = &self.terms;
        let mut remains = terms.levels[level].liquidate_at(terms.cash(level, lane), terms.exposure(level), x);
        remains.bad_debt = if owes { remains.bad_debt } else { 0.0 };
        self.liquidations.lose(lane, level, &remains, time);
        if let Some(followed) = &mut self.followed {
            followed.lose(level, lane, remains.recovered);
            if level == followed.level_of(lane) {
                followed.end(lane, terms.costs(level, lane, x, (0.0, remains.kept)), remains.recovered);
            }
        }
    }

    /// Books what a settlement date at a time and a log-price liquidates of one path.
    #[inline(always)]
    fn look_after(&mut self, lane: usize, time: f64, log_price: f64) {
        let open = self.open_levels[lane] as usize;
        let left = if self.watches { self.terms.left_open(lane, open, log_price) } else { open };
        if left < open {
            let x = exp(self.terms.power * log_price);
            (left..open).rev().for_each(|level| self.lose((level, lane), (x, time), true));
            if let Some(stopped) = &mut self.stopped {
                stopped.at(lane, left..open, log_price, time);
            }
        }
        self.leave_open(lane, left);
    }
}

/// Paths of a batch, booked one by one; a kernel for the sake of its multiply-adds.
pub(super) struct Book<'a> {
    pub follower: &'a mut Ordered,
    pub seen: Seen<'a>,
}

/// What is booked: candidates among bars, of which only some may come near, or flagged paths at a time and at log-prices.
pub(super) enum Seen<'a> {
    Bars(&'a Bars, Option<&'a [u32]>, &'a mut Stream),
    Date(f64, &'a [f64]),
}

impl Kernel for Book<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { follower, seen } = self;
        match seen {
            Seen::Bars(bars, near, noise) => {
                follower.find(bars, near, noise);
                for k in 0..follower.candidates.indices.len() {
                    follower.book(k, bars);
                }
            }
            Seen::Date(time, log_prices) => {
                for k in 0..follower.flagged.len() {
                    let lane = follower.flagged[k] as usize;
                    follower.look_after(lane, time, log_prices[lane]);
                }
            }
        }
    }
}
