//! Scrambled nets of paths, from jump to jump.
//!
//! Point i of m has the first coordinate (i + u)/m, whose leading part is read as the number n of jumps and whose rest as
//! the closing price given n; so points run through the numbers of jumps in order. Lanes hold the same point of several scramblings, hence
//! paths with the same number of jumps and so with the same work. Given the
//! closing price, the pieces of a path (continuous stretch, jump, stretch, ...) are normals conditioned on their
//! sum, drawn one after the other with the variance still to come as the clock of a bridge. Jump times are the order
//! statistics of uniforms. These draws come from Sobol coordinates as far as there are any.
//!
//! What is left after that is mostly how the path gets from jump to jump. A Brownian motion of the same random parts, whose chance
//! of touching the barrier is known in closed form, goes the same way (`Twin`) and serves as control variate.

use super::law::Law;
use std::ops::Range;

use crate::numeric::{Kernel, SOBOL_DIMENSIONS, Sobol, exp, ln, mix64, normal_quantiles, owen_scrambled};

/// Paths that go together: some scramblings of one point, or of several neighbours.
pub(super) const LANES: usize = 32;

type Lanes = [f64; LANES];

/// Columns, and sums over the points of a net, by level and lane.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Seeds of the scramblings, by coordinate and lane.
    seeds: Vec<[u64; LANES]>,
    hits: Vec<Lanes>,
    survival: Vec<Lanes>,
    /// Survival of the twin.
    twins: Vec<Lanes>,
}

/// A part of some scramblings of a net of paths under a law, and the barriers that they may touch.
pub(super) struct Net<'a> {
    pub law: Law,
    /// Exponent of the weights, k.
    pub tilt: f64,
    /// ψ(k) of the law before it was tilted.
    pub cumulant: f64,
    /// Rate of jumps before over that after tilting: the weight of a jump at a known time, whatever its size.
    pub arrival: f64,
    /// Years.
    pub horizon: f64,
    /// Distribution function of the number of jumps.
    pub jump_counts: &'a [f64],
    /// Mirrored log-prices.
    pub barriers: &'a [f64],
    pub sobol: &'a Sobol,
    /// Decide the scramblings: a power of two of them, at most [`LANES`].
    pub keys: &'a [u64],
    /// Number of points, a power of two.
    pub points: u32,
    /// The points of this part; both ends are multiples of [`LANES`].
    pub part: Range<u32>,
    pub scratch: &'a mut Scratch,
    /// To be filled, by scrambling and barrier: what the part adds to the estimate.
    pub out: &'a mut [f64],
}

