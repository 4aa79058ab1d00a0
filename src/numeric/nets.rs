//! Scrambled nets that lead the paths of a block.
//!
//! The first draws of a path, those that decide most of where it goes, need not be independent from path to path. 256 neighbouring
//! paths take them from the points of one Sobol net under Owen's scrambling: every path by itself has the law it always had, each
//! of its coordinates is uniform, and together they fill the cube more evenly than chance does. The nets are scrambled independently,
//! so that what 256 paths come to is a replicate of the same quantity, and the spread of the replicates is the error of their
//! mean (Owen 1997, "Scrambled net variance for integrals of smooth functions"; L'Ecuyer 2018, "Randomized quasi-Monte Carlo: an
//! introduction for practitioners"). Its variance is at worst a small multiple of that of independent paths, for any function.
//!
//! The points are dealt out to the paths in a random order, so that any choice of paths by their number is one by chance. Where neighbours are
//! mirror images, both have the same point: the first half of the net, which is a net itself.

use std::sync::LazyLock;

use super::dispatch::{Kernel, dispatch};
use super::normal::normal_quantiles;
use super::purpose::Purpose;
use super::random::{Stream, mix64};
use super::sobol::{SOBOL_DIMENSIONS, Sobol, owen_scrambled};

/// Paths of one net; part of the definition of the random numbers.
pub const NET: usize = 256;

/// Normals that are inverted together.
const LANES: usize = 16;

/// By coordinate, the points of a net with their bits reversed.
static POINTS: LazyLock<Vec<[u32; NET]>> = LazyLock::new(|| {
    let sobol = Sobol::default();
    let points = |dimension| std::array::from_fn(|index| sobol.reversed(dimension, index as u32));
    (0..SOBOL_DIMENSIONS).map(points).collect()
});

/// The nets of one block, whose coordinates are handed out one after the other.
#[derive(Debug, Default)]
pub struct Nets {
    /// The point of each path.
    order: Vec<u8>,
    /// Decides the scramblings, by net.
    keys: Vec<u64>,
    words: Vec<u64>,
    /// Coordinates that were handed out.
    taken: usize,
}

impl Nets {
    /// Starts the block of a seed, of so many paths; in `pairs` two neighbours share a point.
    pub fn begin(&mut self, seed: u64, block: u64, lanes: usize, pairs: bool) {
        let nets = lanes.div_ceil(NET);
        self.taken = 0;
        self.words.resize(nets * (NET + 1), 0);
        Stream::new(seed, Purpose::Net, block).words(&mut self.words);
        let (keys, words) = self.words.split_at(nets);
        self.keys.clear();
        self.keys.extend(keys);
        self.order.clear();
        for words in words.chunks_exact(NET) {
            // Fisher and Yates.
            let mut order: [u8; NET] = std::array::from_fn(|index| index as u8);
            let points = if pairs { NET / 2 } else { NET };
            for (last, word) in words.iter().enumerate().take(points).skip(1) {
                order.swap(last, (((word >> 32) * (last as u64 + 1)) >> 32) as usize);
            }
            let times = NET / points;
            self.order.extend(order[..points].iter().flat_map(|point| std::iter::repeat_n(*point, times)));
        }
        self.order.truncate(lanes);
    }

    /// Coordinates that are left.
    pub fn left(&self) -> usize {
        SOBOL_DIMENSIONS - self.taken
    }

    /// Fills with uniforms in (0, 1), one a path: the next coordinate. False, and nothing is done, where none is left.
    pub fn uniforms(&mut self, out: &mut Vec<f64>) -> bool {
        self.next(out, false)
    }

    /// The same with standard normals.
    pub fn normals(&mut self, out: &mut Vec<f64>) -> bool {
        self.next(out, true)
    }

