//! Pairs of standard normals from random words, in single precision.
//!
//! With u and t uniform, √(−2 ln u)·(cos 2πt, sin 2πt) are two independent standard normals (Box and Muller 1958). One word of
//! 64 bits gives both, at the cost of a logarithm, a square root and two short polynomials; lanes of 32 bits take twice as many of
//! them at once as doubles would. Inversion of the distribution function, in double precision, stays the way for numbers that must
//! keep their order.
//!
//! **What single precision does to a result.** The square of a radius is right to 6e-7 of itself and 2.5e-7, the angle to 2e-7; the
//! variance of a normal to 1e-7 (tests hold these). Prices are summed in double precision, where the rounding of many steps averages out
//! and the wrong variance remains: at d deviations it moves a probability to end beyond a level by d·φ(d)·1e-7/2, and one to have
//! been beyond it by twice that, at most 2.5e-8. In one single step the lumps of u count as well, 2⁻²⁴ = 6e-8 of probability. Together that is below
//! 1e-7, which a sampling error reaches after 10^13 paths; relative to itself, at six deviations, a probability is right to 1e-5.
//!
//! **The radius** comes from u = (k + ½)·2⁻⁵³ for 53 random bits k, rounded as numbers of single precision are, to 2⁻²⁴ of
//! itself: the smallest u is 2⁻⁵⁴ and the largest radius √(108 ln 2) = 8.65; radii beyond that have a probability of 5.6e-17. Near u = 1 the
//! rounding would leave lumps, one of them at radius 0. There f = u − 1 gets lower bits of k again, after it has been formed: from every lump
//! an interval, and no probability of a radius wrong by more than 2⁻²⁴.
//!
//! **The angle** is a quarter turn around zero in 32 bits; two more bits swap the normals and turn both signs. With the 30 upper bits
//! of u these are all there are, so the lower 23 bits of u are those of the angle too. Where u is above 2⁻⁷ both lose them in
//! rounding. Where it is smallest they say where an angle lies within one of 512 parts of its quarter, and the radius is a function of
//! that; the laws of u and of the angle by themselves are uniform all the same, and their joint tails are right (a test counts all words of
//! the farthest one; the smallest u are in the middle of each part for that).

use std::f32::consts::{FRAC_PI_4, LN_2};

/// Words that make up the smallest batch: their halves fill the widest vector of 32-bit lanes once with radii and once with angles.
pub(super) const WORDS: usize = LANES;
const LANES: usize = 16;

/// In f, highest degree first: −2·ln(1 + f)/f on −½ ≤ f ≤ 0 to 4.0e-8 of itself with these rounded coefficients (our own Chebyshev
/// approximation of 40-digit values, as are the next two).
const LOGARITHM: [f32; 9] = [
    -2.815_913_4,
    -3.260_423_4,
    -2.410_027_7,
    -0.363_143_3,
    -0.529_095_2,
    0.486_874_88,
    -0.667_324,
    0.999_987_5,
    -2.0,
];

/// In τ²: sin(πτ/4)/τ on |τ| ≤ 1 to 3.5e-8.
const SINE: [f32; 4] = [-3.595_429e-5, 0.002_490_006_9, -0.080_745_436, FRAC_PI_4];

/// In τ²: cos(πτ/4) on |τ| ≤ 1 to 9.5e-9.
const COSINE: [f32; 5] = [3.529_797e-6, -0.000_325_938_6, 0.015_854_325, -0.308_425_13, 1.0];

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut p = coefficients[0];
    for c in &coefficients[1..] {
        p = p.mul_add(x, *c);
    }
    p
}

/// The last bit of an exponent as it stands in the bits of a number. A power of two: to take it out of a factor rounds nothing.
const EXPONENT_UNIT: f32 = (1 << 23) as f32;
const SIGN: u32 = 1 << 31;
const SWAP: u32 = 1 << 30;

