//! Distribution functions of statistics: normal, chi-square, Student's t, binomial.
//!
//! ```text
//! normal     Φ(x) = erfc(−x/√2)/2
//! chi-square P(X > x) = Q(k/2, x/2),          Q the regularised upper incomplete gamma function
//! Student    P(T > t) = I_{n/(n+t²)}(n/2, 1/2)/2 for t ≥ 0,     I the regularised incomplete beta function
//! binomial   P(X ≤ k) = I_{1−p}(n − k, k + 1)
//! ```
//!
//! Q is a series below a + 1 and a continued fraction above; I is a continued fraction, both by Lentz's
//! method. Relative errors are about 1e-13 for parameters below 1,000 and grow with ln Γ: 1e-15·a·ln a.
//!
//! Sources: Abramowitz and Stegun, 6.5.29, 6.5.31, 26.5.8; Lentz, "Generating Bessel functions in Mie
//! scattering calculations using continued fractions", Applied Optics 15 (1976), with Thompson and Barnett's
//! (1986) guard against zeros.

use super::elementary::{exp, ln, ln_1p};
use super::normal_quantile;

/// Where a fraction or series stops: a factor of 1 within this, a term below it.
const ENOUGH: f64 = 4e-16;
/// Terms needed grow with the root of the parameters: this is enough for 10^10.
const MOST_TERMS: u32 = 1_000_000;

/// Complementary error function.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// P(X ≤ x) of the standard normal law.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// P(X > x) of the chi-square law with `degrees` of freedom.
pub fn chi_square_tail(degrees: f64, x: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_upper(0.5 * degrees, 0.5 * x) }
}

