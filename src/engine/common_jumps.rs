//! Jumps that hit several assets at once, path by path.

use crate::model::CommonJumps;
use crate::numeric::{Purpose, Replacement, Stream, replace, waiting_time};

/// The next common jump of every path of a block, for one kind of them.
pub(super) struct CommonStepper<'a> {
    law: &'a CommonJumps,
    index: u16,
    noise: Stream,
    next: Vec<f64>,
    draws: Vec<f64>,
}

impl<'a> CommonStepper<'a> {
    pub fn new(law: &'a CommonJumps, index: usize) -> Self {
        let index = index as u16;
        let noise = Stream::new(0, Purpose::Common(index), 0);
        Self { law, index, noise, next: Vec::new(), draws: Vec::new() }
    }

    pub fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.noise = Stream::new(seed, Purpose::Common(self.index), block);
        self.next.resize(lanes, 0.0);
        self.noise.exponentials(&mut self.next);
        for time in &mut self.next {
            *time = waiting_time(*time, self.law.rate);
        }
    }

    pub fn times(&self) -> &[f64] {
        &self.next
    }

    pub fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.next, replacements);
    }

    /// Lets the jump happen that is due at each listed path; `prices` are log-prices by asset and path.
    pub fn happen(&mut self, lanes: &[u32], prices: &mut [Vec<f64>]) {
        self.draws.resize(lanes.len(), 0.0);
        for jump in &self.law.assets {
            self.noise.normals(&mut self.draws);
            for (lane, normal) in lanes.iter().zip(&self.draws) {
                prices[jump.asset][*lane as usize] += jump.std_dev.mul_add(*normal, jump.mean);
            }
        }
        self.noise.exponentials(&mut self.draws);
        for (lane, wait) in lanes.iter().zip(&self.draws) {
            self.next[*lane as usize] += waiting_time(*wait, self.law.rate);
        }
    }
}