    fn next(&mut self, out: &mut Vec<f64>, normal: bool) -> bool {
        let Some(points) = POINTS.get(self.taken) else { return false };
        self.taken += 1;
        out.resize(self.order.len(), 0.0);
        let nets = self.order.chunks(NET).zip(out.chunks_mut(NET)).zip(&self.keys);
        for ((order, out), key) in nets {
            let seed = mix64(key.wrapping_add((self.taken as u64) << 32)) as u32;
            dispatch(Coordinate { points, order, seed, normal, out });
        }
        true
    }
}

struct Coordinate<'a> {
    points: &'a [u32; NET],
    order: &'a [u8],
    seed: u32,
    normal: bool,
    out: &'a mut [f64],
}

impl Kernel for Coordinate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { points, order, seed, normal, out } = self;
        for (out, order) in out.chunks_mut(LANES).zip(order.chunks(LANES)) {
            // Fetched first: in the same loop they would be scrambled one by one.
            let mut fetched = [0; LANES];
            for (point, index) in fetched.iter_mut().zip(order) {
                *point = points[usize::from(*index)];
            }
            let mut lanes = [0.5; LANES];
            for (lane, point) in lanes.iter_mut().zip(fetched) {
                *lane = owen_scrambled(point, seed);
            }
            if normal {
                normal_quantiles(&mut lanes);
            }
            out.copy_from_slice(&lanes[..out.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinates(seed: u64, lanes: usize) -> Vec<Vec<f64>> {
        let mut nets = Nets::default();
        nets.begin(seed, 7, lanes, false);
        let mut all = Vec::new();
        let mut out = Vec::new();
        while nets.uniforms(&mut out) {
            all.push(out.clone());
        }
        all
    }

    #[test]
    fn each_net_has_one_point_to_an_interval_and_the_next_is_another() {
        let all = coordinates(3, 1024);
        assert_eq!(all.len(), SOBOL_DIMENSIONS);
        for coordinate in &all {
            for net in coordinate.chunks(NET) {
                let mut seen = [false; NET];
                for u in net {
                    assert!(!std::mem::replace(&mut seen[(u * NET as f64) as usize], true));
                }
            }
            assert_ne!(coordinate[..NET], coordinate[NET..2 * NET]);
        }
    }

    /// Boxes of a sixteenth by a sixteenth hold one point each in the first two coordinates, a (0, 8, 2)-net.
    #[test]
    fn two_coordinates_fill_the_square() {
        let all = coordinates(5, NET);
        let mut seen = [false; NET];
        for (x, y) in all[0].iter().zip(&all[1]) {
            let cell = (x * 16.0) as usize * 16 + (y * 16.0) as usize;
            assert!(!std::mem::replace(&mut seen[cell], true));
        }
    }

    /// Of 4,000 blocks the first path's coordinates are independent uniforms: their mean within 4 standard errors of ½, and so is the
    /// product of two of one quarter. False alarms: below 1 in 1,000.
    #[test]
    fn one_path_by_itself_is_as_ever() {
        let blocks = 4_000;
        let (mut sum, mut product) = (0.0, 0.0);
        let (mut nets, mut one, mut two) = (Nets::default(), Vec::new(), Vec::new());
        for block in 0..blocks {
            nets.begin(1, block, NET, false);
            nets.uniforms(&mut one);
            nets.uniforms(&mut two);
            sum += one[0];
            product += one[0] * two[0];
        }
        let n = blocks as f64;
        assert!((sum / n - 0.5).abs() < 4.0 / (12.0 * n).sqrt());
        // Var(UV) = 1/9 − 1/16.
        assert!((product / n - 0.25).abs() < 4.0 * ((1.0 / 9.0 - 1.0 / 16.0) / n).sqrt());
    }

    /// Paths of even number are any half of the net: they lie in both halves of each coordinate.
    #[test]
    fn a_choice_by_number_is_one_by_chance() {
        for coordinate in coordinates(11, NET) {
            let low = coordinate.iter().step_by(2).filter(|u| **u < 0.5).count();
            // Hypergeometric, mean 64 and deviation 4; six of them.
            assert!((40..=88).contains(&low), "{low}");
        }
    }
}
