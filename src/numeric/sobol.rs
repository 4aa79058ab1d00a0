//! Sobol points under Owen's scrambling.
//!
//! Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), file
//! `new-joe-kuo-6.21201`. Scrambling: nested and uniform (A. Owen 1995), by the hash of S. Laine and T. Karras (2011) with the
//! constants of B. Burley, "Practical hash-based Owen scrambling" (2020). Each point of a scrambled net is uniform by
//! itself, so means are unbiased; the net as a whole keeps its stratification, and nets of other seeds are independent, so
//! their spread gives the error.

/// Coordinates that there are direction numbers for.
pub const SOBOL_DIMENSIONS: usize = 21;

const BITS: usize = 32;

/// Degree, inner coefficients of the polynomial as bits, and initial direction numbers of the coordinates from the second on.
const PRIMITIVE: [(u32, u32, [u32; 7]); SOBOL_DIMENSIONS - 1] = [
    (1, 0, [1, 0, 0, 0, 0, 0, 0]),
    (2, 1, [1, 3, 0, 0, 0, 0, 0]),
    (3, 1, [1, 3, 1, 0, 0, 0, 0]),
    (3, 2, [1, 1, 1, 0, 0, 0, 0]),
    (4, 1, [1, 1, 3, 3, 0, 0, 0]),
    (4, 4, [1, 3, 5, 13, 0, 0, 0]),
    (5, 2, [1, 1, 5, 5, 17, 0, 0]),
    (5, 4, [1, 1, 5, 5, 5, 0, 0]),
    (5, 7, [1, 1, 7, 11, 19, 0, 0]),
    (5, 11, [1, 1, 5, 1, 1, 0, 0]),
    (5, 13, [1, 1, 1, 3, 11, 0, 0]),
    (5, 14, [1, 3, 5, 5, 31, 0, 0]),
    (6, 1, [1, 3, 3, 9, 7, 49, 0]),
    (6, 13, [1, 1, 1, 15, 21, 21, 0]),
    (6, 16, [1, 3, 1, 13, 27, 49, 0]),
    (6, 19, [1, 1, 1, 15, 7, 5, 0]),
    (6, 22, [1, 3, 1, 15, 13, 25, 0]),
    (6, 25, [1, 1, 5, 5, 19, 61, 0]),
    (7, 1, [1, 3, 7, 11, 23, 15, 103]),
    (7, 4, [1, 3, 7, 13, 13, 15, 69]),
];

/// Direction numbers of every coordinate, their bits reversed: what the scrambling works on.
#[derive(Debug, Clone)]
pub struct Sobol {
    reversed: Vec<[u32; BITS]>,
}

impl Default for Sobol {
    fn default() -> Self {
        let reversed = |dimension| directions(dimension).map(u32::reverse_bits);
        Self { reversed: (0..SOBOL_DIMENSIONS).map(reversed).collect() }
    }
}

impl Sobol {
    /// A coordinate of the point of an index, its bits reversed.
    #[inline(always)]
    pub fn reversed(&self, dimension: usize, index: u32) -> u32 {
        xor_of(&self.reversed[dimension], index)
    }
}

/// A coordinate, given with its bits reversed, scrambled by a seed: in (0, 1), the middle of a cell of 2⁻³².
#[inline(always)]
pub fn owen_scrambled(reversed: u32, seed: u32) -> f64 {
    const ONE: u64 = 1023 << 52;
    let word = scramble(reversed, seed).reverse_bits();
    f64::from_bits((u64::from(word) << 20) | ONE) - (1.0 - 0.5 / 4_294_967_296.0)
}

#[inline(always)]
fn xor_of(reversed: &[u32; BITS], index: u32) -> u32 {
    let (mut point, mut rest) = (0, index);
    while rest != 0 {
        point ^= reversed[rest.trailing_zeros() as usize];
        rest &= rest - 1;
    }
    point
}

/// Owen scrambling of a number with its bits reversed: each bit is flipped or not depending on the bits before it.
#[inline(always)]
fn scramble(reversed: u32, seed: u32) -> u32 {
    let mut x = reversed.wrapping_add(seed);
    for constant in [0x6c50_b47c_u32, 0xb82f_1e52, 0xc7af_e638, 0x8d22_f6e6] {
        x ^= x.wrapping_mul(constant);
    }
    x
}

fn directions(dimension: usize) -> [u32; BITS] {
    let mut v = [0; BITS];
    if dimension == 0 {
        for (bit, v) in v.iter_mut().enumerate() {
            *v = 1 << (BITS - 1 - bit);
        }
        return v;
    }
    let (degree, inner, initial) = PRIMITIVE[dimension - 1];
    let degree = degree as usize;
    for bit in 0..BITS {
        v[bit] = if bit < degree {
            initial[bit] << (BITS - 1 - bit)
        } else {
            let mut next = v[bit - degree] ^ (v[bit - degree] >> degree);
            for k in 1..degree {
                if (inner >> (degree - 1 - k)) & 1 == 1 {
                    next ^= v[bit - k];
                }
            }
            next
        };
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(dimension: usize, index: u32) -> f64 {
        f64::from(xor_of(&directions(dimension), index)) / 4_294_967_296.0
    }

    /// `scipy.stats.qmc.Sobol(21, scramble=False)`, which runs through the same points in Gray-code order.
    #[test]
    fn the_points_are_those_of_joe_and_kuo() {
        for (index, wanted) in SCIPY {
            let gray = index ^ (index >> 1);
            for (dimension, wanted) in [0, 1, 2, 3, 9, 14, 19, 20].into_iter().zip(wanted) {
                assert_eq!(point(dimension, gray), wanted, "point {index}, coordinate {dimension}");
            }
        }
    }

    /// Owen's scrambling maps every dyadic interval to a dyadic interval of the same length.
    #[test]
    fn scrambled_points_stay_one_to_an_interval() {
        let sobol = Sobol::default();
        for dimension in 0..SOBOL_DIMENSIONS {
            for seed in [0, 1, 0x9e37_79b9, u32::MAX] {
                let mut seen = [false; 256];
                for index in 0..256 {
                    let u = owen_scrambled(sobol.reversed(dimension, index), seed);
                    assert!(!std::mem::replace(&mut seen[(u * 256.0) as usize], true));
                }
            }
        }
    }

    /// For a fixed point the seed makes the value uniform: mean and variance within 5 standard errors of 1/2 and 1/12.
    #[test]
    fn every_point_is_uniform_by_itself() {
        let sobol = Sobol::default();
        let n = 40_000;
        let mut seeds = vec![0; n];
        crate::numeric::Stream::new(3, crate::numeric::Purpose::Hit, 0).words(&mut seeds);
        let (mut sum, mut squares) = (0.0, 0.0);
        for seed in seeds {
            let u = owen_scrambled(sobol.reversed(2, 37), seed as u32);
            sum += u;
            squares += (u - 0.5) * (u - 0.5);
        }
        let n = n as f64;
        assert!((sum / n - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt());
        assert!((squares / n - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / n).sqrt());
    }

    const SCIPY: [(u32, [f64; 8]); 5] = [
        (1, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (2, [0.75, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25]),
        (7, [0.125, 0.625, 0.375, 0.125, 0.875, 0.125, 0.875, 0.875]),
        (100, [0.4140625, 0.2578125, 0.7734375, 0.7265625, 0.6953125, 0.3203125, 0.3359375, 0.7578125]),
        (
            1000,
            [
                0.2197265625,
                0.0966796875,
                0.5185546875,
                0.6767578125,
                0.0693359375,
                0.1435546875,
                0.7255859375,
                0.5224609375,
            ],
        ),
    ];
}
