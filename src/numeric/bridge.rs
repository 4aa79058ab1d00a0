//! Laws of the Brownian bridge: extremes, crossing, first passage.
//!
//! A Brownian motion known at both ends of an interval, open a and close b, with integrated variance v between them.
//! By the reflection principle P(min ≤ h) = exp(−2(a−h)(b−h)/v) for h ≤ min(a, b) (Karatzas and Shreve 1991, section
//! 2.8; Glasserman 2004, section 6.4). Inverting it draws the minimum from one uniform; the maximum is the minimum of
//! the mirrored path.

use super::lanewise::{exp, ln};

/// Minimum of the bridge for a uniform in (0, 1).
#[inline(always)]
pub fn extreme_below(open: f64, close: f64, variance: f64, uniform: f64) -> f64 {
    let step = close - open;
    0.5 * (open + close - step.mul_add(step, -2.0 * variance * ln(uniform)).sqrt())
}

/// Whether the minimum of the bridge for a uniform in (0, 1), made by [`extreme_below`] of prices that a sign
/// mirrors, surely lies above a barrier: without a root, and with a logarithm that is no more than read off
/// the bits.
#[inline(always)]
pub fn stays_above(sign: f64, open: f64, close: f64, variance: f64, uniform: f64, barrier: f64) -> bool {
    /// 1.5·2⁵²: a small integer added to its bits is added to it.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    /// More than rounding takes away of the largest log-prices.
    const ROUNDING: f64 = 1e-9;
    const HALF_LN_2: f64 = 0.5 * std::f64::consts::LN_2;
    // The exponent and the upper bits of the mantissa as one number: log₂(1 + m) ≥ m for m in [0, 1].
    let bits = f64::from_bits(WHOLE.to_bits().wrapping_add(uniform.to_bits() >> 32)) - WHOLE;
    let least_half_ln = bits.mul_add(HALF_LN_2 / (1 << 20) as f64, -1023.0 * HALF_LN_2 - ROUNDING);
    let barrier = barrier + ROUNDING;
    let (from, to) = (sign.mul_add(open, -barrier), sign.mul_add(close, -barrier));
    // The minimum m solves (a − m)(b − m) = −v·ln(u)/2, and the left side falls as m rises.
    (from > 0.0) & (to > 0.0) & (from.mul_add(to, least_half_ln * variance) > 0.0)
}

/// Probability that the bridge touches a barrier below both ends, given the distances of open and close from it (both
/// positive).
#[inline(always)]
pub fn crossing_probability(open_distance: f64, close_distance: f64, variance: f64) -> f64 {
    exp(-2.0 * open_distance * close_distance / variance)
}

