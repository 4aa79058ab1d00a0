//! Gamma draws.
//!
//! The method of Marsaglia and Tsang (2000), "A simple method for generating gamma variables": a normal is transformed and
//! accepted with a probability of more than 95 %. For nine in ten that is plain from a polynomial below the probability (the squeeze of
//! the same paper); only the others are asked with logarithms. Rejected entries are drawn again together, so the words used depend on
//! nothing but the stream.

use super::dispatch::{Kernel, dispatch};
use super::flags::list_flagged;
use super::lanewise::ln;
use super::random::Stream;

/// Draws gamma variables of one shape; what is worked on is kept from one draw to the next.
#[derive(Debug)]
pub struct Gammas {
    law: Law,
    normals: Vec<f64>,
    uniforms: Vec<f64>,
    drawn: Vec<f64>,
    /// Entries that are still to be drawn.
    pending: Vec<u32>,
    /// Candidates that are not plainly accepted.
    doubtful: Vec<u32>,
}

impl Gammas {
    /// Of this shape (at least 1) and scale 1.
    pub fn new(shape: f64) -> Self {
        let d = shape - 1.0 / 3.0;
        Self {
            law: Law { d, c: 1.0 / (9.0 * d).sqrt() },
            normals: Vec::new(),
            uniforms: Vec::new(),
            drawn: Vec::new(),
            pending: Vec::new(),
            doubtful: Vec::new(),
        }
    }

    /// Fills with independent draws.
    pub fn fill(&mut self, out: &mut [f64], noise: &mut Stream) {
        self.draw(out, noise);
        self.pending.clone_from(&self.doubtful);
        while !self.pending.is_empty() {
            let mut drawn = std::mem::take(&mut self.drawn);
            drawn.resize(self.pending.len(), 0.0);
            self.draw(&mut drawn, noise);
            for (entry, x) in self.pending.iter().zip(&drawn) {
                out[*entry as usize] = *x;
            }
            // Those drawn in vain come again, in their order.
            for (kept, rejected) in self.doubtful.iter().enumerate() {
                self.pending[kept] = self.pending[*rejected as usize];
            }
            self.pending.truncate(self.doubtful.len());
            self.drawn = drawn;
        }
    }

    /// One candidate for each entry; the doubtful are then those that were rejected.
    fn draw(&mut self, out: &mut [f64], noise: &mut Stream) {
        let Self { law, normals, uniforms, doubtful, .. } = self;
        normals.resize(out.len(), 0.0);
        uniforms.resize(out.len(), 0.0);
        noise.normals(normals);
        noise.uniforms(uniforms);
        dispatch(Squeeze { law: *law, normals, uniforms, out, doubtful });
        dispatch(Judge { law: *law, normals, uniforms, doubtful });
    }
}

/// d and c of the paper: the candidate is d·(1 + c·z)³.
#[derive(Debug, Clone, Copy)]
struct Law {
    d: f64,
    c: f64,
}

/// Turns normals into candidates and lists those that a uniform does not plainly accept.
struct Squeeze<'a> {
    law: Law,
    normals: &'a [f64],
    uniforms: &'a [f64],
    out: &'a mut [f64],
    doubtful: &'a mut Vec<u32>,
}

impl Kernel for Squeeze<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// Entries whose doubts are held in registers.
        const TOGETHER: usize = 64;
        let Self { law: Law { d, c }, normals, uniforms, out, doubtful } = self;
        doubtful.clear();
        let chunks = normals.chunks(TOGETHER).zip(uniforms.chunks(TOGETHER)).zip(out.chunks_mut(TOGETHER));
        for (first, ((normals, uniforms), out)) in (0..).step_by(TOGETHER).zip(chunks) {
            let mut is_doubtful = [0_u8; TOGETHER];
            for (((z, u), out), is_doubtful) in
                normals.iter().zip(uniforms).zip(&mut *out).zip(&mut is_doubtful)
            {
                let (root, square) = (c.mul_add(*z, 1.0), z * z);
                let is_plain = (root > 0.0) & (*u < 1.0 - 0.0331 * square * square);
                *out = d * (root * root * root);
                *is_doubtful = u8::from(!is_plain);
            }
            list_flagged(&is_doubtful[..out.len()], first, doubtful);
        }
    }
}

/// Leaves of the doubtful those that are rejected. Works on what they were made from.
struct Judge<'a> {
    law: Law,
    normals: &'a mut [f64],
    uniforms: &'a mut [f64],
    doubtful: &'a mut Vec<u32>,
}

impl Kernel for Judge<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { law: Law { d, c }, normals, uniforms, doubtful } = self;
        for (place, entry) in doubtful.iter().enumerate() {
            normals[place] = normals[*entry as usize];
            uniforms[place] = uniforms[*entry as usize];
        }
        let count = doubtful.len();
        for (z, u) in normals[..count].iter().zip(&mut uniforms[..count]) {
            let root = c.mul_add(*z, 1.0);
            let v = root * root * root;
            // The logarithm wants a positive number; a negative root is rejected anyway.
            let positive = if root > 0.0 { v } else { 1.0 };
            let is_accepted = (root > 0.0) & (ln(*u) < 0.5 * z * z + d - d * v + d * ln(positive));
            *u = if is_accepted { 1.0 } else { 0.0 };
        }
        let mut rejected = 0;
        for place in 0..count {
            doubtful[rejected] = doubtful[place];
            rejected += usize::from(uniforms[place] == 0.0);
        }
        doubtful.truncate(rejected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Purpose;
    use statrs::distribution::{ContinuousCDF, Gamma};

    /// Kolmogorov-Smirnov at a false-alarm rate of 1e-6 each: sqrt(ln(2/1e-6)/(2n)).
    #[test]
    fn draws_follow_the_gamma_law() {
        for shape in [1.0, 1.5, 2.5, 30.0] {
            let mut sample = vec![0.0; 200_000];
            Gammas::new(shape).fill(&mut sample, &mut Stream::new(4, Purpose::Event(0), 0));
            sample.sort_by(f64::total_cmp);
            let law = Gamma::new(shape, 1.0).unwrap();
            let n = sample.len() as f64;
            let worst = sample
                .iter()
                .enumerate()
                .map(|(i, x)| {
                    let p = law.cdf(*x);
                    (p - i as f64 / n).abs().max((p - (i + 1) as f64 / n).abs())
                })
                .fold(0.0, f64::max);
            assert!(worst < 0.00602, "shape {shape}: {worst}");
        }
    }
}