impl Kernel for Net<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            law,
            tilt,
            cumulant,
            arrival,
            horizon,
            jump_counts,
            barriers,
            sobol,
            keys,
            points,
            part,
            scratch,
            out,
        } = self;
        let neighbours = LANES / keys.len();
        let mut lane_keys = [0; LANES];
        for (lane, key) in lane_keys.iter_mut().enumerate() {
            *key = keys[lane % keys.len()];
        }
        scratch.seeds.clear();
        let variance_rate = law.volatility * law.volatility;
        let jump_variance = law.std_dev * law.std_dev;
        let jump_scale = -2.0 / jump_variance.max(1e-300);
        scratch.hits.clear();
        scratch.hits.resize(barriers.len(), [0.0; LANES]);
        let mut fewest = 0;
        for start in part.step_by(neighbours) {
            let mut index = [0; LANES];
            for (lane, index) in index.iter_mut().enumerate() {
                *index = start + (lane / keys.len()) as u32;
            }
            scratch.survival.clear();
            scratch.survival.resize(barriers.len(), [1.0; LANES]);
            // The number of jumps and the closing price.
            let mut rest = first_coordinates(&lane_keys, &index, points);
            let (mut jumps, mut number) = ([0.0; LANES], 0);
            if jump_counts.len() > 1 {
                while f64::from(start) > jump_counts[fewest] * f64::from(points) {
                    fewest += 1;
                }
                number = fewest;
                let below = |own: usize| if own == 0 { 0.0 } else { jump_counts[own - 1] };
                let within = |u: f64, low: f64, width: f64| {
                    ((u - low) / width).clamp(f64::EPSILON, 1.0 - f64::EPSILON)
                };
                if f64::from(start + neighbours as u32) <= jump_counts[fewest] * f64::from(points) {
                    // Mostly all have the same number of jumps.
                    let low = below(fewest);
                    let width = jump_counts[fewest] - low;
                    for (u, jumps) in rest.iter_mut().zip(&mut jumps) {
                        *u = within(*u, low, width);
                        *jumps = fewest as f64;
                    }
                } else {
                    for (u, jumps) in rest.iter_mut().zip(&mut jumps) {
                        let mut own = fewest;
                        while *u > jump_counts[own] {
                            own += 1;
                        }
                        *u = within(*u, below(own), jump_counts[own] - below(own));
                        *jumps = own as f64;
                        number = number.max(own);
                    }
                }
            }
            // Under a tilted law the weight of a hit depends on its time, and the twin is no help; without jumps it is the path itself.
            scratch.twins.clear();
            scratch.twins.resize(if tilt == 0.0 && number > 0 { barriers.len() } else { 0 }, [1.0; LANES]);
            while scratch.seeds.len() < 3 * number {
                let dimension = scratch.seeds.len() as u64;
                scratch.seeds.push(lane_keys.map(|key| mix64(key.wrapping_add((dimension + 1) << 32))));
            }
            normal_quantiles(&mut rest);
            let mut variance = [0.0; LANES];
            for lane in 0..LANES {
                variance[lane] = jumps[lane].mul_add(jump_variance, variance_rate * horizon);
                rest[lane] *= variance[lane].sqrt();
            }
            let (mut price, mut time) = ([0.0; LANES], [horizon; LANES]);
            let twin = Twin::new(&law, horizon, &jumps, &rest, &variance);
            let mut level = [0.0; LANES];
            for bar in 0..=number {
                let done = bar as f64;
                let (mut gap, mut move_draw, mut jump_draw) = ([0.5; LANES], [0.0; LANES], [0.0; LANES]);
                if bar < number {
                    coordinates(sobol, 3 * bar, &scratch.seeds, &index, &mut gap);
                    coordinates(sobol, 3 * bar + 1, &scratch.seeds, &index, &mut move_draw);
                    coordinates(sobol, 3 * bar + 2, &scratch.seeds, &index, &mut jump_draw);
                    normal_quantiles(&mut move_draw);
                    normal_quantiles(&mut jump_draw);
                }
                // The continuous stretch up to the next jump or the horizon.
                let (mut open, mut scale, mut weight) = ([0.0; LANES], [0.0; LANES], [1.0; LANES]);
                let (mut duration, mut moved) = (time, rest);
                if bar < number {
                    for lane in 0..LANES {
                        let left = jumps[lane] - done;
                        let until_jump = time[lane] * (1.0 - exp(ln(gap[lane]) / left));
                        duration[lane] = if left > 0.0 { until_jump } else { time[lane] };
                        let (share, spread) = split(variance_rate * duration[lane], variance[lane]);
                        let part = spread.mul_add(move_draw[lane], share * rest[lane]);
                        moved[lane] = if left > 0.0 { part } else { rest[lane] };
                    }
                }
                for lane in 0..LANES {
                    let own = variance_rate * duration[lane];
                    open[lane] = price[lane];
                    price[lane] += law.drift.mul_add(duration[lane], moved[lane]);
                    rest[lane] -= moved[lane];
                    variance[lane] = positive(variance[lane] - own);
                    time[lane] -= duration[lane];
                    // A path that has arrived has stretches of no length, which touch nothing new.
                    scale[lane] = -2.0 / if own > 1e-300 { own } else { 1e-300 };
                }
                if tilt != 0.0 {
                    for lane in 0..LANES {
                        // That the stretch ends in a jump is part of what is known at its end.
                        let arrived = if jumps[lane] > done { arrival } else { 1.0 };
                        weight[lane] =
                            arrived * exp(cumulant.mul_add(horizon - time[lane], -tilt * price[lane]));
                    }
                }
                let from = level;
                level = twin.levels(&rest, &variance);
                for ((barrier, hits), survival) in
                    barriers.iter().zip(&mut scratch.hits).zip(&mut scratch.survival)
                {
                    for lane in 0..LANES {
                        let hit =
                            survival[lane] * touch(open[lane] - barrier, price[lane] - barrier, scale[lane]);
                        hits[lane] = hit.mul_add(weight[lane], hits[lane]);
                        survival[lane] -= hit;
                    }
                }
                survive(barriers, &mut scratch.twins, &from, &level, &scale);
                if bar < number {
                    for lane in 0..LANES {
                        let (share, spread) = split(jump_variance, variance[lane]);
                        let part = spread.mul_add(jump_draw[lane], share * rest[lane]);
                        let is_due = jumps[lane] > done;
                        let size = if is_due { part } else { 0.0 };
                        price[lane] += if is_due { law.mean + size } else { 0.0 };
                        rest[lane] -= size;
                        let own = if is_due { jump_variance } else { 0.0 };
                        variance[lane] = positive(variance[lane] - own);
                        scale[lane] = if is_due { jump_scale } else { -2.0 / 1e-300 };
                    }
                    let from = level;
                    level = twin.levels(&rest, &variance);
                    survive(barriers, &mut scratch.twins, &from, &level, &scale);
                }
            }
            for ((barrier, hits), twins) in barriers.iter().zip(&mut scratch.hits).zip(&scratch.twins) {
                for lane in 0..LANES {
                    let expected =
                        touch(-barrier, twin.end[lane] - barrier, -2.0 * twin.inverse_variance[lane]);
                    hits[lane] += expected - (1.0 - twins[lane]);
                }
            }
        }
        for (scrambling, out) in out.chunks_exact_mut(barriers.len()).enumerate() {
            for (out, hits) in out.iter_mut().zip(&scratch.hits) {
                let own = hits.iter().skip(scrambling).step_by(keys.len());
                *out = own.sum::<f64>() / f64::from(points);
            }
        }
    }
}

