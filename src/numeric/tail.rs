//! Upper tail of the standard normal law, lane-wise.
//!
//! With x ≥ 0, Φ(−x) = exp(−x²/2)·g(s)/(x + 4) in s = (x − 4)/(x + 4), where g is smooth (the usual change of variable for
//! the scaled complementary error function, Shepherd and Laframboise 1981). The polynomial for g is our own: a
//! Chebyshev fit to the scaled complementary error function.

use super::lanewise::exp;

/// g for x up to 12.5, highest degree first; relative error 1.2e-14.
const SCALED_TAIL: [f64; 17] = [
    2.047314799654444e-07,
    6.769221944621942e-07,
    -7.95758109071691e-07,
    -5.7233302910285685e-06,
    8.92730436407411e-07,
    3.5106939293434955e-05,
    -1.9765788917779977e-06,
    -0.00023109606701555242,
    0.00013335767014000663,
    0.0016308197329186673,
    -0.0034796937619602326,
    -0.007540189117842117,
    0.0603965749642707,
    -0.18652185795353093,
    0.3871374007406625,
    -0.6078966419719558,
    0.7552851304157583,
];

/// Φ(−x), relative error below 1e-13 for |x| ≤ 12.5; not reliable beyond, where the normals of a stream never get.
#[inline(always)]
pub fn upper_tail(x: f64) -> f64 {
    let size = x.abs();
    let s = (size - 4.0) / (size + 4.0);
    let mut g = SCALED_TAIL[0];
    for c in &SCALED_TAIL[1..] {
        g = g.mul_add(s, *c);
    }
    let tail = exp(-0.5 * size * size) * g / (size + 4.0);
    if x < 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::normal_quantile;

    /// Published values: Abramowitz and Stegun, table 26.1 and 26.2, and the DLMF's erfc at large arguments.
    #[test]
    fn tails_agree_with_tables_and_with_the_quantile() {
        for (x, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (-1.0, 0.841_344_746_068_542_9),
            (2.0, 0.022_750_131_948_179_21),
            (5.0, 2.866_515_718_791_939e-7),
            (10.0, 7.619_853_024_160_527e-24),
        ] {
            assert!((upper_tail(x) / tail - 1.0).abs() < 1e-13, "{x}: {} {tail}", upper_tail(x));
        }
        for i in 1..400 {
            let x = f64::from(i) * 0.02;
            assert!((normal_quantile(upper_tail(x)) / -x - 1.0).abs() < 1e-11, "{x}");
        }
    }
}
