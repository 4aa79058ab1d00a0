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
//! Tilted, sizes have the density e^{kJ}/M, and jumps come at q·λ_t with λ_t the same function of the jumps before; q = M where that
//! keeps the excitement well below 1. The density of the law over that of the tilted one is
//! exp((q − 1)·∫λ_t dt)·Π (M/q)·e^{−kJ_i} (Brémaud 1981, "Point Processes and Queues", theorem VI.T3).
//!
//! Sources: Hawkes (1971), "Spectra of some self-exciting and mutually exciting point processes"; Dassios and Zhao (2013),
//! "Exact simulation of Hawkes process with exponentially decaying intensity"; Aït-Sahalia, Cacho-Diaz and Laeven (2015)
//! for the price model.

use serde::Serialize;

use super::jumps::{JumpLaw, Jumps, Weigh, tilted};
use super::{Moves, Stepper, Tilt};
use crate::numeric::{Kernel, Replacement, Stream, dispatch, exp, ln, mean_decay, replace, waiting_time};

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

impl HawkesJumps {
    /// Time to the next jump after an excitement, where all jumps come faster by a factor, from two exponentials: the first of a steady
    /// process and of one whose rate fades. The fading one brings no jump at all with probability exp(−excitement/decay).
    #[inline(always)]
    pub(crate) fn wait(&self, faster: f64, excitement: f64, steady: f64, fading: f64) -> f64 {
        let left = 1.0 - self.decay * fading / (faster * excitement);
        let fading = if left > 0.0 { -ln(left) / self.decay } else { f64::INFINITY };
        let steady = waiting_time(steady, faster * self.base.rate);
        if steady < fading { steady } else { fading }
    }
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
            tilted: None,
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
    tilted: Option<Tilted>,
}

/// Most further jumps that a jump may bring on average under a tilted law.
const MOST_EXCITED: f64 = 0.75;

/// How jumps are drawn in place of their own law, and what that has done to the weights.
#[derive(Debug)]
struct Tilted {
    sizes: Jumps,
    exponent: f64,
    /// M = E[e^{kJ}].
    moment: f64,
    /// Factor q on the rate.
    faster: f64,
    /// Logarithm of the weight of each path since it was last asked for.
    logarithms: Vec<f64>,
}

impl Stepper for HawkesStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.excitement.clear();
        self.excitement.resize(lanes, 0.0);
        self.next_jump.resize(lanes, 0.0);
        noise.exponentials(&mut self.next_jump);
        let faster = self.tilted.as_ref().map_or(1.0, |tilted| tilted.faster);
        for time in &mut self.next_jump {
            *time = waiting_time(*time, faster * self.model.jumps.base.rate);
        }
        if let Some(tilted) = &mut self.tilted {
            tilted.logarithms.clear();
            tilted.logarithms.resize(lanes, 0.0);
        }
    }

    fn event_times(&self) -> &[f64] {
        &self.next_jump
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let (excess_rate, logarithms) = match &mut self.tilted {
            Some(tilted) => (tilted.faster - 1.0, &mut tilted.logarithms[..]),
            None => (0.0, &mut [][..]),
        };
        let (model, excitement) = (self.model, &mut self.excitement[..]);
        dispatch(Diffuse { model, excitement, excess_rate, logarithms, moves });
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        let n = lanes.len();
        self.draws.resize(3 * n, 0.0);
        let (sizes, waits) = self.draws.split_at_mut(n);
        let base = self.model.jumps.base;
        let (law, faster) = self.tilted.as_ref().map_or((base, 1.0), |tilted| (tilted.sizes, tilted.faster));
        law.sizes(sizes, noise);
        noise.exponentials(waits);
        let jumps = self.model.jumps;
        for (k, lane) in lanes.iter().enumerate() {
            let lane = *lane as usize;
            log_price[lane] += sizes[k];
            self.excitement[lane] += jumps.excitation;
            self.next_jump[lane] += jumps.wait(faster, self.excitement[lane], waits[k], waits[n + k]);
        }
        if let Some(Tilted { exponent, moment, logarithms, .. }) = &mut self.tilted {
            let each = ln(*moment / faster);
            for (lane, size) in lanes.iter().zip(sizes) {
                logarithms[*lane as usize] += each - *exponent * *size;
            }
        }
    }

    fn tilt(&mut self, tilt: Tilt) {
        let HawkesJumps { base, excitation, decay } = self.model.jumps;
        let (exponent, sizes) = tilted(&base, tilt);
        let moment = if base.rate > 0.0 { sizes.rate / base.rate } else { 1.0 };
        let most =
            if excitation > 0.0 { (MOST_EXCITED * decay / excitation).max(1.0) } else { f64::INFINITY };
        let faster = moment.min(most);
        self.tilted = Some(Tilted { sizes, exponent, moment, faster, logarithms: Vec::new() });
    }

    fn weigh(&mut self, _time: f64, weights: &mut [f64]) {
        if let Some(tilted) = &mut self.tilted {
            dispatch(Weigh { common: 0.0, logarithms: &mut tilted.logarithms, weights });
        }
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.excitement, replacements);
        replace(&mut self.next_jump, replacements);
    }
}

/// Geometric Brownian motion between jumps, less the compensator ∫λ_t·k dt of each path.
struct Diffuse<'a> {
    model: Hawkes,
    excitement: &'a mut [f64],
    /// Factor on the rate of a tilted law, less 1; then the logarithms of the weights are there.
    excess_rate: f64,
    logarithms: &'a mut [f64],
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, excitement, excess_rate, logarithms, moves } = self;
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
            if let Some(logarithm) = logarithms.get_mut(lane) {
                *logarithm += excess_rate * model.jumps.base.rate.mul_add(dt, excess_jumps);
            }
            let integrated = volatility * volatility * dt;
            variance[i] = integrated;
            let drift = growth.mul_add(dt, -0.5 * integrated) - relative_jump * excess_jumps;
            close[i] = open[i] + integrated.sqrt().mul_add(normals[i], drift);
        }
    }
}
