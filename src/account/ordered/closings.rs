//! What the paths that survive close with: booked at the most leveraged level they survived, told of any.

use crate::account::follower::Survivors;
use crate::account::opening::Opening;
use crate::stats::{Carried, Deferred, Sums, Tally};

/// The closes of a block's paths.
#[derive(Debug)]
pub(super) struct Closings {
    /// Cash at the horizon by level, what funding has charged left aside, and exposure at entry.
    terms: Vec<(f64, f64)>,
    /// Of z − 1 by level, see the [module](super).
    pub sums: Vec<Sums>,
    /// Number of levels that closed with something, by path of the block.
    pub kept: Vec<u32>,
    equities: Deferred,
}

impl Closings {
    /// For levels that interest leaves this cash.
    pub fn new(levels: &[Opening], cash: &[f64]) -> Self {
        let terms = levels.iter().zip(cash).map(|(level, cash)| (*cash, level.start.exposure)).collect();
        let count = levels.len();
        Self {
            terms,
            sums: vec![Sums::default(); count],
            kept: Vec::new(),
            equities: Deferred::new(count, 1.0),
        }
    }

    /// Starts to book the paths of a block.
    pub fn begin(&mut self, lanes: usize) {
        self.kept.clear();
        self.kept.resize(lanes, 0);
    }

    /// Cash at the horizon of a level, and its exposure: what it closes with is linear in z.
    pub fn terms_of(&self, level: usize) -> (f64, f64) {
        self.terms[level]
    }

    /// Books a path whose equity covers this level.
    #[inline(always)]
    pub fn add(
        &mut self,
        (level, lane): (usize, usize),
        (z, equity): (f64, f64),
        weight: f64,
        tally: &mut Tally,
    ) {
        self.kept[lane] = level as u32 + 1;
        self.sums[level].add(z - 1.0, weight);
        self.equities.add(level, &mut tally.levels[level].closing_equity, equity, weight);
    }

    /// Adds what was held back.
    pub fn flush(&mut self, tally: &mut Tally) {
        for (index, level) in tally.levels.iter_mut().enumerate() {
            self.equities.flush(index, &mut level.closing_equity);
        }
    }

    /// Returns of all survivors of a level: booked there, at a more leveraged one, or closed with nothing.
    pub fn returns(&self, tally: &Tally, level: usize) -> Sums {
        let (cash, exposure) = self.terms[level];
        let mut returns = tally.levels[level].insolvent.mapped(-1.0, 0.0);
        for cell in &tally.levels[level..] {
            // Closing equity is cash + exposure·(1 + y).
            returns += cell.survivors.mapped(cash + exposure - 1.0, exposure);
        }
        returns
    }

    /// All survivors of every level.
    pub fn survivors(&self, tally: &Tally) -> Vec<Survivors> {
        let mut carried = Carried::default();
        let of_level = |level: usize| {
            let closes = &tally.levels[level].closing_equity;
            let mut closing_equity = carried.take_in(closes, self.terms[level]);
            closing_equity.add(0.0, tally.levels[level].insolvent.mapped(-1.0, 0.0).powers[0]);
            Survivors { returns: self.returns(tally, level), closing_equity }
        };
        let mut survivors: Vec<Survivors> = (0..self.terms.len()).rev().map(of_level).collect();
        survivors.reverse();
        survivors
    }
}
