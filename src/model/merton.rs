//! Merton's jump diffusion.
//!
//! ```text
//! ln S_t = (drift − λ·k − volatility²/2)·t + volatility·W_t + Σ J_i,   J_i ~ N(mean, std_dev²) at Poisson times of rate λ
//! k = E[e^J − 1] = exp(mean + std_dev²/2) − 1
//! ```
//!
//! The compensator −λ·k makes `drift` the growth rate of the expected price, jumps included. Exact: jump times are drawn
//! as exponential gaps, the price diffuses from jump to jump. With rate 0 this is geometric Brownian motion.
//! Source: Merton (1976), "Option pricing when underlying stock returns are discontinuous".

use serde::Serialize;

use super::gbm::Diffusion;
use super::{Moves, Stepper};
use crate::numeric::Stream;

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
        self.rate * (self.mean + 0.5 * self.std_dev * self.std_dev).exp_m1()
    }
}

/// Geometric Brownian motion with normal log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Merton {
    /// Growth rate of the expected price, jumps included, per year.
    pub drift: f64,
    /// Volatility of the continuous part per square root of a year; positive.
    pub volatility: f64,
    /// The jumps.
    pub jumps: Jumps,
}

impl Merton {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> MertonStepper {
        let log_drift = self.drift - self.jumps.growth() - 0.5 * self.volatility * self.volatility;
        MertonStepper {
            diffusion: Diffusion { log_drift, volatility: self.volatility },
            jumps: self.jumps,
            next_jump: Vec::with_capacity(lanes),
            draws: Vec::with_capacity(2 * lanes),
        }
    }
}

/// Steps Merton's model from jump to jump.
#[derive(Debug)]
pub struct MertonStepper {
    diffusion: Diffusion,
    jumps: Jumps,
    next_jump: Vec<f64>,
    draws: Vec<f64>,
}

impl Stepper for MertonStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.next_jump.resize(lanes, 0.0);
        noise.exponentials(&mut self.next_jump);
        for time in &mut self.next_jump {
            // A rate of zero gives an infinite time.
            *time /= self.jumps.rate;
        }
    }

    fn event_times(&self) -> &[f64] {
        &self.next_jump
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.diffusion.diffuse(moves);
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.draws.resize(2 * lanes.len(), 0.0);
        let (sizes, waits) = self.draws.split_at_mut(lanes.len());
        noise.normals(sizes);
        noise.exponentials(waits);
        for ((lane, size), wait) in lanes.iter().zip(sizes).zip(waits) {
            let lane = *lane as usize;
            log_price[lane] += self.jumps.mean + self.jumps.std_dev * *size;
            self.next_jump[lane] += *wait / self.jumps.rate;
        }
    }
}
