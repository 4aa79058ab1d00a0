//! Events in the order of time, drawn from uniforms, and what the log-price does between them.
//!
//! A law's paths are stretches of known drift and variance, each ending in an event or at the horizon. What happens later
//! depends on one number a path, the state. The laws are those of the models, inverted: [`Kou`], [`Hawkes`] and
//! [`Regime`](crate::model::Regime) say where they come from.

use super::points::{LANES, Lanes};
use crate::model::{Hawkes, JumpLaw, Kou, RegimeChain};
use crate::numeric::{exp, ln, mean_decay, normal_quantiles};

/// Most uniforms that a stretch takes.
pub(super) const MOST_DRAWS: usize = 3;

/// A piece of every path, before sums over pieces are made.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// Expected move of the log-price, the jump aside.
    pub drift: Lanes,
    /// Variance of the move.
    pub variance: Lanes,
    /// Jump of the log-price at the end.
    pub jump: Lanes,
}

impl Default for Stretch {
    fn default() -> Self {
        Self { drift: [0.0; LANES], variance: [0.0; LANES], jump: [0.0; LANES] }
    }
}

/// How events follow each other.
pub(super) trait EventLaw: Sync {
    /// Uniforms that a stretch takes.
    fn draws(&self) -> usize;

    /// The state at the start, from a uniform.
    fn begin(&self, uniform: &Lanes) -> Lanes;

    /// The stretch up to the next event or for the time left, from the first [`draws`](Self::draws) columns of uniforms; takes its
    /// length off the time left.
    fn stretch(&self, state: &mut Lanes, drawn: &mut [Lanes; MOST_DRAWS], left: &mut Lanes) -> Stretch;
}

/// The length of a stretch, the wait for an event or what is left of the path; takes it off and says whether the event comes.
#[inline(always)]
fn pass(wait: f64, left: &mut f64) -> (f64, bool) {
    let comes = wait < *left;
    let duration = if comes { wait } else { *left };
    *left -= duration;
    (duration, comes)
}

impl EventLaw for Kou {
    fn draws(&self) -> usize {
        2
    }

    #[inline(always)]
    fn begin(&self, _uniform: &Lanes) -> Lanes {
        [0.0; LANES]
    }

    #[inline(always)]
    fn stretch(&self, _state: &mut Lanes, drawn: &mut [Lanes; MOST_DRAWS], left: &mut Lanes) -> Stretch {
        let variance_rate = self.volatility * self.volatility;
        let drift_rate = self.drift - self.jumps.growth() - 0.5 * variance_rate;
        let mut stretch = Stretch::default();
        let [waits, sizes, _] = drawn;
        for lane in 0..LANES {
            let (duration, comes) = pass(-ln(waits[lane]) / self.jumps.rate, &mut left[lane]);
            stretch.drift[lane] = drift_rate * duration;
            stretch.variance[lane] = variance_rate * duration;
            let size = self.jumps.size(sizes[lane]);
            stretch.jump[lane] = if comes { size } else { 0.0 };
        }
        stretch
    }
}

impl EventLaw for Hawkes {
    fn draws(&self) -> usize {
        3
    }

    /// The state is the excitement.
    #[inline(always)]
    fn begin(&self, _uniform: &Lanes) -> Lanes {
        [0.0; LANES]
    }

    #[inline(always)]
    fn stretch(&self, state: &mut Lanes, drawn: &mut [Lanes; MOST_DRAWS], left: &mut Lanes) -> Stretch {
        let variance_rate = self.volatility * self.volatility;
        let base = self.jumps.base;
        let drift_rate = self.drift - base.growth() - 0.5 * variance_rate;
        let relative_jump = base.mean_relative_jump();
        let mut stretch = Stretch::default();
        let [steady, fading, sizes] = drawn;
        normal_quantiles(sizes);
        for lane in 0..LANES {
            let excitement = state[lane];
            let wait = self.jumps.wait(1.0, excitement, -ln(steady[lane]), -ln(fading[lane]));
            let (duration, comes) = pass(wait, &mut left[lane]);
            let faded = self.jumps.decay * duration;
            let compensator = relative_jump * excitement * duration * mean_decay(faded);
            stretch.drift[lane] = drift_rate.mul_add(duration, -compensator);
            stretch.variance[lane] = variance_rate * duration;
            stretch.jump[lane] = if comes { base.std_dev.mul_add(sizes[lane], base.mean) } else { 0.0 };
            state[lane] = excitement.mul_add(exp(-faded), self.jumps.excitation);
        }
        stretch
    }
}

impl EventLaw for RegimeChain {
    fn draws(&self) -> usize {
        // Of two states it is known which one follows.
        if self.states.len() > 2 { 2 } else { 1 }
    }

    /// The state is the number of the regime.
    #[inline(always)]
    fn begin(&self, uniform: &Lanes) -> Lanes {
        uniform.map(|uniform| self.first(uniform) as f64)
    }

    #[inline(always)]
    fn stretch(&self, state: &mut Lanes, drawn: &mut [Lanes; MOST_DRAWS], left: &mut Lanes) -> Stretch {
        let mut stretch = Stretch::default();
        let [waits, choices, _] = drawn;
        for lane in 0..LANES {
            let own = state[lane] as usize;
            let (duration, comes) = pass(-ln(waits[lane]) / self.exit_rate(own), &mut left[lane]);
            let regime = self.states[own];
            let variance = regime.volatility * regime.volatility * duration;
            stretch.drift[lane] = regime.drift.mul_add(duration, -0.5 * variance);
            stretch.variance[lane] = variance;
            if comes {
                state[lane] = self.next(own, choices[lane]) as f64;
            }
        }
        stretch
    }
}
