//! Geometric Brownian motion.
//!
//! ```text
//! dS = drift·S dt + volatility·S dW,   ln S_t − ln S_0 ~ N((drift − volatility²/2)·t, volatility²·t)
//! ```
//!
//! Exact for any step; between two known ends the log-price is a Brownian bridge of variance volatility²·dt.
//! Source: Black and Scholes (1973); Glasserman (2004), section 3.2.

use serde::Serialize;

use super::{Moves, Stepper, Stride};
use crate::market::LONGEST_STRIDE;
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
        Diffusion::new(self.drift, self.volatility)
    }
}

/// Brownian log-price with constant drift and volatility.
#[derive(Debug, Clone, Copy)]
pub struct Diffusion {
    /// Growth rate of the expected price by the continuous part, per year.
    growth: f64,
    /// Volatility per square root of a year.
    volatility: f64,
    /// Expected move and its deviation, by interval of the stride at hand.
    steps: [(f64, f64); LONGEST_STRIDE],
}

impl Diffusion {
    /// With a growth rate of the expected price by the continuous part, and a volatility.
    pub fn new(growth: f64, volatility: f64) -> Self {
        Self { growth, volatility, steps: [(0.0, 0.0); LONGEST_STRIDE] }
    }

    /// Moves the log-price.
    pub fn diffuse(&self, moves: Moves<'_>) {
        let (growth, volatility) = (self.growth, self.volatility * moves.volatility_times);
        dispatch(Diffuse { growth, volatility, moves });
    }

    /// Gets ready for a stride over intervals of these lengths.
    pub fn plan_stride(&mut self, durations: &[f64]) {
        let log_drift = self.growth - 0.5 * self.volatility * self.volatility;
        for (step, duration) in self.steps.iter_mut().zip(durations) {
            let integrated = self.volatility * self.volatility * duration;
            *step = (log_drift * duration, integrated.sqrt());
        }
    }

    /// Moves the log-price of some paths over the intervals of the stride.
    pub fn diffuse_stride(&self, stride: Stride<'_>) {
        dispatch(Strides { steps: &self.steps, stride });
    }
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

struct Diffuse<'a> {
    growth: f64,
    volatility: f64,
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { growth, volatility, moves } = self;
        let log_drift = growth - 0.5 * volatility * volatility;
        let Moves { duration, normals, open, close, variance, .. } = moves;
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

/// Paths whose prices are held in registers over a stride.
const TOGETHER: usize = 32;
/// Prices of one register.
const LANES: usize = 8;

struct Strides<'a> {
    steps: &'a [(f64, f64)],
    stride: Stride<'a>,
}

impl Kernel for Strides<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { steps, stride: Stride { intervals, first, open, normals, rows } } = self;
        let (pitch, paths) = (normals.len() / intervals, open.len());
        let (groups, rest) = open.as_chunks::<TOGETHER>();
        for (group, open) in groups.iter().enumerate() {
            let start = group * TOGETHER;
            // By name: the compiler would keep an array in memory.
            let ([a, b, c, d], []) = open.as_chunks::<LANES>() else { return };
            let (mut a, mut b, mut c, mut d) = (*a, *b, *c, *d);
            for (interval, step) in steps[..intervals].iter().enumerate() {
                let normals = &normals[interval * pitch + first + start..][..TOGETHER];
                let row = &mut rows[interval * paths + start..][..TOGETHER];
                let ([of_a, of_b, of_c, of_d], []) = normals.as_chunks() else { return };
                let ([to_a, to_b, to_c, to_d], []) = row.as_chunks_mut() else { return };
                a = moved(a, of_a, *step);
                b = moved(b, of_b, *step);
                c = moved(c, of_c, *step);
                d = moved(d, of_d, *step);
                (*to_a, *to_b, *to_c, *to_d) = (a, b, c, d);
            }
        }
        for (path, open) in (paths - rest.len()..).zip(rest) {
            let mut price = *open;
            for (interval, (expected, deviation)) in steps[..intervals].iter().enumerate() {
                price += deviation.mul_add(normals[interval * pitch + first + path], *expected);
                rows[interval * paths + path] = price;
            }
        }
    }
}

/// Log-prices after a move.
#[inline(always)]
fn moved(prices: [f64; LANES], normals: &[f64; LANES], (expected, deviation): (f64, f64)) -> [f64; LANES] {
    let mut ends = [0.0; LANES];
    for ((end, price), normal) in ends.iter_mut().zip(prices).zip(normals) {
        *end = price + deviation.mul_add(*normal, expected);
    }
    ends
}

impl Stepper for Diffusion {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {}

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn events_only_add(&self) -> bool {
        true
    }

    fn stride_over(&self, ends: &[f64]) -> usize {
        ends.len()
    }

    fn plan_stride(&mut self, durations: &[f64], _lanes: usize, _noise: &mut Stream) {
        Self::plan_stride(self, durations);
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
