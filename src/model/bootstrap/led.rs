//! Blocks chosen so that paths go a long way, and the weights that make up for it.
//!
//! With r_i the move of bar i, k the exponent of a tilt and N bars, the hope of a path at the start of bar i grows as e^{k·price}·g(i),
//!
//! ```text
//! g(i) = e^{k·r_i − λ}·D(i),   D(i) = (1 − 1/block)·g(i + 1) + 1/block,   mean of g = 1
//! ```
//!
//! (the eigenfunction and the growth rate of the tilted chain: Iscoe, Ney and Nummelin 1985, "Large deviations of uniformly recurrent
//! Markov additive processes"; Asmussen and Glynn 2007, "Stochastic Simulation", section VI.7). The tilted chain goes from bar i to bar j with its
//! probability times g(j)/D(i): it stays in blocks that go the way and starts where such ones begin. A start is drawn evenly now and then,
//! so that no weight grows large because g did not see its use (Hesterberg 1995).

use std::sync::Arc;

use super::Bootstrap;
use crate::model::Tilt;
use crate::numeric::{Kernel, dispatch, exp, ln};

/// Share of starts that are drawn evenly.
const EVEN: f64 = 0.1;
/// Halvings of the interval that holds the growth rate.
const HALVINGS: u32 = 60;
/// The tilted chain goes so many goals over the horizon, at most; a pilot's wish can be far off.
const FURTHEST: f64 = 1.5;

/// The tilted chain.
#[derive(Debug)]
pub(super) struct Chain {
    tilt: Tilt,
    /// 1/block.
    renewal: f64,
    hopes: Vec<f64>,
    /// Sums of the weights that starts are drawn by.
    starts: Vec<f64>,
}

/// g and its mean over the bars at a trial of λ; bars are gone through from the last, twice, since the first follows on it.
struct Sweep<'a> {
    factors: &'a [f64],
    renewal: f64,
    growth: f64,
    hopes: &'a mut [f64],
}

impl Kernel for Sweep<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { factors, renewal, growth, hopes } = self;
        let less = exp(-growth);
        let mut next = 1.0;
        for _ in 0..2 {
            for (hope, factor) in hopes.iter_mut().zip(factors).rev() {
                *hope = factor * less * ((1.0 - renewal) * next + renewal);
                next = *hope;
            }
        }
        hopes.iter().fold(0.0, |sum, hope| sum + hope) / hopes.len() as f64
    }
}

/// Factors e^{k·r}.
struct Factors<'a> {
    exponent: f64,
    moves: &'a [f64],
    factors: &'a mut [f64],
}

impl Kernel for Factors<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (factor, moved) in self.factors.iter_mut().zip(self.moves) {
            *factor = exp(self.exponent * moved);
        }
    }
}

impl Chain {
    /// The chain that goes about as far as the tilt wants.
    pub fn new(model: &Bootstrap, tilt: Tilt) -> Self {
        let moves: Vec<f64> = model.bars.iter().map(|bar| bar.gap + bar.close + model.shift).collect();
        let bars = tilt.horizon / model.interval.years();
        let renewal = 1.0 / model.block;
        let mut exponent = tilt.exponent;
        loop {
            let (growth, hopes) = solve(&moves, renewal, exponent);
            let nearby = solve(&moves, renewal, 0.99 * exponent).0;
            let way = bars * (growth - nearby) / (0.01 * exponent) * exponent.signum();
            if way <= FURTHEST * tilt.goal || exponent.abs() < 1e-3 / tilt.goal {
                let mut sum = 0.0;
                let starts = hopes.iter().map(|hope| {
                    sum += (1.0 - EVEN) * hope + EVEN;
                    sum
                });
                let starts = starts.collect();
                return Self { tilt: Tilt { exponent, ..tilt }, renewal, hopes, starts };
            }
            exponent *= 0.9;
        }
    }

    fn left(&self, log_price: f64) -> f64 {
        self.tilt.goal - self.tilt.exponent.signum() * log_price
    }

