//! The draws of a stream, a hundred million of each law, against its distribution function from another library.
//!
//! Every test has the Kolmogorov-Smirnov distance √n·D below 2.75 (probability 5.4e-7 of more by chance; on 65,536 edges rather than everywhere,
//! which can only lower it), Pearson's statistic over the same cells within 5 standard deviations of its expectation, and counts in
//! the tails within 5. Draws come from 100 streams, so that a flaw in how streams begin would show as well.

use liqsim::numeric::{Gammas, Purpose, Stream, normal_quantiles};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Gamma};
use statrs::function::erf::erfc;

const CELLS: usize = 1 << 16;
const BLOCKS: u64 = 100;
const DRAWS: usize = 1_000_000;

/// Fills a block with draws of a law.
type Draw<'a> = &'a (dyn Fn(&mut Stream, &mut [f64]) + Sync);

/// How many of the draws of a law fall into each of many cells of equal probability.
fn counts(draws: usize, draw: Draw<'_>, cdf: impl Fn(f64) -> f64 + Sync) -> Vec<u64> {
    let block = |block| {
        let mut out = vec![0.0; draws];
        draw(&mut Stream::new(20, Purpose::Move(1), block), &mut out);
        let mut cells = vec![0_u64; CELLS];
        for x in out {
            cells[((cdf(x) * CELLS as f64) as usize).min(CELLS - 1)] += 1;
        }
        cells
    };
    let sum = |mut a: Vec<u64>, b: Vec<u64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    (0..BLOCKS).into_par_iter().map(block).reduce(|| vec![0; CELLS], sum)
}

fn assert_uniform(cells: &[u64], name: &str) {
    let n = cells.iter().sum::<u64>() as f64;
    let expected = n / CELLS as f64;
    let (mut below, mut distance, mut square) = (0.0_f64, 0.0_f64, 0.0);
    for (i, count) in cells.iter().enumerate() {
        below += *count as f64;
        distance = distance.max((below / n - (i + 1) as f64 / CELLS as f64).abs());
        square += (*count as f64 - expected).powi(2) / expected;
    }
    let distance = n.sqrt() * distance;
    let freedom = (CELLS - 1) as f64;
    let z = (square - freedom) / (2.0 * freedom).sqrt();
    assert!(distance < 2.75, "{name}: Kolmogorov-Smirnov distance {distance:.2}");
    assert!(z.abs() < 5.0, "{name}: chi-square z = {z:.2}");
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Draws beyond −k and k standard deviations for k from 1 to 8, together 32 z-scores; where fewer than ten are expected, at
/// most so many that more have a probability of 1e-6.
fn assert_normal_tails(draw: Draw<'_>, name: &str) {
    let block = |block| {
        let mut out = vec![0.0; DRAWS];
        draw(&mut Stream::new(20, Purpose::Move(1), block), &mut out);
        let mut tails = [[0_u64; 2]; 9];
        for x in out {
            let k = (x.abs() as usize).min(8);
            tails[k][usize::from(x > 0.0)] += 1;
        }
        tails
    };
    let blocks: Vec<_> = (0..BLOCKS).into_par_iter().map(block).collect();
    let n = BLOCKS as f64 * DRAWS as f64;
    for k in 1..=8 {
        let expected = n * normal_cdf(-(k as f64));
        for side in [0, 1] {
            let found: u64 = blocks.iter().flat_map(|tails| &tails[k..]).map(|tail| tail[side]).sum();
            if expected > 10.0 {
                let z = (found as f64 - expected) / expected.sqrt();
                assert!(z.abs() < 5.0, "{name}: {found} beyond {k} sigma, expected {expected:.1}");
            } else {
                assert!(found <= 4, "{name}: {found} beyond {k} sigma, expected {expected:.1e}");
            }
        }
    }
}

fn box_muller(stream: &mut Stream, out: &mut [f64]) {
    stream.normals(out);
}

fn inverted(stream: &mut Stream, out: &mut [f64]) {
    stream.uniforms(out);
    for chunk in out.chunks_exact_mut(64) {
        normal_quantiles::<64>(chunk.try_into().expect("a whole chunk"));
    }
}

#[test]
fn uniforms_are_uniform() {
    assert_uniform(&counts(DRAWS, &|stream, out| stream.uniforms(out), |x| x), "uniforms");
}

#[test]
fn exponentials_are_exponential() {
    assert_uniform(
        &counts(DRAWS, &|stream, out| stream.exponentials(out), |x| -(-x).exp_m1()),
        "exponentials",
    );
}

#[test]
fn pairs_of_normals_are_normal() {
    assert_uniform(&counts(DRAWS, &box_muller, normal_cdf), "pairs");
    assert_normal_tails(&box_muller, "pairs");
}

#[test]
fn inverted_normals_are_normal() {
    assert_uniform(&counts(DRAWS, &inverted, normal_cdf), "inverted");
    assert_normal_tails(&inverted, "inverted");
}

/// What makes normals Student-t: a tenth of the draws, since the distribution function is slow.
#[test]
fn gammas_are_gamma() {
    for shape in [1.2, 2.5, 15.0] {
        let law = Gamma::new(shape, 1.0).unwrap();
        let draw = |stream: &mut Stream, out: &mut [f64]| Gammas::new(shape).fill(out, stream);
        assert_uniform(&counts(DRAWS / 10, &draw, |x| law.cdf(x)), &format!("gammas of shape {shape}"));
    }
}

/// Neighbours in one generator, in the next one, the two halves of a pair and of a chunk: neither they nor their squares are
/// correlated. 14 z-scores of a hundred million products beyond 5: false alarm 8e-6.
#[test]
fn normals_are_not_correlated() {
    for lag in [1, 8, 16, 64, 128, 256, 512] {
        let block = |block| {
            let mut out = vec![0.0; DRAWS];
            Stream::new(20, Purpose::Move(1), block).normals(&mut out);
            let pairs = out.iter().zip(&out[lag..]);
            pairs.fold((0.0, 0.0), |(plain, squared): (f64, f64), (a, b)| {
                (plain + a * b, squared + (a * a - 1.0) * (b * b - 1.0))
            })
        };
        let sums: Vec<(f64, f64)> = (0..BLOCKS).into_par_iter().map(block).collect();
        let n = BLOCKS as f64 * (DRAWS - lag) as f64;
        let plain = sums.iter().map(|sum| sum.0).sum::<f64>() / n.sqrt();
        let squared = sums.iter().map(|sum| sum.1).sum::<f64>() / (2.0 * n.sqrt());
        assert!(plain.abs() < 5.0 && squared.abs() < 5.0, "lag {lag}: {plain:.2} and {squared:.2}");
    }
}