/// The Brownian motion that runs through the random parts of a path in order, its clock their variance, jumps as if they took
/// time, with the path's whole drift spread evenly. Given the number of jumps and the closing price it is a Brownian bridge, so
/// the chance that it touches a barrier is known: what it differs from its expectation is taken off as a control variate.
struct Twin {
    /// Random part of the closing price.
    random: Lanes,
    /// Drift up to the horizon, mean jumps included.
    drift: Lanes,
    inverse_variance: Lanes,
    end: Lanes,
}

impl Twin {
    #[inline(always)]
    fn new(law: &Law, horizon: f64, jumps: &Lanes, random: &Lanes, variance: &Lanes) -> Self {
        let (mut drift, mut end, mut inverse_variance) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            drift[lane] = law.drift.mul_add(horizon, law.mean * jumps[lane]);
            end[lane] = random[lane] + drift[lane];
            inverse_variance[lane] = 1.0 / variance[lane];
        }
        Self { random: *random, drift, inverse_variance, end }
    }

    /// Where it stands with this much of the random part and of the variance still to come.
    #[inline(always)]
    fn levels(&self, rest: &Lanes, left: &Lanes) -> Lanes {
        let mut levels = [0.0; LANES];
        for lane in 0..LANES {
            let done = (-left[lane]).mul_add(self.inverse_variance[lane], 1.0);
            levels[lane] = self.drift[lane].mul_add(done, self.random[lane] - rest[lane]);
        }
        levels
    }
}

/// Takes from the survival of the twin, by barrier, what the stretch between two levels costs.
#[inline(always)]
fn survive(barriers: &[f64], twins: &mut [Lanes], from: &Lanes, to: &Lanes, scale: &Lanes) {
    for (barrier, twins) in barriers.iter().zip(twins) {
        for lane in 0..LANES {
            twins[lane] -= twins[lane] * touch(from[lane] - barrier, to[lane] - barrier, scale[lane]);
        }
    }
}

/// Chance that a Brownian bridge between two heights above a barrier touches it; `scale` is −2 over its variance.
#[inline(always)]
fn touch(open: f64, close: f64, scale: f64) -> f64 {
    let crossing = exp(open * close * scale);
    if (open <= 0.0) | (close <= 0.0) { 1.0 } else { crossing }
}

/// One point in every interval of length 1/points.
#[inline(always)]
fn first_coordinates(keys: &[u64; LANES], index: &[u32; LANES], points: u32) -> Lanes {
    let mut out = [0.0; LANES];
    let width = 1.0 / f64::from(points);
    for ((out, key), index) in out.iter_mut().zip(keys).zip(index) {
        *out = (f64::from(*index) + unit(mix64(key ^ u64::from(*index)))) * width;
    }
    out
}

/// A coordinate of some points: scrambled Sobol as far as there are direction numbers, independent uniforms beyond.
#[inline(always)]
fn coordinates(
    sobol: &Sobol,
    dimension: usize,
    seeds: &[[u64; LANES]],
    index: &[u32; LANES],
    out: &mut Lanes,
) {
    let seeds = &seeds[dimension];
    if dimension < SOBOL_DIMENSIONS {
        let mut points = [0; LANES];
        for lane in 0..LANES {
            // Neighbours come in runs.
            points[lane] = match lane > 0 && index[lane] == index[lane - 1] {
                true => points[lane - 1],
                false => sobol.reversed(dimension, index[lane]),
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

/// A uniform in (0, 1) from 52 bits.
#[inline(always)]
fn unit(word: u64) -> f64 {
    const ONE: u64 = 1023 << 52;
    f64::from_bits((word >> 12) | ONE) - (1.0 - f64::EPSILON / 2.0)
}

/// How a normal of variance `own` depends on the sum that it is part of, of variance `all`: the share of the sum that is
/// expected in it, and its standard deviation about that.
#[inline(always)]
fn split(own: f64, all: f64) -> (f64, f64) {
    let share = own / if all > 1e-300 { all } else { 1e-300 };
    let share = if share < 1.0 { share } else { 1.0 };
    (share, (own * (1.0 - share)).sqrt())
}

#[inline(always)]
fn positive(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}
