//! Geometric Brownian motion.
//!
//! ```text
//! dS = drift·S dt + volatility·S dW,   ln S_t − ln S_0 ~ N((drift − volatility²/2)·t, volatility²·t)
//! ```
//!
//! Exact for any step; between two known ends the log-price is a Brownian bridge of variance volatility²·dt.
//! Source: Black and Scholes (1973); Glasserman (2004), section 3.2.

use serde::Serialize;

use super::{LONGEST_STRIDE, Moves, Stepper, Stride};
use crate::numeric::{Kernel, Replacement, Stream, dispatch};

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

    /// Moves the log-price over several intervals.
    pub fn diffuse_stride(self, stride: Stride<'_>) {
        let law = Self { volatility: self.volatility * stride.volatility_times, ..self };
        dispatch(Strides { law, stride });
    }
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

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
        // On a common grid all paths move for the same time, and one square root serves a whole chunk.
        for start in (0..n).step_by(CHUNK) {
            let range = start..(start + CHUNK).min(n);
            let first = duration[start];
            let mut shared = true;
            for duration in &duration[range.clone()] {
                shared &= *duration == first;
            }
            if shared {
                let integrated = volatility * volatility * first;
                let (expected, deviation) = (log_drift * first, integrated.sqrt());
                for i in range {
                    variance[i] = integrated;
                    close[i] = open[i] + deviation.mul_add(normals[i], expected);
                }
            } else {
                for i in range {
                    let integrated = volatility * volatility * duration[i];
                    variance[i] = integrated;
                    close[i] = open[i] + integrated.sqrt().mul_add(normals[i], log_drift * duration[i]);
                }
            }
        }
    }
}

/// Paths whose prices are held in registers over a stride: lines enough in a row that the next ones are fetched in time.
const TOGETHER: usize = 64;

struct Strides<'a> {
    law: Diffusion,
    stride: Stride<'a>,
}

impl Kernel for Strides<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Diffusion { growth, volatility } = self.law;
        let log_drift = growth - 0.5 * volatility * volatility;
        let Stride { durations, open, rows, .. } = self.stride;
        let mut steps = [(0.0, 0.0); LONGEST_STRIDE];
        for (step, duration) in steps.iter_mut().zip(durations) {
            let integrated = volatility * volatility * duration;
            *step = (log_drift * duration, integrated.sqrt());
        }
        let paths = open.len();
        let whole = paths - paths % TOGETHER;
        for start in (0..whole).step_by(TOGETHER) {
            let mut price = [0.0; TOGETHER];
            price.copy_from_slice(&open[start..start + TOGETHER]);
            for (row, (expected, deviation)) in rows.chunks_exact_mut(paths).zip(steps) {
                for (price, entry) in price.iter_mut().zip(&mut row[start..start + TOGETHER]) {
                    *price += deviation.mul_add(*entry, expected);
                    *entry = *price;
                }
            }
        }
        for (path, open) in open.iter().enumerate().skip(whole) {
            let mut price = *open;
            for (row, (expected, deviation)) in rows.chunks_exact_mut(paths).zip(steps) {
                price += deviation.mul_add(row[path], expected);
                row[path] = price;
            }
        }
    }
}

impl Stepper for Diffusion {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {}

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn events_only_add(&self) -> bool {
        true
    }

    fn can_stride(&self) -> bool {
        true
    }

    fn stride(&mut self, stride: Stride<'_>) {
        self.diffuse_stride(stride);
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.diffuse(moves);
    }

    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}

    fn replace(&mut self, _replacements: &[Replacement]) {}
}
