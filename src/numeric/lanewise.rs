//! Lane-wise exponential and natural logarithm from IEEE operations only: branch-free, vectorisable, the same
//! bits everywhere, for the arguments that kernels have. For one number of any size see
//! [`elementary`](super::elementary).

/// Degree-13 Taylor coefficients of the exponential, 1/k!, highest first; on |r| ≤ ln 2 / 2 the remainder is
/// below 5e-18.
const EXP_TAYLOR: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// ln 2 split so that multiples up to 2^11 of the high part are exact (fdlibm `e_exp.c`, Sun Microsystems
/// 1993).
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1.5·2^52: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// e^x for |x| ≤ 700, to about 1e-16 relative; arguments beyond are clamped there.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = if x > 700.0 { 700.0 } else { x };
    let x = if x < -700.0 { -700.0 } else { x };
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUNDER);
    let n = shifted - ROUNDER;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let mut p = EXP_TAYLOR[0];
    for c in &EXP_TAYLOR[1..] {
        p = p.mul_add(r, *c);
    }
    let scale = f64::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
    p * scale
}

/// (1 − e^(−x))/x for x ≥ 0, 1 at 0, to about 1e-15 relative: the mean of an exponential decay over its time.
#[inline(always)]
pub fn mean_decay(x: f64) -> f64 {
    let mut series = EXP_TAYLOR[0];
    for c in &EXP_TAYLOR[1..13] {
        series = series.mul_add(-x, *c);
    }
    // Below one half the series to degree 12 is exact to 1e-14; above, nothing cancels.
    if x < 0.5 { series } else { (1.0 - exp(-x)) / x }
}

/// Coefficients of (ln(1+s) − ln(1−s) − 2s)/s³ in s² on |s| ≤ 0.1716 (fdlibm `e_log.c`, Sun Microsystems
/// 1993).
const LN_SERIES: [f64; 7] = [
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

/// Natural logarithm of a positive, finite, normal number, to about 1e-16 relative.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const BIAS: u64 = 1024 << 52;
    let bits = x.to_bits();
    let offset = bits.wrapping_sub(SQRT_HALF).wrapping_add(BIAS);
    let exponent = offset >> 52;
    // The exponent as a double without an integer conversion (which AVX2 lacks for 64 bits).
    let k = f64::from_bits(ROUNDER.to_bits().wrapping_add(exponent).wrapping_sub(1024)) - ROUNDER;
    let mantissa = f64::from_bits(bits.wrapping_sub((exponent << 52).wrapping_sub(BIAS)));
    let f = mantissa - 1.0;
    let s = f / (f + 2.0);
    let z = s * s;
    let mut series = LN_SERIES[0];
    for c in &LN_SERIES[1..] {
        series = series.mul_add(z, *c);
    }
    let half_square = 0.5 * f * f;
    let correction = s.mul_add(z.mul_add(series, half_square), k * LN_2_LOW);
    k.mul_add(LN_2_HIGH, f - (half_square - correction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_standard_library() {
        let mut worst = 0.0_f64;
        for i in 0..200_001 {
            let x = -690.0 + 1380.0 * f64::from(i) / 200_000.0;
            worst = worst.max((exp(x) / x.exp() - 1.0).abs());
        }
        assert!(worst < 5e-16, "worst relative error {worst:e}");
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn ln_agrees_with_the_standard_library() {
        let mut worst = 0.0_f64;
        for i in 1..200_001 {
            for x in [
                f64::from(i) / 100_000.0,
                f64::from(i) * 1e7,
                1e-300 * f64::from(i),
                1.0 - f64::from(i) * 1e-12,
            ] {
                if x != 1.0 {
                    worst = worst.max((ln(x) / x.ln() - 1.0).abs());
                }
            }
        }
        assert!(worst < 5e-16, "worst relative error {worst:e}");
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn mean_decay_is_smooth_from_zero_on() {
        assert_eq!(mean_decay(0.0), 1.0);
        for i in 1..4000 {
            let x = f64::from(i) * 0.001 * f64::from(i);
            assert!((mean_decay(x) / (-(-x).exp_m1() / x) - 1.0).abs() < 2e-15, "{x}");
        }
    }
}
