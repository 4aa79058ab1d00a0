//! Scrambled nets of paths with normal jumps, from jump to jump.
//!
//! Of the first coordinate the leading part is read as the number n of jumps and the rest as
//! the closing price given n; so points run through the numbers of jumps in order, and lanes, the same point of several scramblings,
//! have the same number of jumps and so the same work. Given the closing price, the pieces of a path (continuous stretch, jump, stretch, ...) are normals conditioned on their
//! sum, drawn one after the other with the variance still to come as the clock of a bridge. Jump times are the order
//! statistics of uniforms. These draws come from Sobol coordinates as far as there are any.
//!
//! What is left after that is mostly how the path gets from jump to jump: the same way as its twin (`twin`), nearly.

use super::beyond::Beyond;
use super::law::Law;
use super::points::{LANES, Lanes, Points, seeds};
use super::twin::{Bridge, Twin, positive, split, survive};
use crate::numeric::{Kernel, exp, ln, normal_quantiles};

/// Columns, and sums over the points of a net, by level and lane.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Seeds of the scramblings, by coordinate and lane.
    seeds: Vec<[u64; LANES]>,
    hits: Vec<Lanes>,
    survival: Vec<Lanes>,
    /// Survival of the twin.
    twins: Vec<Lanes>,
    beyond: Beyond,
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
    /// The same, rising: how likely a path is to touch a barrier and to close at each or above is told, too.
    pub marks: &'a [f64],
    pub points: Points<'a>,
    pub scratch: &'a mut Scratch,
    /// To be filled, by scrambling, and then by barrier and by barrier and mark: what the part adds to the estimates.
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
            marks,
            points,
            scratch,
            out,
        } = self;
        let neighbours = points.neighbours();
        let lane_keys = points.lane_keys();
        scratch.seeds.clear();
        // Growing as points come to have more jumps, it would be copied again and again.
        scratch.seeds.reserve(3 * jump_counts.len());
        let variance_rate = law.volatility * law.volatility;
        let jump_variance = law.std_dev * law.std_dev;
        let jump_scale = -2.0 / jump_variance.max(1e-300);
        scratch.hits.clear();
        scratch.hits.resize(barriers.len(), [0.0; LANES]);
        scratch.beyond.begin(barriers, marks);
        let mut fewest = 0;
        for start in points.part.clone().step_by(neighbours as usize) {
            let index = points.index(start);
            scratch.beyond.note(&scratch.hits);
            scratch.survival.clear();
            scratch.survival.resize(barriers.len(), [1.0; LANES]);
            // The number of jumps and the closing price.
            let mut rest = points.first_coordinates(&lane_keys, &index);
            let (mut jumps, mut number) = ([0.0; LANES], 0);
            if jump_counts.len() > 1 {
                while f64::from(start) > jump_counts[fewest] * f64::from(points.all) {
                    fewest += 1;
                }
                number = fewest;
                let below = |own: usize| if own == 0 { 0.0 } else { jump_counts[own - 1] };
                let within = |u: f64, low: f64, width: f64| {
                    ((u - low) / width).clamp(f64::EPSILON, 1.0 - f64::EPSILON)
                };
                if f64::from(start + neighbours) <= jump_counts[fewest] * f64::from(points.all) {
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
                scratch.seeds.push(seeds(&lane_keys, scratch.seeds.len()));
            }
            normal_quantiles(&mut rest);
            let mut variance = [0.0; LANES];
            for lane in 0..LANES {
                variance[lane] = jumps[lane].mul_add(jump_variance, variance_rate * horizon);
                rest[lane] *= variance[lane].sqrt();
            }
            let (mut price, mut time) = ([0.0; LANES], [horizon; LANES]);
            // Of the jumps only their mean is known beforehand. (A loop: mapping an array of this length is slow.)
            let mut drift = [0.0; LANES];
            for (drift, jumps) in drift.iter_mut().zip(&jumps) {
                *drift = law.drift.mul_add(horizon, law.mean * jumps);
            }
            let twin = Twin::new(drift, &rest, &variance);
            let mut level = [0.0; LANES];
            for bar in 0..=number {
                let done = bar as f64;
                let (mut gap, mut move_draw, mut jump_draw) = ([0.5; LANES], [0.0; LANES], [0.0; LANES]);
                if bar < number {
                    points.coordinates(3 * bar, &scratch.seeds[3 * bar], &index, &mut gap);
                    points.coordinates(3 * bar + 1, &scratch.seeds[3 * bar + 1], &index, &mut move_draw);
                    points.coordinates(3 * bar + 2, &scratch.seeds[3 * bar + 2], &index, &mut jump_draw);
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
                let bridge = Bridge { open, close: price, scale };
                bridge.strike(barriers, &mut scratch.hits, &mut scratch.survival, &weight);
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
                twin.correct(*barrier, twins, hits);
            }
            scratch.beyond.add(marks, &price, &scratch.hits);
        }
        scratch.beyond.append(marks, &mut scratch.hits);
        points.average(&scratch.hits, out);
    }
}
