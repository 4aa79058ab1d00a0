//! Self-exciting jumps: a Hawkes process drives the jumps of Merton's model.
//!
//! ```text
//! d ln S = (drift − λ_t·k − volatility²/2) dt + volatility·dW + J dN,   J ~ N(mean, std_dev²), k = E[e^J − 1]
//! λ_t = rate + Σ over earlier jumps t_i of excitation·exp(−decay·(t − t_i))
//! ```
//!
//! Each jump raises the rate of further ones, as liquidations force liquidations; the excitement fades at rate `decay`. A jump brings
//! excitation/decay further jumps on average, which must be below 1, so the long-run rate is
//! rate/(1 − excitation/decay). A path starts without excitement, at the rate `rate`. With excitation 0 this is Merton's model.
//!
//! Exact: the next jump is drawn by superposition of a steady and a fading part, each inverted in closed form. The drift is
//! compensated along the path, by the integral of λ_t·k, so `drift` is the growth rate of the expected price, jumps included.
//!
//! Sources: Hawkes (1971), "Spectra of some self-exciting and mutually exciting point processes"; Dassios and Zhao (2013),
//! "Exact simulation of Hawkes process with exponentially decaying intensity"; Aït-Sahalia, Cacho-Diaz and Laeven (2015)
//! for the price model.

use serde::Serialize;

use super::jumps::{JumpLaw, Jumps};
use super::{Moves, Stepper};
use crate::numeric::{Kernel, Stream, dispatch, exp, ln, mean_decay};

/// Merton's jumps with self-excitation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HawkesJumps {
    /// Law of the sizes, and the rate without excitement.
    #[serde(flatten)]
    pub base: Jumps,
    /// Rise of the rate at each jump, per year; not negative, below `decay`.
    pub excitation: f64,
    /// Rate at which a rise fades, per year; positive.
    pub decay: f64,
}

/// Geometric Brownian motion with self-exciting normal log jumps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Hawkes {
    /// Growth rate of the expected price, jumps included, per year.
    pub drift: f64,
    /// Volatility of the continuous part per square root of a year; positive.
    pub volatility: f64,
    /// The jumps.
    pub jumps: HawkesJumps,
}

impl Hawkes {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        let column = || Vec::with_capacity(lanes);
        HawkesStepper {
            model: *self,
            excitement: column(),
            next_jump: column(),
            draws: Vec::with_capacity(3 * lanes),
        }
    }

    /// Expected number of jumps up to a time in years, starting without excitement: λ_t has the mean
    /// rate·(δ − α·e^(−(δ−α)·t))/(δ − α) with α the excitation and δ the decay.
    pub fn expected_jumps(&self, years: f64) -> f64 {
        let HawkesJumps { base, excitation, decay } = self.jumps;
        let gap = decay - excitation;
        base.rate / gap * (decay * years - excitation * years * mean_decay(gap * years))
    }
}

/// Steps from jump to jump.
#[derive(Debug)]
struct HawkesStepper {
    model: Hawkes,
    /// What earlier jumps have left of λ, by path, at the time the path has reached.
    excitement: Vec<f64>,
    next_jump: Vec<f64>,
    draws: Vec<f64>,
}

/// Time to the next jump: the first of a steady process and one whose rate fades from `excitement`. The fading one brings no jump
/// at all with probability exp(−excitement/decay).
#[inline(always)]
fn wait(rate: f64, excitement: f64, decay: f64, steady: f64, fading: f64) -> f64 {
    let left = 1.0 - decay * fading / excitement;
    let fading = if left > 0.0 { -ln(left) / decay } else { f64::INFINITY };
    let steady = steady / rate;
    if steady < fading { steady } else { fading }
}

impl Stepper for HawkesStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.excitement.clear();
        self.excitement.resize(lanes, 0.0);
        self.next_jump.resize(lanes, 0.0);
        noise.exponentials(&mut self.next_jump);
        for time in &mut self.next_jump {
            // A rate of zero gives an infinite time.
            *time /= self.model.jumps.base.rate;
        }
    }

    fn event_times(&self) -> &[f64] {
        &self.next_jump
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        dispatch(Diffuse { model: self.model, excitement: &mut self.excitement, moves });
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        let n = lanes.len();
        self.draws.resize(3 * n, 0.0);
        let (sizes, waits) = self.draws.split_at_mut(n);
        self.model.jumps.base.sizes(sizes, noise);
        noise.exponentials(waits);
        let HawkesJumps { base, excitation, decay } = self.model.jumps;
        for (k, lane) in lanes.iter().enumerate() {
            let lane = *lane as usize;
            log_price[lane] += sizes[k];
            self.excitement[lane] += excitation;
            self.next_jump[lane] += wait(base.rate, self.excitement[lane], decay, waits[k], waits[n + k]);
        }
    }
}

/// Geometric Brownian motion between jumps, less the compensator ∫λ_t·k dt of each path.
struct Diffuse<'a> {
    model: Hawkes,
    excitement: &'a mut [f64],
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, excitement, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let n = close.len();
        let (lanes, duration, normals) = (&lanes[..n], &duration[..n], &normals[..n]);
        let (open, variance) = (&open[..n], &mut variance[..n]);
        let volatility = model.volatility * volatility_times;
        let growth = model.drift - model.jumps.base.growth();
        let relative_jump = model.jumps.base.mean_relative_jump();
        let decay = model.jumps.decay;
        for i in 0..n {
            let lane = lanes[i] as usize;
            let dt = duration[i];
            let faded = decay * dt;
            let excess_jumps = excitement[lane] * dt * mean_decay(faded);
            excitement[lane] *= exp(-faded);
            let integrated = volatility * volatility * dt;
            variance[i] = integrated;
            let drift = growth.mul_add(dt, -0.5 * integrated) - relative_jump * excess_jumps;
            close[i] = open[i] + integrated.sqrt().mul_add(normals[i], drift);
        }
    }
}
