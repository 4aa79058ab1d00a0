//! Geometric Brownian motion.
//!
//! ```text
//! dS = drift·S dt + volatility·S dW,   ln S_t − ln S_0 ~ N((drift − volatility²/2)·t, volatility²·t)
//! ```
//!
//! Exact for any step; between two known ends the log-price is a Brownian bridge of variance volatility²·dt.
//! Source: Black and Scholes (1973); Glasserman (2004), section 3.2.

use serde::Serialize;

use super::{Moves, Stepper};
use crate::numeric::{Kernel, Stream, dispatch};

/// Geometric Brownian motion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gbm {
    /// Growth rate of the expected price, per year.
    pub drift: f64,
    /// Volatility per square root of a year; positive.
    pub volatility: f64,
}

impl Gbm {
    /// A stepper; it has no state.
    pub fn stepper(&self) -> Diffusion {
        Diffusion { growth: self.drift, volatility: self.volatility }
    }
}

/// Brownian log-price with constant drift and volatility.
#[derive(Debug, Clone, Copy)]
pub struct Diffusion {
    /// Growth rate of the expected price by the continuous part, per year.
    pub growth: f64,
    /// Volatility per square root of a year.
    pub volatility: f64,
}

impl Diffusion {
    /// Moves the log-price.
    pub fn diffuse(self, moves: Moves<'_>) {
        let law = Self { volatility: self.volatility * moves.volatility_times, ..self };
        dispatch(Diffuse { law, moves });
    }
}

struct Diffuse<'a> {
    law: Diffusion,
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Diffusion { growth, volatility } = self.law;
        let log_drift = growth - 0.5 * volatility * volatility;
        let Moves { duration, normals, open, close, variance, .. } = self.moves;
        let n = close.len();
        let (duration, normals, open, variance) =
            (&duration[..n], &normals[..n], &open[..n], &mut variance[..n]);
        for i in 0..n {
            let integrated = volatility * volatility * duration[i];
            variance[i] = integrated;
            close[i] = open[i] + log_drift.mul_add(duration[i], integrated.sqrt() * normals[i]);
        }
    }
}

impl Stepper for Diffusion {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {}

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.diffuse(moves);
    }

    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}
}