/// P(T ≤ t) of Student's law with `degrees` of freedom.
pub fn student_cdf(degrees: f64, t: f64) -> f64 {
    let all = degrees + t * t;
    let tail = 0.5 * beta_lower(0.5 * degrees, 0.5, (degrees / all, t * t / all));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The t that Student's law with `degrees` of freedom exceeds with probability `tail`, 0 < `tail` < 1:
/// Newton's steps between bounds, from the quantile of the normal law; from 1,000 degrees on its expansion in
/// 1/degrees is right to 1e-8 of `tail` (Abramowitz and Stegun, 26.7.5).
pub fn student_quantile_above(degrees: f64, tail: f64) -> f64 {
    if tail > 0.5 {
        return -student_quantile_above(degrees, 1.0 - tail);
    }
    let z = -normal_quantile(tail);
    let square = z * z;
    let terms = [
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
    ];
    let start = z * (1.0 + (terms[0] + (terms[1] + terms[2] / degrees) / degrees) / degrees);
    if degrees >= 1000.0 {
        return start;
    }
    let front =
        ln_gamma(0.5 * (degrees + 1.0)) - ln_gamma(0.5 * degrees) - 0.5 * ln(degrees * std::f64::consts::PI);
    let (mut low, mut high, mut t) = (0.0, f64::INFINITY, start);
    // Halving alone would need no more.
    for _ in 0..100 {
        let excess = student_cdf(degrees, -t) - tail;
        if excess > 0.0 {
            low = t
        } else {
            high = t
        }
        let density = exp(front - 0.5 * (degrees + 1.0) * ln_1p(t * t / degrees));
        let newton = t + excess / density;
        let inside = newton > low && newton < high;
        let next = if inside { newton } else { (0.5 * (low + high)).min(2.0 * low + 1.0) };
        if (next - t).abs() <= 4e-16 * t {
            return next;
        }
        t = next;
    }
    t
}

/// P(X ≤ `count`) of the binomial law of `trials` with `probability` each.
pub fn binomial_cdf(trials: u64, probability: f64, count: u64) -> f64 {
    if count >= trials {
        return 1.0;
    }
    beta_lower((trials - count) as f64, count as f64 + 1.0, (1.0 - probability, probability))
}

/// The least count that the binomial law stays at or below with probability `share` or more.
pub fn binomial_quantile(trials: u64, probability: f64, share: f64) -> u64 {
    let (mut low, mut high) = (0, trials);
    while low < high {
        let middle = low + (high - low) / 2;
        if binomial_cdf(trials, probability, middle) >= share {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Regularised upper incomplete gamma function Q(a, x) for a > 0, x > 0.
fn gamma_upper(a: f64, x: f64) -> f64 {
    let front = exp(a * ln(x) - x - ln_gamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..MOST_TERMS {
            term *= x / (a + f64::from(n));
            sum += term;
            if term < sum * ENOUGH {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let mut fraction = Lentz::new(x + 1.0 - a);
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        if fraction.is_done_after(n * (a - n), x + 2.0 * n + 1.0 - a) {
            break;
        }
    }
    front / fraction.value
}

/// Regularised incomplete beta function I_x(a, b) for a, b > 0, of x and 1 − x: the smaller one must not be
/// rounded away.
fn beta_lower(a: f64, b: f64, (x, rest): (f64, f64)) -> f64 {
    if x <= 0.0 || rest <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_fraction(b, a, (rest, x));
    }
    beta_fraction(a, b, (x, rest))
}

/// I_x(a, b) below the mean.
fn beta_fraction(a: f64, b: f64, (x, rest): (f64, f64)) -> f64 {
    let log = |part: f64, other: f64| if other < 0.5 { ln_1p(-other) } else { ln(part) };
    let front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * log(x, rest) + b * log(rest, x)) / a;
    let mut fraction = Lentz::new(1.0);
    for m in 0..MOST_TERMS {
        let m = f64::from(m);
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let next = m + 1.0;
        let even = next * (b - next) * x / ((a + 2.0 * next - 1.0) * (a + 2.0 * next));
        fraction.is_done_after(odd, 1.0);
        if fraction.is_done_after(even, 1.0) {
            break;
        }
    }
    front / fraction.value
}

/// The continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)), term by term.
struct Lentz {
    value: f64,
    above: f64,
    below: f64,
}

impl Lentz {
    fn new(first: f64) -> Self {
        let first = apart_from_zero(first);
        Self { value: first, above: first, below: 0.0 }
    }

    /// Takes the next a and b; is the value settled?
    fn is_done_after(&mut self, a: f64, b: f64) -> bool {
        self.below = 1.0 / apart_from_zero(b + a * self.below);
        self.above = apart_from_zero(b + a / self.above);
        let factor = self.above * self.below;
        self.value *= factor;
        (factor - 1.0).abs() <= ENOUGH
    }
}

fn apart_from_zero(x: f64) -> f64 {
    if x.abs() < 1e-300 { 1e-300 } else { x }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, StudentsT};

    use super::*;

    fn near(found: f64, wanted: f64, error: f64) {
        assert!(found == wanted || (found / wanted - 1.0).abs() < error, "{found:e} {wanted:e}");
    }

    /// Abramowitz and Stegun: tables 26.1, 26.8 (χ² at 5 % and 0.1 %), 26.10 (t at 5 % two-sided).
    #[test]
    fn published_tables_are_met() {
        near(normal_cdf(-1.0), 0.158_655_253_931_457, 1e-14);
        near(chi_square_tail(20.0, 31.410_432_844_230_92), 0.05, 1e-12);
        near(chi_square_tail(10.0, 29.588_298_445_074_4), 0.001, 1e-10);
        for (degrees, t) in
            [(1.0, 12.706_204_736_174_7), (5.0, 2.570_581_835_636_3), (15.0, 2.131_449_545_559_32)]
        {
            near(student_quantile_above(degrees, 0.025), t, 1e-12);
            near(student_quantile_above(degrees, 0.975), -t, 1e-12);
        }
        assert!(student_quantile_above(7.0, 0.5) < 1e-15);
        // Against the bisected distribution function, on both sides of where the expansion takes over.
        for degrees in [1.0, 2.0, 3.5, 63.0, 999.0, 1000.0, 5e4] {
            for tail in [1e-6, 0.001, 0.025, 0.3] {
                let error = if degrees < 1000.0 { 1e-10 } else { 1e-8 };
                near(student_cdf(degrees, -student_quantile_above(degrees, tail)), tail, error);
            }
        }
    }

    #[test]
    fn laws_agree_with_another_library() {
        for degrees in [1.0, 2.5, 4.0, 30.0, 500.0] {
            let (student, chi) =
                (StudentsT::new(0.0, 1.0, degrees).unwrap(), ChiSquared::new(degrees).unwrap());
            for i in -40..=40 {
                let t = f64::from(i) * 0.31;
                near(student_cdf(degrees, t), student.cdf(t), 1e-9);
                let x = degrees * f64::from(i + 41) / 40.0;
                near(chi_square_tail(degrees, x), chi.sf(x), 1e-8);
            }
        }
        for (trials, p) in [(10, 0.3), (1_000, 0.01), (5_000, 0.7)] {
            let law = Binomial::new(p, trials).unwrap();
            let mean = p * trials as f64;
            for count in [0, (0.9 * mean) as u64, mean as u64, (1.1 * mean) as u64] {
                near(binomial_cdf(trials, p, count), law.cdf(count), 1e-9);
            }
            assert_eq!(binomial_cdf(trials, p, trials), 1.0);
            for share in [0.025, 0.5, 0.975] {
                assert_eq!(binomial_quantile(trials, p, share), law.inverse_cdf(share));
            }
        }
    }

    /// 10^9 trials against the sum of the probabilities, which is all but exact when the mean is small.
    #[test]
    fn many_trials_are_a_poisson_sum() {
        let poisson: f64 =
            (0..=7).map(|k| exp(-5.0 + f64::from(k) * ln(5.0) - ln_gamma(f64::from(k) + 1.0))).sum();
        near(binomial_cdf(1_000_000_000, 5e-9, 7), poisson, 1e-6);
        let half = binomial_cdf(1_000_000_000, 0.5, 500_000_000);
        assert!((half - 0.5).abs() < 1e-4, "{half}");
    }
}
