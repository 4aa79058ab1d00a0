//! Scrambled nets of paths whose events are drawn first, and the price given these.
//!
//! Jumps that are not normal, jumps that excite each other and switches of volatility leave a log-price that is Gaussian given the events:
//! pieces of known drift and variance with known jumps in between. So the coordinates after the first draw the events in the order of time
//! (`event_law`), the first one then draws the sum of the random parts of all pieces, the closing price, and the pieces are
//! normals conditioned on it, one after the other. The twin has the path's whole drift, jumps included, spread evenly over the
//! variance; given the events and the closing price the chance that it touches a barrier is known.

use super::beyond::Beyond;
use super::event_law::{EventLaw, MOST_DRAWS, Stretch};
use super::points::{LANES, Lanes, Points, seeds};
use super::twin::{Bridge, Twin, positive, split, survive};
use crate::numeric::{Kernel, normal_quantiles};

/// Columns, and sums over the points of a net, by level and lane.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Seeds of the scramblings, by coordinate and lane.
    seeds: Vec<[u64; LANES]>,
    stretches: Vec<Stretch>,
    hits: Vec<Lanes>,
    survival: Vec<Lanes>,
    /// Survival of the twin.
    twins: Vec<Lanes>,
    beyond: Beyond,
}

/// A part of some scramblings of a net of paths under a law, and the barriers that they may touch.
pub(super) struct EventNet<'a, L> {
    pub law: &'a L,
    /// −1 mirrors the log-price, for a short.
    pub sign: f64,
    /// Years.
    pub horizon: f64,
    /// Mirrored log-prices.
    pub barriers: &'a [f64],
    /// The same, rising: how likely a path is to touch a barrier and to close at each or above is told, too.
    pub marks: &'a [f64],
    pub points: Points<'a>,
    pub scratch: &'a mut Scratch,
    /// To be filled, by scrambling, and then by barrier and by barrier and mark: what the part adds to the estimates.
    pub out: &'a mut [f64],
}

impl<L: EventLaw> Kernel for EventNet<'_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { law, sign, horizon, barriers, marks, points, scratch, out } = self;
        let lane_keys = points.lane_keys();
        scratch.seeds.clear();
        scratch.hits.clear();
        scratch.hits.resize(barriers.len(), [0.0; LANES]);
        scratch.beyond.begin(barriers, marks);
        // A stretch takes what its law draws, and one normal.
        let draws = law.draws();
        let dimension = |stretch: usize, draw: usize| 1 + stretch * (draws + 1) + draw;
        for start in points.part.clone().step_by(points.neighbours() as usize) {
            let index = points.index(start);
            scratch.beyond.note(&scratch.hits);
            let coordinates = |seeds_of: &mut Vec<[u64; LANES]>, dimension: usize, out: &mut Lanes| {
                while seeds_of.len() <= dimension {
                    seeds_of.push(seeds(&lane_keys, seeds_of.len()));
                }
                points.coordinates(dimension, &seeds_of[dimension], &index, out);
            };
            let mut drawn = [[0.5; LANES]; MOST_DRAWS];
            coordinates(&mut scratch.seeds, 0, &mut drawn[0]);
            let mut state = law.begin(&drawn[0]);
            let (mut left, mut drift, mut variance) = ([horizon; LANES], [0.0; LANES], [0.0; LANES]);
            scratch.stretches.clear();
            loop {
                let number = scratch.stretches.len();
                for (draw, out) in drawn.iter_mut().take(draws).enumerate() {
                    coordinates(&mut scratch.seeds, dimension(number, draw), out);
                }
                let stretch = law.stretch(&mut state, &mut drawn, &mut left);
                let mut longest = 0.0;
                for lane in 0..LANES {
                    drift[lane] += stretch.drift[lane] + stretch.jump[lane];
                    variance[lane] += stretch.variance[lane];
                    longest = if left[lane] > longest { left[lane] } else { longest };
                }
                scratch.stretches.push(stretch);
                if longest <= 0.0 {
                    break;
                }
            }
            let mut rest = points.first_coordinates(&lane_keys, &index);
            normal_quantiles(&mut rest);
            for lane in 0..LANES {
                rest[lane] *= variance[lane].sqrt();
                drift[lane] *= sign;
            }
            let twin = Twin::new(drift, &rest, &variance);
            for columns in [&mut scratch.survival, &mut scratch.twins] {
                columns.clear();
                columns.resize(barriers.len(), [1.0; LANES]);
            }
            let (mut price, mut level) = ([0.0; LANES], [0.0; LANES]);
            let last = scratch.stretches.len() - 1;
            for (number, stretch) in scratch.stretches.iter().enumerate() {
                let mut moved = rest;
                if number < last {
                    let mut normals = [0.0; LANES];
                    coordinates(&mut scratch.seeds, dimension(number, draws), &mut normals);
                    normal_quantiles(&mut normals);
                    for lane in 0..LANES {
                        let (share, spread) = split(stretch.variance[lane], variance[lane]);
                        moved[lane] = spread.mul_add(normals[lane], share * rest[lane]);
                    }
                }
                let (mut open, mut scale) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let own = stretch.variance[lane];
                    open[lane] = price[lane];
                    price[lane] += sign.mul_add(stretch.drift[lane], moved[lane]);
                    rest[lane] -= moved[lane];
                    variance[lane] = positive(variance[lane] - own);
                    // A path that has arrived has stretches of no length, which touch nothing new.
                    scale[lane] = -2.0 / if own > 1e-300 { own } else { 1e-300 };
                }
                let from = level;
                level = twin.levels(&rest, &variance);
                let bridge = Bridge { open, close: price, scale };
                bridge.strike(barriers, &mut scratch.hits, &mut scratch.survival, &[1.0; LANES]);
                survive(barriers, &mut scratch.twins, &from, &level, &scale);
                for (price, jump) in price.iter_mut().zip(&stretch.jump) {
                    *price += sign * jump;
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
