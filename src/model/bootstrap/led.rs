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

use crate::model::Tilt;
use crate::numeric::{Kernel, dispatch, exp, exponentials, ln};

/// Share of starts that are drawn evenly.
const EVEN: f64 = 0.1;
/// Halvings of the interval that holds the growth rate, and of that which holds the exponent.
const HALVINGS: u32 = 32;
const EXPONENT_HALVINGS: u32 = 8;
/// Step of the exponent that gives the slope of the growth rate, relative to it.
const STEP: f64 = 0.01;
/// Largest exponent times the largest move: exponentials stay finite.
const LARGEST: f64 = 300.0;

/// The tilted chain.
#[derive(Debug)]
pub(super) struct Chain {
    exponent: f64,
    goal: f64,
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

impl Chain {
    /// From the moves of bars of so many years, in blocks of so many bars, the chain that goes as far as the goal over the horizon on average: the saddle point, which makes few weights large. Of the
    /// tilt's exponent it takes the direction.
    pub fn new(moves: &[f64], (block, years): (f64, f64), tilt: Tilt) -> Self {
        let renewal = 1.0 / block;
        let (goal, sign) = (tilt.goal, tilt.exponent.signum());
        let exponent = sign * saddle(moves, renewal, sign, goal * years / tilt.horizon);
        let (_, hopes) = solve(moves, renewal, exponent);
        let mut sum = 0.0;
        let starts = hopes.iter().map(|hope| {
            sum += (1.0 - EVEN) * hope + EVEN;
            sum
        });
        let starts = starts.collect();
        Self { exponent, goal, renewal, hopes, starts }
    }

    fn left(&self, log_price: f64) -> f64 {
        self.goal - self.exponent.signum() * log_price
    }

    /// A start for a uniform number.
    fn start(&self, uniform: f64) -> usize {
        let wanted = uniform * self.starts[self.starts.len() - 1];
        self.starts.partition_point(|sum| *sum <= wanted).min(self.starts.len() - 1)
    }
}

/// The size of the exponent under which the chain goes so far a bar on average: the slope of λ (positive for a way in the direction of the
/// sign).
fn saddle(moves: &[f64], renewal: f64, sign: f64, wanted: f64) -> f64 {
    let largest = moves.iter().fold(0.0_f64, |largest, moved| largest.max(moved.abs()));
    let most = LARGEST / largest.max(f64::MIN_POSITIVE);
    let goes_further = |size: f64| {
        let growth = |size: f64| solve(moves, renewal, sign * size).0;
        (growth((1.0 + STEP) * size) - growth(size)) / (STEP * size) > wanted
    };
    let mut high = (0.1_f64).min(most);
    while high < most && !goes_further(high) {
        high *= 2.0;
    }
    let mut low = 0.5 * high;
    for _ in 0..EXPONENT_HALVINGS {
        let middle = 0.5 * (low + high);
        if goes_further(middle) { high = middle } else { low = middle }
    }
    low.min(most)
}

/// λ and g for an exponent. The rate is convex in the exponent and at least its mean slope at 0 says; with the largest factor at every bar it
/// would be the largest.
fn solve(moves: &[f64], renewal: f64, exponent: f64) -> (f64, Vec<f64>) {
    let exponents: Vec<f64> = moves.iter().map(|moved| exponent * moved).collect();
    let mut factors = Vec::new();
    exponentials(&exponents, &mut factors);
    let mean = moves.iter().fold(0.0, |sum, moved| sum + moved) / moves.len() as f64;
    let largest = factors.iter().fold(0.0_f64, |a, b| a.max(*b));
    let (mut low, mut high) = (exponent * mean, ln(largest));
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
    pub fn next(&mut self, lane: usize, log_price: f64, following: usize, [renew, start]: [f64; 2]) -> usize {
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
        let Chain { exponent, hopes, .. } = &*self.chain;
        dispatch(Hopes { exponent: exponent.abs(), hopes, bars, left, logarithms });
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Over a grid of both uniforms, every bar follows with the share of its own law once ratios are counted; to the resolution of the
    /// grid, far below 1 %.
    #[test]
    fn ratios_make_up_for_the_choice_of_bars() {
        let moves: Vec<f64> = (0..20).map(|i| 0.02 * f64::from((7 * i) % 20 - 10)).collect();
        let (n, renewal) = (moves.len(), 0.2);
        let (_, hopes) = solve(&moves, renewal, -12.0);
        let mut sum = 0.0;
        let starts = hopes.iter().map(|hope| {
            sum += (1.0 - EVEN) * hope + EVEN;
            sum
        });
        let starts: Vec<f64> = starts.collect();
        assert!((sum / n as f64 - 1.0).abs() < 1e-6 && hopes.iter().any(|hope| *hope > 3.0), "{hopes:?}");
        let chain = Arc::new(Chain { exponent: -12.0, goal: 0.5, renewal, hopes, starts });
        let even = |i: u32, n: u32| (f64::from(i) + 0.5) / f64::from(n);
        for (log_price, following) in [(0.0, 3), (0.0, 10), (-0.6, 10)] {
            let (renews, starts) = (2_000, 1_000);
            let mut found = vec![0.0; n];
            for renew in 0..renews {
                for start in 0..starts {
                    let mut led = Led { chain: Arc::clone(&chain), ratios: vec![1.0] };
                    let bar = led.next(0, log_price, following, [even(renew, renews), even(start, starts)]);
                    found[bar] += led.ratios[0] / f64::from(renews * starts);
                }
            }
            for (bar, found) in found.iter().enumerate() {
                let of_record = if bar == following { 1.0 - renewal } else { 0.0 };
                let known = renewal / n as f64 + of_record;
                assert!(
                    (found - known).abs() < 2e-3 * (1.0 - renewal) + 0.05 * renewal / n as f64,
                    "{bar}: {found} {known}"
                );
            }
        }
        // So do the first bars, drawn evenly.
        let uniforms: Vec<f64> = (0..20_000).map(|i| even(i, 20_000)).collect();
        let (mut led, mut bars) = (Led::new(chain), Vec::new());
        led.begin(&uniforms, &mut bars);
        for bar in 0..n {
            let ratios = bars.iter().zip(&led.ratios).filter(|(drawn, _)| **drawn == bar);
            let found = ratios.map(|(_, ratio)| ratio).sum::<f64>() / uniforms.len() as f64;
            assert!((found * n as f64 - 1.0).abs() < 5e-3, "{bar}: {found}");
        }
    }

    /// Of independent bars g is the tilted factor over its mean, and λ the logarithm of that mean.
    #[test]
    fn independent_bars_have_their_cumulants() {
        let moves = [0.05, -0.1, 0.02, -0.01];
        let factors = moves.map(|moved: f64| (-8.0 * moved).exp());
        let mean = factors.iter().sum::<f64>() / 4.0;
        let (growth, hopes) = solve(&moves, 1.0, -8.0);
        assert!((growth - mean.ln()).abs() < 1e-8, "{growth}");
        for (hope, factor) in hopes.iter().zip(factors) {
            assert!((hope - factor / mean).abs() < 1e-7, "{hopes:?}");
        }
        // d/dk ln mean e^{k·r} at −8, from above.
        let slope = moves.iter().zip(factors).map(|(moved, factor)| moved * factor).sum::<f64>() / mean / 4.0;
        let size = saddle(&moves, 1.0, -1.0, -slope);
        assert!((size / 8.0 - 1.0).abs() < 0.02, "{size}");
    }
}
