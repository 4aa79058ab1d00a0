//! Which bars touch a barrier, and when inside the bar.
//!
//! Distances are mirrored so that liquidation always lies below: log-prices times +1 for a long, −1 for a short.

use crate::market::{Bars, Sides};
use crate::numeric::{Kernel, Stream, dispatch, first_passage_fraction};
use crate::venue::Side;

/// The extreme that can liquidate a position, and the sign that mirrors log-prices so that it lies below.
pub(super) fn watched(side: Side) -> (Sides, f64) {
    match side {
        Side::Long => (Sides::Low, 1.0),
        Side::Short => (Sides::High, -1.0),
    }
}

/// Finds the bars of a batch that touch the nearest barrier of their path, and draws what times inside them need.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Indices into the batch, ascending.
    pub indices: Vec<u32>,
    normals: Vec<f64>,
    uniforms: Vec<f64>,
}

impl Candidates {
    /// Finds the bars whose mirrored extreme is at or below `nearest` of their path.
    pub fn find(&mut self, bars: &Bars, nearest: &[f64], sign: f64, noise: &mut Stream) {
        self.seek(bars, nearest, sign);
        self.draw(bars, noise);
    }

    /// The first half of it, where candidates are to be looked at more closely.
    pub fn seek(&mut self, bars: &Bars, nearest: &[f64], sign: f64) {
        self.indices.clear();
        dispatch(Find { bars, nearest, sign, indices: &mut self.indices });
    }

    /// The same where only some bars of the batch, by index, can be candidates.
    #[inline(always)]
    pub fn seek_among(&mut self, near: &[u32], bars: &Bars, nearest: &[f64], sign: f64) {
        self.indices.clear();
        for place in near {
            let i = *place as usize;
            if sign * bars.extreme[i] <= nearest[bars.lanes[i] as usize] {
                self.indices.push(*place);
            }
        }
    }

    /// The second half: draws what times inside the candidates need.
    pub fn draw(&mut self, bars: &Bars, noise: &mut Stream) {
        let n = self.indices.len();
        // A look has no inside.
        let is_look =
            bars.duration.first() == Some(&0.0) && bars.duration.iter().all(|duration| *duration == 0.0);
        if n > 0 && !is_look {
            self.normals.resize(n, 0.0);
            self.uniforms.resize(n, 0.0);
            noise.normals(&mut self.normals);
            noise.uniforms(&mut self.uniforms);
        }
    }

    /// Time at which the `k`-th candidate first touches a barrier inside its bar, in years since the start. All levels
    /// share the draws, so a nearer barrier is never touched later.
    #[inline(always)]
    pub fn time(&self, k: usize, bars: &Bars, barrier: f64, sign: f64) -> f64 {
        let i = self.indices[k] as usize;
        if bars.duration[i] == 0.0 {
            return bars.start[i];
        }
        let fraction = first_passage_fraction(
            sign * bars.open[i] - barrier,
            (sign * bars.close[i] - barrier).abs(),
            bars.variance[i],
            self.normals[k],
            self.uniforms[k],
        );
        fraction.mul_add(bars.duration[i], bars.start[i])
    }
}

struct Find<'a> {
    bars: &'a Bars,
    nearest: &'a [f64],
    sign: f64,
    indices: &'a mut Vec<u32>,
}

impl Kernel for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bars, nearest, sign, indices } = self;
        if bars.len() == nearest.len() {
            Reached { prices: &bars.extreme, nearest, sign, indices }.run();
        } else {
            for (i, (extreme, lane)) in bars.extreme.iter().zip(&bars.lanes).enumerate() {
                if sign * extreme <= nearest[*lane as usize] {
                    indices.push(i as u32);
                }
            }
        }
    }
}

struct Reached<'a> {
    prices: &'a [f64],
    nearest: &'a [f64],
    sign: f64,
    indices: &'a mut Vec<u32>,
}

impl Kernel for Reached<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const CHUNK: usize = 64;
        let Self { prices, nearest, sign, indices } = self;
        // Whole chunks without a hit are passed over.
        for (chunk, (prices, nearest)) in prices.chunks(CHUNK).zip(nearest.chunks(CHUNK)).enumerate() {
            let mut any = false;
            for (price, nearest) in prices.iter().zip(nearest) {
                any |= sign * price <= *nearest;
            }
            if any {
                for (i, (price, nearest)) in prices.iter().zip(nearest).enumerate() {
                    if sign * price <= *nearest {
                        indices.push((chunk * CHUNK + i) as u32);
                    }
                }
            }
        }
    }
}
