//! What the steps of a path, hedged by level, come to: a control variate of liquidations.
//!
//! Over each step that begins with a level open, its innovation, or its draw, has the coefficients of where
//! the path was and how far from the barrier. What that leaves open, whether the way from the start of the
//! step to its end touched the barrier, has a known chance, and touched or not, less that chance, times what
//! a touch changes, is the other term. Bars may be shorter than steps: what a step came to is booked at its
//! end, by the levels and the barriers of its start, whatever became of them. Where funding moves barriers,
//! what a path was charged is told by its nearest one.

use super::terms::Terms;
use crate::market::Bars;
use crate::numeric::exp;
use crate::stats::Tally;

/// The share of a step within which its end is met: times are sums of rounded ones.
const ROUNDING: f64 = 1e-6;

/// Mirrored log-price of a barrier that is nowhere.
pub(super) const NOWHERE: f64 = -1e3;

/// The hedges of the paths of a block.
#[derive(Debug)]
pub(super) struct Stepwise {
    /// Mirrors log-prices so that barriers lie below.
    pub sign: f64,
    pub levels: Vec<Level>,
    /// Whether payments move the barriers.
    pub moves: bool,
    /// Where paths were when the step at hand began, if bars have begun it that do not end it.
    pub begun: bool,
    pub from: Vec<f64>,
    pub open: Vec<u32>,
    pub nearest: Vec<f64>,
    /// The extreme of the step so far.
    pub extreme: Vec<f64>,
    /// The share of a whole step that the one just ended was.
    pub length: f64,
    /// What the terms came to, by level and path.
    pub sums: Vec<f64>,
}

/// The barrier of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Its mirrored log-price at the start.
    pub barrier: f64,
    /// How far a charge moves it, and the inverse.
    pub per_charge: f64,
    pub charge: f64,
}

impl Stepwise {
    /// Of levels under these terms.
    pub fn new(terms: &Terms) -> Self {
        let level = |log: &f64| {
            let barrier = log.clamp(NOWHERE, -NOWHERE);
            let x = exp((terms.sign * terms.power * barrier).clamp(-50.0, 50.0));
            Level { barrier, per_charge: 1.0 / x, charge: x }
        };
        Self {
            levels: terms.common.logs.iter().map(level).collect(),
            sign: terms.sign,
            moves: terms.approximates(),
            begun: false,
            from: Vec::new(),
            open: Vec::new(),
            nearest: Vec::new(),
            extreme: Vec::new(),
            length: 1.0,
            sums: Vec::new(),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        self.begun = false;
        self.sums.clear();
        self.sums.resize(lanes * self.levels.len(), 0.0);
    }

    /// The end of a block: adds the sums over its paths to a tally.
    pub fn finish(&mut self, tally: &mut Tally) {
        for level in 0..self.levels.len() {
            tally.replicates.add_hedge(level, self.sum_of(level));
        }
    }

    /// Log-prices and numbers of open levels when the step at hand began, which is before these bars if others
    /// have begun it.
    pub fn start<'a>(&'a self, bars: &'a Bars, open_levels: &'a [u32]) -> (&'a [f64], &'a [u32]) {
        if self.begun { (&self.from, &self.open) } else { (&bars.open, open_levels) }
    }

    /// What a level's terms came to over the paths of the block just finished.
    pub fn sum_of(&self, level: usize) -> f64 {
        let lanes = self.sums.len() / self.levels.len().max(1);
        self.sums[level * lanes..][..lanes].iter().sum()
    }

    /// Fills with what a level's terms came to, by path of the block just finished.
    pub fn of_level(&self, level: usize, controls: &mut [f64]) {
        controls.copy_from_slice(&self.sums[level * controls.len()..][..controls.len()]);
    }

    /// Takes in bars of all paths in a step that began at a time and has a length, on paths up to a horizon,
    /// with the number of open levels and the nearest barriers when they began: whether the step ends with
    /// them.
    pub fn arrive(
        &mut self,
        bars: &Bars,
        [begin, length, horizon]: [f64; 3],
        state: (&[u32], &[f64]),
    ) -> bool {
        let (Some(start), Some(duration)) = (bars.start.first(), bars.duration.first()) else { return false };
        let (end, rounding) = (start + duration, ROUNDING * length);
        let gone = end - begin;
        let ends = gone > length - rounding || end > horizon - rounding;
        self.length = (gone / length).min(1.0);
        if self.begun {
            for (deepest, extreme) in self.extreme.iter_mut().zip(&bars.extreme) {
                let is_deeper = self.sign * extreme < self.sign * *deepest;
                *deepest = if is_deeper { *extreme } else { *deepest };
            }
        } else if !ends {
            self.begun = true;
            self.from.clone_from(&bars.open);
            self.extreme.clone_from(&bars.extreme);
            self.open.clear();
            self.open.extend_from_slice(state.0);
            self.nearest.clear();
            self.nearest.extend_from_slice(state.1);
        }
        ends
    }

    /// What paths whose state at the start of a step is kept here, or else as it is given, were charged by
    /// then: some of them from a first one on.
    #[inline(always)]
    pub fn charged(&self, first: usize, (open, nearest): (&[u32], &[f64]), charged: &mut [f64]) {
        if !self.moves {
            return;
        }
        for (place, charged) in charged.iter_mut().enumerate() {
            let below = open[first + place] as usize;
            if let Some(level) = below.checked_sub(1).map(|level| self.levels[level]) {
                *charged = (nearest[first + place].clamp(NOWHERE, -NOWHERE) - level.barrier) * level.charge;
            }
        }
    }
}
