//! Geometric Brownian motion.

use serde::Serialize;

/// Geometric Brownian motion: dS = drift·S dt + volatility·S dW.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gbm {
    /// Growth rate of the expected price, per year.
    pub drift: f64,
    /// Volatility per square root of a year; positive.
    pub volatility: f64,
}
