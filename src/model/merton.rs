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

use super::Stepper;
use super::jumps::{JumpDiffusion, Jumps};

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
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        JumpDiffusion::new(self.drift, self.volatility, self.jumps, lanes)
    }
}