    /// A start for a uniform number.
    fn start(&self, uniform: f64) -> usize {
        let wanted = uniform * self.starts[self.starts.len() - 1];
        self.starts.partition_point(|sum| *sum <= wanted).min(self.starts.len() - 1)
    }
}

/// λ and g for an exponent.
fn solve(moves: &[f64], renewal: f64, exponent: f64) -> (f64, Vec<f64>) {
    let mut factors = vec![0.0; moves.len()];
    dispatch(Factors { exponent, moves, factors: &mut factors });
    let largest = factors.iter().fold(0.0_f64, |a, b| a.max(*b));
    let smallest = factors.iter().fold(f64::INFINITY, |a, b| a.min(*b));
    let (mut low, mut high) = (ln(smallest), ln(largest));
    let mut hopes = vec![0.0; moves.len()];
    for _ in 0..HALVINGS {
        let growth = 0.5 * (low + high);
        let mean = dispatch(Sweep { factors: &factors, renewal, growth, hopes: &mut hopes });
        if mean > 1.0 { low = growth } else { high = growth }
    }
    dispatch(Sweep { factors: &factors, renewal, growth: high, hopes: &mut hopes });
    (high, hopes)
}

/// How the paths of a block are led.
#[derive(Debug)]
pub(super) struct Led {
    chain: Arc<Chain>,
    /// Weight of each path since it was last asked for.
    ratios: Vec<f64>,
}

impl Led {
    pub fn new(chain: Arc<Chain>) -> Self {
        Self { chain, ratios: Vec::new() }
    }

    /// The first bars, for uniform numbers.
    pub fn begin(&mut self, uniforms: &[f64], bars: &mut Vec<usize>) {
        bars.clear();
        bars.extend(uniforms.iter().map(|uniform| self.chain.start(*uniform)));
        self.ratios.clear();
        self.ratios.extend(bars.iter().map(|bar| 1.0 / ((1.0 - EVEN) * self.chain.hopes[*bar] + EVEN)));
    }

    /// The bar after one, of which another follows in the record, for two uniform numbers. Beyond the goal it is chosen as usual.
    pub fn next(
        &mut self,
        lane: usize,
        log_price: f64,
        following: usize,
        [renew, start]: [f64; 2],
    ) -> usize {
        let Chain { renewal, hopes, .. } = &*self.chain;
        if self.chain.left(log_price) <= 0.0 {
            let any = ((start * hopes.len() as f64) as usize).min(hopes.len() - 1);
            return if renew < *renewal { any } else { following };
        }
        let all = (1.0 - renewal) * hopes[following] + renewal;
        if renew * all < *renewal {
            let bar = self.chain.start(start);
            self.ratios[lane] *= all / ((1.0 - EVEN) * hopes[bar] + EVEN);
            bar
        } else {
            self.ratios[lane] *= all / hopes[following];
            following
        }
    }

    /// Replaces the logarithms of hopes by what is known better.
    pub fn hopes(&self, bars: &[usize], left: &[f64], logarithms: &mut [f64]) {
        let Chain { tilt, hopes, .. } = &*self.chain;
        dispatch(Hopes { exponent: tilt.exponent.abs(), hopes, bars, left, logarithms });
    }

    pub fn weigh(&mut self, weights: &mut [f64]) {
        for (weight, ratio) in weights.iter_mut().zip(&mut self.ratios) {
            *weight *= std::mem::replace(ratio, 1.0);
        }
    }
}

/// Logarithms of e^{−exponent·left}·g, at most that of a path that has arrived.
struct Hopes<'a> {
    exponent: f64,
    hopes: &'a [f64],
    bars: &'a [usize],
    left: &'a [f64],
    logarithms: &'a mut [f64],
}

impl Kernel for Hopes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { exponent, hopes, bars, left, logarithms } = self;
        for ((logarithm, left), bar) in logarithms.iter_mut().zip(left).zip(bars) {
            let hope = ln(hopes[*bar]) - exponent * left;
            *logarithm = if (*left > 0.0) & (hope < 0.0) { hope } else { 0.0 };
        }
    }
}
