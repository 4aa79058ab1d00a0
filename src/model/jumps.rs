//! Jumps of the log-price at Poisson times: what the jump diffusions share.
//!
//! Jump times are drawn exactly, as exponential gaps; sizes are independent of everything else. A law of sizes says what
//! its jumps add to the growth of the expected price, λ·E[e^J − 1], so that a model can take it off its drift.

use serde::Serialize;

use super::gbm::Diffusion;
use super::{Moves, Stepper, Stride};
use crate::numeric::Stream;

/// Rate and law of the log jumps of a model.
pub trait JumpLaw: Copy + Send {
    /// Expected number of jumps a year, λ.
    fn rate(&self) -> f64;

    /// Expected relative jump of the price, E[e^J − 1].
    fn mean_relative_jump(&self) -> f64;

    /// Fills with independent log jumps.
    fn sizes(&self, out: &mut [f64], noise: &mut Stream);

    /// Growth rate of the expected price that the jumps bring, λ·E[e^J − 1], per year.
    fn growth(&self) -> f64 {
        self.rate() * self.mean_relative_jump()
    }
}

/// Normal log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Jumps {
    /// Expected number of jumps a year, λ; not negative.
    pub rate: f64,
    /// Mean of the log jump.
    pub mean: f64,
    /// Standard deviation of the log jump; not negative.
    pub std_dev: f64,
}

impl Jumps {
    /// Growth rate of the expected price that the jumps bring, λ·E[e^J − 1], per year.
    pub fn growth(&self) -> f64 {
        JumpLaw::growth(self)
    }
}

impl JumpLaw for Jumps {
    fn rate(&self) -> f64 {
        self.rate
    }

    fn mean_relative_jump(&self) -> f64 {
        (self.mean + 0.5 * self.std_dev * self.std_dev).exp_m1()
    }

    fn sizes(&self, out: &mut [f64], noise: &mut Stream) {
        noise.normals(out);
        for size in out {
            *size = self.mean + self.std_dev * *size;
        }
    }
}

/// The next jump of every path of a block.
#[derive(Debug)]
pub(super) struct PoissonJumps<L> {
    law: L,
    next: Vec<f64>,
    draws: Vec<f64>,
}

impl<L: JumpLaw> PoissonJumps<L> {
    pub fn new(law: L, lanes: usize) -> Self {
        Self { law, next: Vec::with_capacity(lanes), draws: Vec::with_capacity(2 * lanes) }
    }

    pub fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.next.resize(lanes, 0.0);
        noise.exponentials(&mut self.next);
        for time in &mut self.next {
            // A rate of zero gives an infinite time.
            *time /= self.law.rate();
        }
    }

    pub fn times(&self) -> &[f64] {
        &self.next
    }

    pub fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.draws.resize(2 * lanes.len(), 0.0);
        let (sizes, waits) = self.draws.split_at_mut(lanes.len());
        self.law.sizes(sizes, noise);
        noise.exponentials(waits);
        for ((lane, size), wait) in lanes.iter().zip(sizes).zip(waits) {
            let lane = *lane as usize;
            log_price[lane] += *size;
            self.next[lane] += *wait / self.law.rate();
        }
    }
}

/// Steps geometric Brownian motion from jump to jump.
#[derive(Debug)]
pub(super) struct JumpDiffusion<L> {
    diffusion: Diffusion,
    jumps: PoissonJumps<L>,
}

impl<L: JumpLaw> JumpDiffusion<L> {
    /// With the jumps compensated: `drift` is the growth rate of the expected price, jumps included.
    pub fn new(drift: f64, volatility: f64, law: L, lanes: usize) -> Self {
        Self {
            diffusion: Diffusion { growth: drift - law.growth(), volatility },
            jumps: PoissonJumps::new(law, lanes),
        }
    }
}

impl<L: JumpLaw> Stepper for JumpDiffusion<L> {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.jumps.begin(lanes, noise);
    }

    fn event_times(&self) -> &[f64] {
        self.jumps.times()
    }

    fn events_only_add(&self) -> bool {
        true
    }

    fn can_stride(&self) -> bool {
        true
    }

    fn stride(&mut self, stride: Stride<'_>) {
        self.diffusion.diffuse_stride(stride);
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.diffusion.diffuse(moves);
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.jumps.happen(lanes, log_price, noise);
    }
}