/// What the two halves of a word stand for in the logarithm of the radius: u = 2^exponent·(1 + f) with ½ ≤ 1 + f < 1. The exponent
/// comes times [`EXPONENT_UNIT`], as it stands in the bits of u.
#[inline(always)]
fn exponent_and_f(radius_bits: u32, angle_bits: u32) -> (f32, f32) {
    const HIGH: u32 = SWAP - 1;
    const LOW: u32 = (1 << 23) - 1;
    const LOW_MIDDLE: u32 = 1 << 22;
    /// Bits of 2⁻³⁰, above which the lower bits of u stand; it is taken away as a unit of the upper ones.
    const LOW_FLOOR: u32 = (127 - 30) << 23;
    const MANTISSA: u32 = (1 << 23) - 1;
    const HALF: u32 = 126 << 23;
    /// A little less than 2⁻³⁰: no u is rounded up to 1, and the smallest ones gain the half of their last bit.
    const UNIT: f32 = (1.0 - f32::EPSILON / 2.0) / SWAP as f32;

    let low = f32::from_bits((angle_bits & LOW) ^ (LOW_FLOOR | LOW_MIDDLE));
    let high = ((radius_bits & HIGH) as i32 - 1) as f32;
    let bits = high.mul_add(UNIT, low).to_bits();
    let mantissa = (bits & MANTISSA) | HALF;
    let exponent = bits.wrapping_sub(mantissa) as i32 as f32;
    // The lower bits of u go into f again, as 0 to 1 of its last place.
    let f = low.mul_add(-64.0 * (1.0 + f32::EPSILON), f32::from_bits(mantissa) - (1.0 - f32::EPSILON));
    (exponent, f)
}

/// The square of a radius.
#[inline(always)]
fn square_of_radius(exponent: f32, f: f32) -> f32 {
    exponent.mul_add(-2.0 * LN_2 / EXPONENT_UNIT, f * polynomial(&LOGARITHM, f))
}

/// The two normals of the square of a radius and the two halves of its word.
#[inline(always)]
fn turned(square: f32, radius_bits: u32, angle_bits: u32) -> (f32, f32) {
    const ANGLE_UNIT: f32 = 1.0 / SIGN as f32;

    let radius = f32::from_bits(square.sqrt().to_bits() ^ (radius_bits & SIGN));
    let tau = (angle_bits as i32 as f32).mul_add(ANGLE_UNIT, 0.5 * ANGLE_UNIT);
    let square = tau * tau;
    let cosine = radius * polynomial(&COSINE, square);
    let sine = radius * tau * polynomial(&SINE, square);
    if radius_bits & SWAP == 0 { (cosine, sine) } else { (sine, cosine) }
}

/// Room for what the loops over at most so many words leave to each other, on lines of the cache.
#[repr(align(64))]
pub(super) struct Room<const N: usize> {
    /// First f, then the squares of the radii.
    squares: [f32; N],
    exponents: [f32; N],
}

impl<const N: usize> Room<N> {
    #[inline(always)]
    pub fn new() -> Self {
        Self { squares: [0.0; N], exponents: [0.0; N] }
    }
}

/// Turns words, a multiple of [`WORDS`], into twice as many normals, or less than twice [`WORDS`] fewer. The first half of the words are
/// radii, the second angles; the first half of the normals are the cosines.
///
/// Three loops, one after the other: in a single one the chain of operations would be longer than a processor looks ahead.
#[inline(always)]
pub(super) fn normals_from_words<const N: usize>(words: &[[u8; 8]], room: &mut Room<N>, out: &mut [f64]) {
    let n = words.len();
    let (radii, angles) = words.as_flattened().split_at(4 * n);
    let (radii, angles) = (radii.as_chunks().0.as_chunks().0, angles.as_chunks().0.as_chunks().0);
    let squares = room.squares[..n].as_chunks_mut().0;
    let exponents = room.exponents[..n].as_chunks_mut().0;
    for (((radii, angles), squares), exponents) in
        radii.iter().zip(angles).zip(&mut *squares).zip(&mut *exponents)
    {
        (*exponents, *squares) = exponents_and_fs(radii, angles);
    }
    // No vectors by hand here: where so little is done with each, the compiler would gather the first numbers of many.
    for (square, exponent) in squares.as_flattened_mut().iter_mut().zip(exponents.as_flattened()) {
        *square = square_of_radius(*exponent, *square);
    }
    let (first, second) = out.split_at_mut(n.min(out.len()));
    let batches = radii.iter().zip(angles).zip(squares);
    for (start, ((radii, angles), squares)) in (0..).step_by(LANES).zip(batches) {
        let (cosines, sines) = pairs(squares, radii, angles);
        put(cosines, first, start);
        put(sines, second, start);
    }
}

/// The halves of words that fill one vector.
type Halves = [[u8; 4]; LANES];

/// One vector of exponents and one of f. All are made before any is stored, which could overwrite what is still to be read, as far as the
/// compiler knows.
#[inline(always)]
fn exponents_and_fs(radii: &Halves, angles: &Halves) -> ([f32; LANES], [f32; LANES]) {
    let (mut exponents, mut fs) = ([0.0; LANES], [0.0; LANES]);
    for (((radius, angle), exponent), f) in radii.iter().zip(angles).zip(&mut exponents).zip(&mut fs) {
        (*exponent, *f) = exponent_and_f(u32::from_le_bytes(*radius), u32::from_le_bytes(*angle));
    }
    (exponents, fs)
}

