//! Bates's model: Heston's stochastic volatility with normal log jumps.
//!
//! ```text
//! d ln S = (drift − λ·k − V/2) dt + √V dW + J dN,   dV as in Heston's model, J and k as in Merton's
//! ```
//!
//! Jump times are exact; bars end at them, and the scheme of Heston's model steps from bar to bar, never longer than `step`.
//! With rate 0 this is Heston's model; with vol_of_vol → 0 and the variance at its long-run value it is Merton's.
//! Source: Bates (1996), "Jumps and stochastic volatility"; the scheme and its bias: see [`Heston`].

use serde::Serialize;

use super::heston::{Heston, HestonStepper};
use super::jumps::{Jumps, PoissonJumps};
use super::{Moves, Stepper, Stride, Tilt};
use crate::market::Driving;
use crate::numeric::{Nets, Replacement, Stream};

/// Heston's model with normal log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bates {
    /// The price without jumps; its drift is that of the expected price, jumps included.
    #[serde(flatten)]
    pub heston: Heston,
    /// The jumps.
    pub jumps: Jumps,
}

impl Bates {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        let drift = self.heston.drift - self.jumps.growth();
        BatesStepper {
            heston: Heston { drift, ..self.heston }.stepper(lanes),
            jumps: PoissonJumps::new(self.jumps, lanes),
        }
    }
}

#[derive(Debug)]
struct BatesStepper {
    heston: HestonStepper,
    jumps: PoissonJumps<Jumps>,
}

impl Stepper for BatesStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.heston.begin(lanes, noise);
        self.jumps.begin(lanes, noise);
    }

    fn lead(&mut self, nets: &mut Nets, horizon: f64, lanes: usize, noise: &mut Stream) {
        self.jumps.lead(nets, horizon);
        self.heston.lead(nets, horizon, lanes, noise);
    }

    fn event_times(&self) -> &[f64] {
        self.jumps.times()
    }

    fn events_only_add(&self) -> bool {
        true
    }

    fn stride_over(&self, ends: &[f64]) -> usize {
        ends.len()
    }

    fn plan_stride(&mut self, durations: &[f64], lanes: usize, noise: &mut Stream) {
        self.heston.plan_stride(durations, lanes, noise);
    }

    fn stride(&mut self, stride: Stride<'_>) {
        self.heston.stride(stride);
    }

    fn advance(&mut self, moves: Moves<'_>, noise: &mut Stream) {
        self.heston.advance(moves, noise);
    }

    fn drivers<'a>(&'a self, normals: &'a [f64]) -> Option<Driving<'a>> {
        self.heston.drivers(normals)
    }

    fn arrive(&mut self, time: f64) {
        self.heston.arrive(time);
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.jumps.happen(lanes, log_price, noise);
    }

    fn tilt(&mut self, tilt: Tilt) {
        self.jumps.tilt(tilt);
    }

    fn weigh(&mut self, time: f64, weights: &mut [f64]) {
        self.jumps.weigh(time, weights);
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        self.heston.replace(replacements);
        self.jumps.replace(replacements);
    }
}
