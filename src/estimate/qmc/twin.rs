//! Brownian bridges over pieces of a path, and the one over all of it that serves as control variate.

use super::points::{LANES, Lanes};
use crate::numeric::exp;

/// A Brownian motion that runs through the random parts of a path in order, its clock their variance (jumps as if they took
/// time), with the path's whole drift spread evenly. Given the drift and the closing price it is a Brownian bridge, so
/// the chance that it touches a barrier is known: what it differs from its expectation is taken off as a control variate.
pub(super) struct Twin {
    /// Random part of the closing price.
    random: Lanes,
    /// Drift up to the horizon.
    drift: Lanes,
    inverse_variance: Lanes,
    end: Lanes,
}

impl Twin {
    /// The twin of paths with these random parts of the closing price, their variances, and drifts up to the horizon.
    #[inline(always)]
    pub fn new(drift: Lanes, random: &Lanes, variance: &Lanes) -> Self {
        let (mut end, mut inverse_variance) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            end[lane] = random[lane] + drift[lane];
            inverse_variance[lane] = 1.0 / variance[lane];
        }
        Self { random: *random, drift, inverse_variance, end }
    }

    /// Where it stands with this much of the random part and of the variance still to come.
    #[inline(always)]
    pub fn levels(&self, rest: &Lanes, left: &Lanes) -> Lanes {
        let mut levels = [0.0; LANES];
        for lane in 0..LANES {
            let done = (-left[lane]).mul_add(self.inverse_variance[lane], 1.0);
            levels[lane] = self.drift[lane].mul_add(done, self.random[lane] - rest[lane]);
        }
        levels
    }

    /// Adds to the hits of a barrier what the twin was expected to hit it more often than it did.
    #[inline(always)]
    pub fn correct(&self, barrier: f64, survival: &Lanes, hits: &mut Lanes) {
        for lane in 0..LANES {
            let expected = touch(-barrier, self.end[lane] - barrier, -2.0 * self.inverse_variance[lane]);
            hits[lane] += expected - (1.0 - survival[lane]);
        }
    }
}

/// A continuous stretch of some paths.
pub(super) struct Bridge {
    pub open: Lanes,
    pub close: Lanes,
    /// −2 over its variance.
    pub scale: Lanes,
}

impl Bridge {
    /// Moves from the survival to the hits of each barrier what the stretch touches it, times a weight.
    #[inline(always)]
    pub fn strike(&self, barriers: &[f64], hits: &mut [Lanes], survival: &mut [Lanes], weight: &Lanes) {
        let Self { open, close, scale } = self;
        for ((barrier, hits), survival) in barriers.iter().zip(hits).zip(survival) {
            for lane in 0..LANES {
                let hit = survival[lane] * touch(open[lane] - barrier, close[lane] - barrier, scale[lane]);
                hits[lane] = hit.mul_add(weight[lane], hits[lane]);
                survival[lane] -= hit;
            }
        }
    }
}

/// Takes from the survival of the twin, by barrier, what the stretch between two levels costs.
#[inline(always)]
pub(super) fn survive(barriers: &[f64], twins: &mut [Lanes], from: &Lanes, to: &Lanes, scale: &Lanes) {
    for (barrier, twins) in barriers.iter().zip(twins) {
        for lane in 0..LANES {
            twins[lane] -= twins[lane] * touch(from[lane] - barrier, to[lane] - barrier, scale[lane]);
        }
    }
}

/// Chance that a Brownian bridge between two heights above a barrier touches it; `scale` is −2 over its variance.
#[inline(always)]
fn touch(open: f64, close: f64, scale: f64) -> f64 {
    let crossing = exp(open * close * scale);
    if (open <= 0.0) | (close <= 0.0) { 1.0 } else { crossing }
}

/// How a normal of variance `own` depends on the sum that it is part of, of variance `all`: the share of the sum that is
/// expected in it, and its standard deviation about that.
#[inline(always)]
pub(super) fn split(own: f64, all: f64) -> (f64, f64) {
    let share = own / if all > 1e-300 { all } else { 1e-300 };
    let share = if share < 1.0 { share } else { 1.0 };
    (share, (own * (1.0 - share)).sqrt())
}

#[inline(always)]
pub(super) fn positive(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}
