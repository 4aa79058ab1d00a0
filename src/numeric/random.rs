//! Random words addressed by (seed, purpose, block), and the draws made from them.
//!
//! Every block of paths has one stream per purpose. A stream is eight xoshiro256++ generators side by side (Blackman
//! and Vigna 2021), whose states come from Philox4x32-10 (Salmon et al. 2011) with the seed as key and (purpose, block,
//! lane) as counter. Which thread runs a block, and what other purposes draw, changes nothing.

use std::hint::black_box;

use super::box_muller::{Room, WORDS, normals_from_words};
use super::dispatch::{Kernel, dispatch};
use super::lanewise::ln;
use super::purpose::Purpose;

/// Generators side by side in one stream; part of the definition of the words.
pub(super) const LANES: usize = 8;
/// Words made at a time.
const CHUNK: usize = 256;
/// The same where no more are needed: the buffer is cleared first, which takes longer than to make a few.
const FEW: usize = 64;

/// A random word as it lies in memory, so that kernels can take it apart without moving anything.
type Word = [u8; 8];

/// Words that were made and not handed out one by one.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest {
    pub words: [u64; LANES],
    pub left: usize,
}

/// Words of a chunk, on lines of the cache.
#[repr(align(64))]
struct Buffer<const N: usize>([Word; N]);

/// A stream of random draws.
#[derive(Debug, Clone)]
pub struct Stream {
    state: [Words8; 4],
    /// Words for those who take them one by one.
    pub(super) rest: Rest,
}

impl Stream {
    /// The stream of a seed, a purpose and a block.
    pub fn new(seed: u64, purpose: Purpose, block: u64) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        let seeds: [[u64; 4]; LANES] = std::array::from_fn(|lane| {
            let half = |half: u32| {
                let counter = [block as u32, (block >> 32) as u32, purpose.number(), 2 * lane as u32 + half];
                let words = philox(counter, key);
                [
                    u64::from(words[0]) | u64::from(words[1]) << 32,
                    u64::from(words[2]) | u64::from(words[3]) << 32,
                ]
            };
            let ([a, b], [c, d]) = (half(0), half(1));
            [a, b, c, d]
        });
        let state = std::array::from_fn(|word| seeds.map(|seed| seed[word]));
        Self { state, rest: Rest::default() }
    }

    /// Fills with random words. Words are made eight at a time; the rest of the last eight is dropped.
    pub fn words(&mut self, out: &mut [u64]) {
        dispatch(Words { state: &mut self.state, out });
    }

    /// Fills with uniforms in (0, 1): (k + ½)·2⁻⁵² for 52 random bits k.
    pub fn uniforms(&mut self, out: &mut [f64]) {
        dispatch(Uniforms { state: &mut self.state, out });
    }

    /// Fills with standard exponentials.
    pub fn exponentials(&mut self, out: &mut [f64]) {
        dispatch(Exponentials { state: &mut self.state, out });
    }

    /// Fills with standard normals of single precision (made in `box_muller`, which says how precise they are).
    pub fn normals(&mut self, out: &mut [f64]) {
        dispatch(Normals { state: &mut self.state, out });
    }
}

/// A bijection of 64-bit words without visible structure: the output function of SplitMix64 (Steele, Lea and Flood 2014, with
/// the constants of D. Stafford's variant 13). For randomness that is addressed by a key and a small index.
#[inline(always)]
pub fn mix64(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Ten rounds of Philox4x32 (Salmon, Moraes, Dror and Shaw 2011).
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
    }
    counter
}

/// One word of each of the generators side by side.
type Words8 = [u64; LANES];

#[inline(always)]
fn add(mut a: Words8, b: Words8) -> Words8 {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.wrapping_add(b);
    }
    a
}

#[inline(always)]
fn xor(mut a: Words8, b: Words8) -> Words8 {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
    a
}

/// Shifted left by one number of bits, together with what a shift to the right by another leaves.
#[inline(always)]
fn rotate(mut a: Words8, left: u32, right: u32) -> Words8 {
    for a in &mut a {
        *a = (*a << left) | (*a >> right);
    }
    a
}

