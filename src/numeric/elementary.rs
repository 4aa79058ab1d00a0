//! Elementary functions of one number, for every argument, with the same bits everywhere.
//!
//! The methods of `f64` take these from the C library that the program is linked with: between glibc 2.36 and
//! musl, `ln` differs in the last bit for 0.006 % of the arguments, `exp` for 0.07 %, `hypot` for 14 %.
//! Results must not depend on that, so nothing but this module (and the kernels' own polynomials in
//! `lanewise`) computes them; the lint `clippy::disallowed_methods` holds it.
//!
//! Source: the crate `libm`, a translation to Rust of musl's and FreeBSD's functions, made of IEEE operations
//! only. Its version is pinned because another one may round otherwise. Errors are below one unit in the last
//! place, 1.5 for `powf`.

macro_rules! functions {
    ($($(#[$meaning:meta])* $name:ident($($argument:ident),+) = $source:path;)+) => {
        $($(#[$meaning])* pub fn $name($($argument: f64),+) -> f64 { $source($($argument),+) })+
    };
}

functions! {
    /// e^x.
    exp(x) = libm::exp;
    /// e^x − 1, without cancellation at small x.
    exp_m1(x) = libm::expm1;
    /// Natural logarithm.
    ln(x) = libm::log;
    /// ln(1 + x), without cancellation at small x.
    ln_1p(x) = libm::log1p;
    /// Logarithm to base 2.
    log2(x) = libm::log2;
    /// Logarithm to base 10.
    log10(x) = libm::log10;
    /// x^y.
    powf(x, y) = libm::pow;
    /// √(x² + y²), without overflow in between.
    hypot(x, y) = libm::hypot;
    /// Cube root.
    cbrt(x) = libm::cbrt;
    /// Sine of an angle in radians.
    sin(x) = libm::sin;
    /// Cosine of an angle in radians.
    cos(x) = libm::cos;
    /// Angle of the point (x, y) in radians, from −π to π.
    atan2(y, x) = libm::atan2;
    /// Hyperbolic tangent.
    tanh(x) = libm::tanh;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values (Abramowitz and Stegun, tables 4.2, 4.4, 4.6) and the arguments at the edges.
    #[test]
    fn functions_agree_with_tables_and_hold_at_the_edges() {
        for (found, wanted) in [
            (exp(1.0), std::f64::consts::E),
            (exp_m1(1e-10), 1.000_000_000_05e-10),
            (ln(10.0), std::f64::consts::LN_10),
            (ln_1p(1e-10), 9.999_999_999_5e-11),
            (log2(10.0), std::f64::consts::LOG2_10),
            (log10(2.0), std::f64::consts::LOG10_2),
            (powf(2.0, 0.5), std::f64::consts::SQRT_2),
            (hypot(3e200, 4e200), 5e200),
            (cbrt(27.0), 3.0),
            (sin(0.5), 0.479_425_538_604_203),
            (cos(0.5), 0.877_582_561_890_373),
            (tanh(0.5), 0.462_117_157_260_010),
        ] {
            assert!((found / wanted - 1.0).abs() < 2e-15, "{found} {wanted}");
        }
        assert_eq!(
            [exp(-800.0), exp(800.0), ln(0.0), exp(0.0), ln(1.0)],
            [0.0, f64::INFINITY, f64::NEG_INFINITY, 1.0, 0.0]
        );
        assert!(ln(-1.0).is_nan() && powf(-1.0, 0.5).is_nan());
        assert!((ln(5e-324) + 744.440_071_921_381).abs() < 1e-11);
    }

    /// The bits of a sum over many arguments: another version of the source, or a platform's functions, give
    /// others.
    #[test]
    fn the_bits_are_pinned() {
        let sum = |f: &dyn Fn(f64) -> f64| {
            (1..20_000)
                .map(|i| f(f64::from(i) * 3.7e-4).to_bits())
                .fold(0_u64, |all, bits| all.rotate_left(5) ^ bits)
        };
        let found = [
            sum(&exp),
            sum(&exp_m1),
            sum(&ln),
            sum(&ln_1p),
            sum(&|x| powf(x, 0.3)),
            sum(&|x| hypot(x, 1.1)),
            sum(&sin),
            sum(&cos),
        ];
        assert_eq!(
            found,
            [
                0xc0aa_2b20_8fe5_b3da,
                0xcad0_41d9_3ebb_8bef,
                0x5e31_5f3d_10c3_0a10,
                0xb997_e461_f7ad_3f4b,
                0xb861_71f1_a262_bff2,
                0x2cbf_d302_9d24_4d76,
                0x7185_0517_9c63_84af,
                0x85dc_63fc_3369_bd6f,
            ],
            "{found:#x?}"
        );
    }
}