/// First-passage time of a bridge that is known to touch a barrier, as a fraction of the interval.
///
/// `open_distance` and `close_distance` are the distances of the two ends from the barrier (the sign of the close does
/// not matter: by reflection a path that returns has the same first passage as one that stays beyond). With τ the
/// fraction, τ/(1−τ) has the inverse Gaussian law of mean x/y and shape x²/v (substitute u = t/(T−t) in the density
/// of the first passage of the bridge), drawn by the method of Michael, Schucany and Haas (1976), here arranged so that
/// nothing is divided by the close's distance, which may be 0. Needs one standard normal and one uniform.
#[inline(always)]
pub fn first_passage_fraction(
    open_distance: f64,
    close_distance: f64,
    variance: f64,
    normal: f64,
    uniform: f64,
) -> f64 {
    let (x, y) = (open_distance, close_distance);
    let t = normal * normal * variance / (2.0 * x);
    let root = x / (y + t + (t * (t + 2.0 * y)).sqrt());
    if uniform * (x + y * root) <= x { root / (1.0 + root) } else { x * x / (x * x + y * y * root) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    const DRAWS: usize = 200_000;
    /// Kolmogorov-Smirnov bound for `DRAWS` at a false-alarm rate of 1e-6: sqrt(ln(2/1e-6)/(2n)).
    const BOUND: f64 = 0.00602;

    fn largest_deviation(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        sample.sort_by(f64::total_cmp);
        let n = sample.len() as f64;
        sample
            .iter()
            .enumerate()
            .map(|(i, x)| (cdf(*x) - i as f64 / n).abs().max((cdf(*x) - (i + 1) as f64 / n).abs()))
            .fold(0.0, f64::max)
    }

    #[test]
    fn the_minimum_follows_the_reflection_principle() {
        let mut uniforms = vec![0.0; DRAWS];
        Stream::new(1, Purpose::Hit, 0).uniforms(&mut uniforms);
        let (open, close, variance) = (0.1, -0.02, 0.03);
        let minima = uniforms.iter().map(|u| extreme_below(open, close, variance, *u)).collect();
        let cdf = |h: f64| if h >= close { 1.0 } else { (-2.0 * (open - h) * (close - h) / variance).exp() };
        assert!(largest_deviation(minima, cdf) < BOUND);
        let p = crossing_probability(open + 0.1, close + 0.1, variance);
        assert!((p - cdf(-0.1)).abs() < 1e-15);
    }

    #[test]
    fn what_stays_above_has_its_minimum_above() {
        let (n, mut above, mut sure) = (200_000, 0, 0);
        let (mut uniforms, mut normals) = (vec![0.0; n], vec![0.0; 3 * n]);
        let mut stream = Stream::new(4, Purpose::Hit, 0);
        stream.uniforms(&mut uniforms);
        stream.normals(&mut normals);
        // The smallest uniform.
        uniforms[0] = f64::EPSILON / 2.0;
        for (i, (u, normals)) in uniforms.iter().zip(normals.as_chunks::<3>().0).enumerate() {
            let v: f64 = 4e-5 * [1.0, 1e-6, 1e4][i % 3];
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            let (open, close) = (normals[0], v.sqrt().mul_add(normals[1], normals[0]));
            let minimum = extreme_below(open, close, v, *u);
            let stays = |barrier: f64| stays_above(sign, sign * open, sign * close, v, *u, barrier);
            assert!(!stays(minimum) && stays(f64::NEG_INFINITY) && !stays(f64::NAN));
            let barrier = v.sqrt().mul_add(-3.0 * normals[2].abs(), open);
            assert!(!stays(barrier) || minimum > barrier, "{open} {close} {v} {u} {barrier}");
            above += u32::from(minimum > barrier);
            sure += u32::from(stays(barrier));
        }
        assert!(f64::from(sure) > 0.95 * f64::from(above), "{sure} of {above}");
    }

    /// Independent law: P(τ ≤ s) for the bridge from x to −y through 0 is the chance that the free path has hit by s
    /// and ends there, divided by the density of the end; integrated numerically from the first-passage density.
    #[test]
    fn the_first_passage_follows_its_density() {
        for (x, y, variance) in [(0.05, 0.08, 0.01), (0.2, 0.01, 0.02), (0.01, 0.0, 0.04)] {
            let mut normals = vec![0.0; DRAWS];
            let mut uniforms = vec![0.0; DRAWS];
            let mut stream = Stream::new(2, Purpose::Hit, 0);
            stream.normals(&mut normals);
            stream.uniforms(&mut uniforms);
            let times = normals
                .iter()
                .zip(&uniforms)
                .map(|(z, u)| first_passage_fraction(x, y, variance, *z, *u))
                .collect::<Vec<_>>();
            assert!(times.iter().all(|t| (0.0..=1.0).contains(t)));
            let density = |t: f64| {
                x / (t * (std::f64::consts::TAU * variance * t * (1.0 - t)).sqrt())
                    * ((x + y).powi(2) / (2.0 * variance)
                        - x * x / (2.0 * variance * t)
                        - y * y / (2.0 * variance * (1.0 - t)))
                        .exp()
            };
            // t = sin² removes the singularity at the end.
            let steps = 20_000;
            let mut cumulative = vec![0.0; steps + 1];
            for i in 0..steps {
                let angle = (i as f64 + 0.5) / steps as f64 * std::f64::consts::FRAC_PI_2;
                let (sin, cos) = angle.sin_cos();
                let weight = 2.0 * sin * cos * std::f64::consts::FRAC_PI_2 / steps as f64;
                cumulative[i + 1] = cumulative[i] + density(sin * sin) * weight;
            }
            assert!((cumulative[steps] - 1.0).abs() < 1e-6, "density integrates to {}", cumulative[steps]);
            let cdf = |t: f64| {
                let position = t.sqrt().asin() / std::f64::consts::FRAC_PI_2 * steps as f64;
                let i = (position as usize).min(steps - 1);
                cumulative[i] + (cumulative[i + 1] - cumulative[i]) * (position - i as f64)
            };
            assert!(largest_deviation(times, cdf) < BOUND, "x {x} y {y}");
        }
    }
}
