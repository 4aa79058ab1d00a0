//! Gamma draws.
//!
//! The method of Marsaglia and Tsang (2000), "A simple method for generating gamma variables": a normal is transformed and
//! accepted with a probability of more than 95 %. Rejected entries are drawn again together, so the words used depend on
//! nothing but the stream.

use super::dispatch::{Kernel, dispatch};
use super::lanewise::ln;
use super::random::Stream;

/// Fills with independent gamma variables of this shape (at least 1) and scale 1.
pub fn gammas(shape: f64, out: &mut [f64], noise: &mut Stream) {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let mut normals = vec![0.0; out.len()];
    let mut uniforms = vec![0.0; out.len()];
    noise.normals(&mut normals);
    noise.uniforms(&mut uniforms);
    dispatch(Candidates { d, c, normals: &normals, uniforms: &uniforms, out });
    let mut pending: Vec<usize> = (0..out.len()).filter(|i| out[*i].is_nan()).collect();
    let mut drawn = Vec::new();
    while !pending.is_empty() {
        let n = pending.len();
        drawn.resize(n, 0.0);
        noise.normals(&mut normals[..n]);
        noise.uniforms(&mut uniforms[..n]);
        dispatch(Candidates { d, c, normals: &normals[..n], uniforms: &uniforms[..n], out: &mut drawn });
        for (i, x) in pending.iter().zip(&drawn) {
            out[*i] = *x;
        }
        pending.retain(|i| out[*i].is_nan());
    }
}

/// Turns normals and uniforms into candidates; what is rejected is not a number.
struct Candidates<'a> {
    d: f64,
    c: f64,
    normals: &'a [f64],
    uniforms: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel for Candidates<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { d, c, normals, uniforms, out } = self;
        for ((z, u), out) in normals.iter().zip(uniforms).zip(out) {
            let root = c.mul_add(*z, 1.0);
            let v = root * root * root;
            // The logarithm wants a positive number; a negative root is rejected anyway.
            let positive = if root > 0.0 { v } else { 1.0 };
            let is_accepted = (root > 0.0) & (ln(*u) < 0.5 * z * z + d - d * v + d * ln(positive));
            *out = if is_accepted { d * v } else { f64::NAN };
        }
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
            gammas(shape, &mut sample, &mut Stream::new(4, Purpose::Event(0), 0));
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
