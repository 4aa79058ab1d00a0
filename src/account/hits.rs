//! Which bars touch a barrier, and when inside the bar.
//!
//! Distances are mirrored so that liquidation always lies below: log-prices times +1 for a long, −1 for a short.

use crate::market::Bars;
use crate::numeric::{Kernel, Stream, dispatch, first_passage_fraction};

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
        self.indices.clear();
        dispatch(Find { bars, nearest, sign, indices: &mut self.indices });
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

/// Several looks at the price of every path: the running extreme, and who has touched the nearest barrier.
pub(super) struct Looks<'a> {
    /// By look and path.
    pub prices: &'a [f64],
    /// By path.
    pub nearest: &'a [f64],
    pub sign: f64,
    /// Mirrored running extreme by path.
    pub deepest: &'a mut [f64],
    /// To be filled, by look: the paths at a new extreme that is at or below their nearest barrier.
    pub lanes: &'a mut [Vec<u32>],
}

/// Paths whose running extremes are held in registers over all looks.
const TOGETHER: usize = 16;

impl Kernel for Looks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { prices, nearest, sign, deepest, lanes } = self;
        let paths = deepest.len();
        let whole = paths - paths % TOGETHER;
        for start in (0..whole).step_by(TOGETHER) {
            let mut lowest = [f64::INFINITY; TOGETHER];
            for row in prices.chunks_exact(paths) {
                for (lowest, price) in lowest.iter_mut().zip(&row[start..start + TOGETHER]) {
                    let price = sign * price;
                    *lowest = if price < *lowest { price } else { *lowest };
                }
            }
            let near = &nearest[start..start + TOGETHER];
            let mut touched = 0_u32;
            for (i, (lowest, near)) in lowest.iter().zip(near).enumerate() {
                touched |= u32::from(*lowest <= *near) << i;
            }
            for (deepest, lowest) in deepest[start..start + TOGETHER].iter_mut().zip(lowest) {
                *deepest = if lowest < *deepest { lowest } else { *deepest };
            }
            while touched != 0 {
                let i = touched.trailing_zeros() as usize;
                touched &= touched - 1;
                list(prices, paths, start + i, near[i], sign, lanes);
            }
        }
        for path in whole..paths {
            for price in prices[path..].iter().step_by(paths) {
                let price = sign * price;
                deepest[path] = if price < deepest[path] { price } else { deepest[path] };
            }
            list(prices, paths, path, nearest[path], sign, lanes);
        }
    }
}

/// Adds a path to the looks at which its price touches its nearest barrier and is not above any look before.
#[inline(always)]
fn list(prices: &[f64], paths: usize, path: usize, nearest: f64, sign: f64, lanes: &mut [Vec<u32>]) {
    let mut lowest = nearest;
    for (lanes, price) in lanes.iter_mut().zip(prices[path..].iter().step_by(paths)) {
        let price = sign * price;
        if price <= lowest {
            lowest = price;
            lanes.push(path as u32);
        }
    }
}
