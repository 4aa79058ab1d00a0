//! Merton's jump diffusion.

use serde::Serialize;

/// Normal log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Jumps {
    /// Expected number of jumps a year; not negative.
    pub rate: f64,
    /// Mean of the log jump.
    pub mean: f64,
    /// Standard deviation of the log jump; not negative.
    pub std_dev: f64,
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
