//! Scrambled nets: the points of a part of a net, some scramblings of them side by side.
//!
//! Lanes hold the same point of several scramblings, and its neighbours where there are fewer scramblings than lanes. The first
//! coordinate takes one value in each interval of length 1/points, in order; the others are Sobol's, scrambled, as far as
//! there are direction numbers, and independent uniforms beyond.

use std::ops::Range;
use std::sync::LazyLock;

use crate::numeric::{SOBOL_DIMENSIONS, Sobol, mix64, owen_scrambled};

/// Direction numbers, computed once.
pub(super) static SOBOL: LazyLock<Sobol> = LazyLock::new(Sobol::default);

/// Paths that go together.
pub(super) const LANES: usize = 32;

/// A number for each of them.
pub(super) type Lanes = [f64; LANES];

/// A part of some scramblings of a net.
#[derive(Clone)]
pub(super) struct Points<'a> {
    pub sobol: &'a Sobol,
    /// Decide the scramblings: a power of two of them, at most [`LANES`].
    pub keys: &'a [u64],
    /// Number of points of the net, a power of two.
    pub all: u32,
    /// The points of this part; both ends are multiples of [`LANES`].
    pub part: Range<u32>,
}

impl Points<'_> {
    /// Points that go together.
    #[inline(always)]
    pub fn neighbours(&self) -> u32 {
        (LANES / self.keys.len()) as u32
    }

    /// The key of each lane's scrambling.
    #[inline(always)]
    pub fn lane_keys(&self) -> [u64; LANES] {
        let mut lane_keys = [0; LANES];
        for (lane, key) in lane_keys.iter_mut().enumerate() {
            *key = self.keys[lane % self.keys.len()];
        }
        lane_keys
    }

    /// The number of each lane's point, where they go on from one.
    #[inline(always)]
    pub fn index(&self, start: u32) -> [u32; LANES] {
        let mut index = [0; LANES];
        for (lane, index) in index.iter_mut().enumerate() {
            *index = start + (lane / self.keys.len()) as u32;
        }
        index
    }

    /// The first coordinate.
    #[inline(always)]
    pub fn first_coordinates(&self, keys: &[u64; LANES], index: &[u32; LANES]) -> Lanes {
        let mut out = [0.0; LANES];
        let width = 1.0 / f64::from(self.all);
        for ((out, key), index) in out.iter_mut().zip(keys).zip(index) {
            *out = (f64::from(*index) + unit(mix64(key ^ u64::from(*index)))) * width;
        }
        out
    }

    /// Another coordinate; the seeds are those of [`seeds`] of this dimension.
    #[inline(always)]
    pub fn coordinates(&self, dimension: usize, seeds: &[u64; LANES], index: &[u32; LANES], out: &mut Lanes) {
        if dimension < SOBOL_DIMENSIONS {
            let mut points = [0; LANES];
            for lane in 0..LANES {
                // Neighbours come in runs.
                points[lane] = match lane > 0 && index[lane] == index[lane - 1] {
                    true => points[lane - 1],
                    false => self.sobol.reversed(dimension, index[lane]),
                };
            }
            for ((out, point), seed) in out.iter_mut().zip(&points).zip(seeds) {
                *out = owen_scrambled(*point, *seed as u32);
            }
        } else {
            for ((out, index), seed) in out.iter_mut().zip(index).zip(seeds) {
                *out = unit(mix64(seed ^ u64::from(*index)));
            }
        }
    }

    /// The mean over the net of what the points of this part have summed up by barrier and lane, by scrambling and barrier.
    pub fn average(&self, sums: &[Lanes], out: &mut [f64]) {
        for (scrambling, out) in out.chunks_exact_mut(sums.len()).enumerate() {
            for (out, sums) in out.iter_mut().zip(sums) {
                let own = sums.iter().skip(scrambling).step_by(self.keys.len());
                *out = own.sum::<f64>() / f64::from(self.all);
            }
        }
    }
}

/// Seeds of the scramblings of a dimension, by lane.
#[inline(always)]
pub(super) fn seeds(lane_keys: &[u64; LANES], dimension: usize) -> [u64; LANES] {
    let mut seeds = [0; LANES];
    // (A loop: mapping an array of this length is slow.)
    for (seed, key) in seeds.iter_mut().zip(lane_keys) {
        *seed = mix64(key.wrapping_add((dimension as u64 + 1) << 32));
    }
    seeds
}

/// A uniform in (0, 1) from 52 bits.
#[inline(always)]
fn unit(word: u64) -> f64 {
    const ONE: u64 = 1023 << 52;
    f64::from_bits((word >> 12) | ONE) - (1.0 - f64::EPSILON / 2.0)
}