/// Fills whole groups of eight words; the state stays in registers over a chunk.
///
/// The step of xoshiro256++ is written with exclusive ors of three words, for which AVX-512 has one operation. With two at a time the
/// compiler took the words apart, too, in loops of a length that it did not know.
#[inline(always)]
fn next_words<const ROTATIONS: bool>(state: &mut [Words8; 4], words: &mut [Word]) {
    let [mut s0, mut s1, mut s2, mut s3] = *state;
    let mut right = (41, 19);
    if !ROTATIONS {
        // The compiler would see rotations and, where there are none for vectors, take the words apart for the scalar ones: a third
        // of the speed.
        right = black_box(right);
    }
    for group in words.chunks_exact_mut(LANES) {
        for (entry, word) in group.iter_mut().zip(add(rotate(add(s0, s3), 23, right.0), s0)) {
            *entry = word.to_le_bytes();
        }
        let shifted = s1.map(|word| word << 17);
        let mixed = xor(s3, s1);
        let (next1, next2) = (xor(xor(s1, s0), s2), xor(xor(s2, shifted), s0));
        s0 = xor(s0, mixed);
        s3 = rotate(mixed, 45, right.1);
        (s1, s2) = (next1, next2);
    }
    *state = [s0, s1, s2, s3];
}

#[inline(always)]
fn uniform(word: Word) -> f64 {
    const ONE: u64 = 1023 << 52;
    f64::from_bits((u64::from_le_bytes(word) >> 12) | ONE) - (1.0 - f64::EPSILON / 2.0)
}

macro_rules! draws {
    ($name:ident, $type:ty, |$words:ident, $out:ident| $body:expr) => {
        struct $name<'a> {
            state: &'a mut [Words8; 4],
            out: &'a mut [$type],
        }

        impl Kernel for $name<'_> {
            type Output = ();

            #[inline(always)]
            fn run(self) {
                match self.out.len() <= FEW {
                    true => self.draw::<false, FEW>(),
                    false => self.draw::<false, CHUNK>(),
                }
            }

            #[inline(always)]
            fn run_with_rotations(self) {
                match self.out.len() <= FEW {
                    true => self.draw::<true, FEW>(),
                    false => self.draw::<true, CHUNK>(),
                }
            }
        }

        impl $name<'_> {
            #[inline(always)]
            fn draw<const ROTATIONS: bool, const N: usize>(self) {
                let mut buffer = Buffer([[0; 8]; N]);
                for $out in self.out.chunks_mut(N) {
                    next_words::<ROTATIONS>(self.state, &mut buffer.0[..$out.len().next_multiple_of(LANES)]);
                    let $words = &buffer.0[..$out.len()];
                    $body
                }
            }
        }
    };
}

draws!(Words, u64, |words, out| {
    for (out, word) in out.iter_mut().zip(words) {
        *out = u64::from_le_bytes(*word);
    }
});

draws!(Uniforms, f64, |words, out| {
    for (out, word) in out.iter_mut().zip(words) {
        *out = uniform(*word);
    }
});

draws!(Exponentials, f64, |words, out| {
    for (out, word) in out.iter_mut().zip(words) {
        *out = -ln(uniform(*word));
    }
});

struct Normals<'a> {
    state: &'a mut [Words8; 4],
    out: &'a mut [f64],
}

impl Kernel for Normals<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.out.len() <= 2 * FEW {
            true => self.draw::<false, FEW>(),
            false => self.draw::<false, CHUNK>(),
        }
    }

    #[inline(always)]
    fn run_with_rotations(self) {
        match self.out.len() <= 2 * FEW {
            true => self.draw::<true, FEW>(),
            false => self.draw::<true, CHUNK>(),
        }
    }
}