/// One vector of pairs. All lanes are computed before any is widened: otherwise the compiler would take as many as there are doubles in a
/// vector.
#[inline(always)]
fn pairs(squares: &[f32; LANES], radii: &Halves, angles: &Halves) -> ([f64; LANES], [f64; LANES]) {
    let (mut cosines, mut sines) = ([0.0; LANES], [0.0; LANES]);
    let halves = squares.iter().zip(radii).zip(angles);
    for (((square, radius), angle), (x, y)) in halves.zip(cosines.iter_mut().zip(&mut sines)) {
        (*x, *y) = turned(*square, u32::from_le_bytes(*radius), u32::from_le_bytes(*angle));
    }
    (cosines.map(f64::from), sines.map(f64::from))
}

/// Stores those for which there is a place.
#[inline(always)]
fn put(normals: [f64; LANES], out: &mut [f64], start: usize) {
    let start = start.min(out.len());
    let out = &mut out[start..];
    match out.first_chunk_mut() {
        Some(out) => *out = normals,
        None => out.iter_mut().zip(normals).for_each(|(out, normal)| *out = normal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream, upper_tail};

    fn pair(radius_bits: u32, angle_bits: u32) -> (f32, f32) {
        let (exponent, f) = exponent_and_f(radius_bits, angle_bits);
        turned(square_of_radius(exponent, f), radius_bits, angle_bits)
    }

    /// Square of the radius and angle of two halves of a word, by the definition and in double precision.
    fn exact(radius_bits: u32, angle_bits: u32) -> (f64, f64) {
        let low = f64::from((angle_bits % (1 << 23)) ^ (1 << 22)) + 0.5;
        let u = low.mul_add(2.0_f64.powi(-53), f64::from(radius_bits % (1 << 30)) * 2.0_f64.powi(-30));
        let eighths = (f64::from(angle_bits as i32) + 0.5) * 2.0_f64.powi(-31);
        let angle = eighths * std::f64::consts::FRAC_PI_4;
        let angle = if radius_bits >> 30 & 1 == 1 { std::f64::consts::FRAC_PI_2 - angle } else { angle };
        let is_turned = radius_bits >> 31 == 1;
        (-2.0 * u.ln(), if is_turned { angle + std::f64::consts::PI } else { angle })
    }

    /// Halves of many random words.
    fn halves() -> impl Iterator<Item = (u32, u32)> {
        let mut words = vec![0; 1 << 20];
        Stream::new(5, Purpose::Hit, 0).words(&mut words);
        words.into_iter().map(|word: u64| ((word >> 32) as u32, word as u32))
    }

    /// Against the standard library's functions in double precision, in all four quarters, at common radii and at those near 0 and near
    /// the largest.
    #[test]
    fn pairs_are_what_the_formula_says() {
        let shifted = |(radius, angle): (u32, u32), bits: u32| {
            let turn = radius & (3 << 30);
            let small = (radius & !turn) >> bits;
            [(turn | small, angle), (turn | ((1 << 30) - 1 - small), angle)]
        };
        let mut means = [0.0; 2];
        let count = f64::from(1 << 20);
        for (k, halves) in (0..).zip(halves()) {
            for (radius_bits, angle_bits) in shifted(halves, k % 31).into_iter().chain([halves]) {
                let (x, y) = pair(radius_bits, angle_bits);
                let (x, y) = (f64::from(x), f64::from(y));
                let (square, angle) = exact(radius_bits, angle_bits);
                let error = x * x + y * y - square;
                assert!(error.abs() < 6e-7 * square + 2.5e-7, "{radius_bits:x} {angle_bits:x}: {error:e}");
                let radius = x.hypot(y);
                let error = (x - radius * angle.cos()).hypot(y - radius * angle.sin());
                assert!(error < 2e-7 * radius, "{radius_bits:x} {angle_bits:x}: {:e}", error / radius);
                if (radius_bits, angle_bits) == halves {
                    means[0] += (x * x - square * angle.cos().powi(2)) / count;
                    means[1] += (y * y - square * angle.sin().powi(2)) / count;
                }
            }
        }
        assert!(means.iter().all(|mean| mean.abs() < 1e-7), "variances wrong by {means:?}");
    }

    /// How far 10^6 paths of 720 steps stray by single precision: the distance to the path of the same words in double precision, in
    /// deviations of the path. The square of a radius near 0 is right to 2.5e-7, and so a normal within 0.005 of 0 may be off by some 1e-4: among 720
    /// there is one in some paths in a hundred, which are the ones that stray farther than 1e-6.
    #[test]
    #[ignore = "slow: a million paths, half a minute"]
    fn paths_of_many_normals_stay_with_those_of_double_precision() {
        const STEPS: usize = 720;
        let mut words = vec![0; STEPS];
        let mut stream = Stream::new(9, Purpose::Hit, 0);
        let (mut largest, mut squares, mut far) = (0.0_f64, 0.0, 0);
        for _ in 0..500_000 {
            stream.words(&mut words);
            let mut off = [0.0; 2];
            for word in &words {
                let (radius_bits, angle_bits) = ((word >> 32) as u32, *word as u32);
                let (x, y) = pair(radius_bits, angle_bits);
                let (square, angle) = exact(radius_bits, angle_bits);
                for (place, (single, double)) in
                    [(x, square.sqrt() * angle.cos()), (y, square.sqrt() * angle.sin())]
                        .into_iter()
                        .enumerate()
                {
                    off[place] += f64::from(single) - double;
                }
            }
            for off in off.map(|off| off / (STEPS as f64).sqrt()) {
                largest = largest.max(off.abs());
                far += u32::from(off.abs() > 1e-6);
                squares += off * off;
            }
        }
        let root = (squares / 1e6_f64).sqrt();
        let found = format!("{largest:e} of a deviation, {root:e} in the mean square, {far} beyond 1e-6");
        assert!(largest < 2e-5 && root < 2e-7 && far < 10_000, "{found}");
    }

    /// Angles by their nine upper bits, in all four quarters: as many normals of either sign, and as many larger ones, in every combination.
    #[test]
    fn turns_are_even() {
        for low in [0, 1 << 22, (1 << 23) - 1] {
            let mut eighths = [0; 8];
            for (high, quarter) in (0..1 << 9).flat_map(|high| (0..4).map(move |quarter| (high, quarter))) {
                let (x, y) = pair(1 << 20 | quarter << 30, high << 23 | low);
                let larger = usize::from(x.abs() > y.abs());
                eighths[usize::from(x > 0.0) + 2 * usize::from(y > 0.0) + 4 * larger] += 1;
            }
            assert!(eighths.iter().all(|count| (255..=257).contains(count)), "{low:x}: {eighths:?}");
        }
    }

    /// Every word has finite normals, none is zero, and the farthest radius is √(108 ln 2).
    #[test]
    fn radii_end_where_the_bits_end() {
        for angle in [0, 1, 1 << 22, (1 << 23) - 1, 1 << 31, !0] {
            for radius in [0, 1, 2, (1 << 30) - 2, (1 << 30) - 1, 1 << 30, 1 << 31, !0] {
                let (x, y) = pair(radius, angle);
                assert!(
                    x.is_finite() && y.is_finite() && x != 0.0 && y != 0.0,
                    "{radius:x} {angle:x}: {x} {y}"
                );
            }
        }
        let (x, y) = pair(1 << 31, 1 << 22);
        assert!(x < 0.0 && y < 0.0 && (x.hypot(y) - 8.652_16).abs() < 2e-6, "{x} {y}");
    }

    /// The words with the 30 upper bits of u at zero, whose radius and angle share most of their bits: how many lie beyond a level,
    /// by counting those that can, against the tail of the normal law. No randomness.
    #[test]
    fn the_farthest_words_have_the_tail_of_the_normal_law() {
        for (level, lows, tolerance) in [(7.5, 1 << 13, 1e-3), (8.0, 1 << 8, 5e-3)] {
            let least_u = 2.0_f64.powi(-53) * f64::from(lows);
            assert!(-2.0 * least_u.ln() < level * level, "all that can lie beyond {level} are counted");
            // Of both normals and both signs; the other half of the turn has the same ones with the signs turned.
            let mut beyond = [0_u32; 4];
            for low in 0..lows {
                for (high, swap) in (0..1 << 9).flat_map(|high| [(high, 0), (high, 1 << 30)]) {
                    let (x, y) = pair(swap, high << 23 | (low ^ (1 << 22)));
                    for (beyond, z) in beyond.iter_mut().zip([x, -x, y, -y]) {
                        *beyond += u32::from(f64::from(z) > level);
                    }
                }
            }
            for [up, down] in beyond.as_chunks().0 {
                let ratio = f64::from(up + down) * 2.0_f64.powi(-63) / (2.0 * upper_tail(level));
                assert!((ratio - 1.0).abs() < tolerance, "{ratio} of the tail beyond {level}");
            }
        }
    }
}