impl Normals<'_> {
    /// Whole chunks apart from the rest: loops of a known length are faster.
    #[inline(always)]
    fn draw<const ROTATIONS: bool, const N: usize>(self) {
        let (mut words, mut room) = (Buffer([[0; 8]; N]), Room::<N>::new());
        let mut whole = self.out.chunks_exact_mut(2 * N);
        for out in whole.by_ref() {
            next_words::<ROTATIONS>(self.state, &mut words.0);
            normals_from_words(&words.0, &mut room, out);
        }
        let out = whole.into_remainder();
        if !out.is_empty() {
            let words = &mut words.0[..out.len().next_multiple_of(2 * WORDS) / 2];
            next_words::<ROTATIONS>(self.state, words);
            normals_from_words(words, &mut room, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{InstructionSet, force_instruction_set};

    /// Known answers of the Random123 distribution (`kat_vectors`, philox4x32 10).
    #[test]
    fn philox_gives_the_published_words() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([!0; 4], [!0; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        assert_eq!(
            philox(pi, [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// The first outputs for the state 1, 2, 3, 4, as in the test of the rand_xoshiro crate, made by the reference code.
    #[test]
    fn xoshiro_gives_the_published_words() {
        let mut stream =
            Stream { state: [[1; LANES], [2; LANES], [3; LANES], [4; LANES]], rest: Rest::default() };
        let mut words = [0; 10 * LANES];
        stream.words(&mut words);
        let lane: Vec<u64> = words.iter().step_by(LANES).copied().collect();
        assert_eq!(
            lane,
            [
                41_943_041,
                58_720_359,
                3_588_806_011_781_223,
                3_591_011_842_654_386,
                9_228_616_714_210_784_205,
                9_973_669_472_204_895_162,
                14_011_001_112_246_962_877,
                12_406_186_145_184_390_807,
                15_849_039_046_786_891_736,
                10_450_023_813_501_588_000,
            ]
        );
    }

    #[test]
    fn streams_of_other_seeds_purposes_and_blocks_differ() {
        let first = |seed, purpose, block| {
            let mut words = [0; 8];
            Stream::new(seed, purpose, block).words(&mut words);
            words
        };
        let reference = first(1, Purpose::Move(0), 0);
        for (seed, purpose, block) in [
            (2, Purpose::Move(0), 0),
            (1 << 40, Purpose::Move(0), 0),
            (1, Purpose::Move(1), 0),
            (1, Purpose::Event(0), 0),
            (1, Purpose::Move(0), 1),
            (1, Purpose::Move(0), 1 << 40),
        ] {
            assert_ne!(reference, first(seed, purpose, block));
        }
        assert_eq!(reference, first(1, Purpose::Move(0), 0));
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let widest = crate::numeric::instruction_set();
        let draw = |set| {
            force_instruction_set(set);
            let mut stream = Stream::new(7, Purpose::Hit, 3);
            let mut out = vec![0.0; 3 * 5003];
            let (a, rest) = out.split_at_mut(5003);
            let (b, c) = rest.split_at_mut(5003);
            stream.normals(a);
            stream.uniforms(b);
            stream.exponentials(c);
            out.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let reference = draw(InstructionSet::Baseline);
        assert_eq!(reference, draw(InstructionSet::Avx2));
        assert_eq!(reference, draw(InstructionSet::Avx512));
        force_instruction_set(widest);
    }

    /// The bits of normals define results, and so do the numbers of them asked for at a time.
    #[test]
    fn normals_keep_their_bits() {
        let mut stream = Stream::new(3, Purpose::Move(0), 1);
        let mut fold = 0;
        for length in [1, 15, 16, 17, 31, 32, 33, 127, 128, 129, 250, 511, 512, 513, 528, 545, 1024, 1500] {
            let mut out = vec![0.0; length];
            stream.normals(&mut out);
            fold = out.iter().fold(fold, |fold, z| mix64(fold ^ z.to_bits()));
        }
        assert_eq!(fold, 0xc3f3_5d06_d303_1684);
    }

    /// Moments of ten million normals within 5 standard errors each (false-alarm rate about 3e-6 in all).
    #[test]
    fn normals_have_the_right_moments() {
        let n = 10_000_000;
        let mut out = vec![0.0; n];
        Stream::new(11, Purpose::Move(0), 0).normals(&mut out);
        let moment = |k: i32| out.iter().map(|z| z.powi(k)).sum::<f64>() / n as f64;
        for (k, expected, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10_170.0)]
        {
            let z = (moment(k) - expected) / (variance / n as f64).sqrt();
            assert!(z.abs() < 5.0, "moment {k}: z = {z}");
        }
        // Two-sided tail beyond 4 sigma: 6.334e-5.
        let tail = out.iter().filter(|z| z.abs() > 4.0).count() as f64;
        let expected = 6.334_248_366_623_984e-5 * n as f64;
        assert!(((tail - expected) / expected.sqrt()).abs() < 5.0, "{tail} beyond 4 sigma");
    }
}
