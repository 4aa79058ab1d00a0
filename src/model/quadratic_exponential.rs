//! Andersen's quadratic-exponential scheme for one interval of a square-root process and of the log-price that it moves.
//!
//! Greek and single letters are those of Andersen (2008), with γ₁ = γ₂ = ½. The mean m of the variance at the end of an interval and its
//! variance s² are known. Where s² ≤ 1.5·m² the end is a·(b + Z)² with a·(1 + b²) = m and 2·a²·(1 + 2·b²) = s²; elsewhere it is drawn
//! from a law with an atom at zero and an exponential tail.

use crate::numeric::{ln, mean_decay, upper_tail};

/// Below this the variance is deterministic for all purposes, and dividing by it would only amplify rounding.
const SMALLEST_VOL_OF_VOL: f64 = 1e-6;

/// Where the quadratic law gives way to the exponential one (Andersen's ψ_c).
pub(super) const SWITCH: f64 = 1.5;

/// A variance that returns to its mean, and the price that it moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct SquareRoot {
    /// Growth rate of the expected price.
    pub drift: f64,
    /// Mean that the variance returns to, θ.
    pub mean: f64,
    /// Speed of the return, κ.
    pub speed: f64,
    /// Volatility of the variance, ξ.
    pub volatility: f64,
    /// Between the normals of the price and the variance, ρ.
    pub correlation: f64,
}

/// What one interval does to the variance and the log-price, drift aside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub variance: f64,
    /// Integral of the variance over the interval.
    pub integrated: f64,
    pub log_return: f64,
}

/// What does not depend on the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub duration: f64,
    /// Mean that the variance returns to, θ, and 1 − e^(−κΔ).
    pub theta: f64,
    pub decayed: f64,
    /// ξ²·(1 − e^(−κΔ))/κ.
    pub spread: f64,
    /// ρ, √(1 − ρ²) and 1 − ρ².
    pub rho: f64,
    pub root: f64,
    pub uncorrelated: f64,
    pub k2: f64,
    pub k3: f64,
    /// K2 + ½·K4.
    pub a_sum: f64,
}

impl Interval {
    #[inline(always)]
    pub fn new(process: &SquareRoot, duration: f64) -> Self {
        let SquareRoot { mean: theta, speed: kappa, volatility: xi, correlation, .. } = *process;
        let rho = if xi < SMALLEST_VOL_OF_VOL { 0.0 } else { correlation };
        let rho_over_xi = if xi < SMALLEST_VOL_OF_VOL { 0.0 } else { rho / xi };
        let uncorrelated = 1.0 - rho * rho;
        let decay_time = duration * mean_decay(kappa * duration);
        let k2 = 0.5 * duration * (kappa * rho_over_xi - 0.5) + rho_over_xi;
        let k3 = 0.5 * duration * uncorrelated;
        Self {
            duration,
            theta,
            decayed: kappa * decay_time,
            spread: xi * xi * decay_time,
            rho,
            root: uncorrelated.sqrt(),
            uncorrelated,
            k2,
            k3,
            a_sum: 0.5f64.mul_add(k3, k2),
        }
    }

    /// Mean m of the variance at the end, and its variance s².
    #[inline(always)]
    fn moments(&self, v: f64) -> (f64, f64) {
        let m = positive((self.theta - v).mul_add(self.decayed, v), 1e-100);
        let s_square = self.spread * (v * (1.0 - self.decayed) + 0.5 * self.theta * self.decayed);
        (m, positive(s_square, 1e-24 * m * m))
    }

    /// The variance at the end by the quadratic law, and ln E[exp(K2·V' + ½·K4·V')]: what the move must give up for the expected
    /// price to be exact. With ε = 2·a·(K2 + ½·K4) that is ½·(b²·ε/(1 − ε) − ln(1 − ε)).
    #[inline(always)]
    fn quadratic_end(&self, (m, s_square): (f64, f64), z: f64) -> (f64, f64) {
        // 2/ψ.
        let inverse = 2.0 * m * m / s_square;
        let b_square = inverse - 1.0 + positive(inverse * (inverse - 1.0), 0.0).sqrt();
        let a = m / (1.0 + b_square);
        let shifted = positive(b_square, 0.0).sqrt() + z;
        let epsilon = 2.0 * self.a_sum * a;
        let left = positive(1.0 - epsilon, 1e-3);
        (a * shifted * shifted, 0.5 * b_square.mul_add(epsilon / left, -ln(left)))
    }

    /// The same by the law with an atom at zero.
    #[inline(always)]
    fn exponential_end(&self, (m, s_square): (f64, f64), z: f64) -> (f64, f64) {
        let beta = 2.0 * m / m.mul_add(m, s_square);
        let above_zero = beta * m;
        let end = positive(ln(above_zero / upper_tail(z)) / beta, 0.0);
        let room = positive(beta - self.a_sum, 1e-3 * beta);
        (end, ln(1.0 - above_zero + beta * above_zero / room))
    }

    /// Whether the quadratic law is that of a step.
    #[inline(always)]
    pub fn is_quadratic(&self, v: f64) -> bool {
        let (m, s_square) = self.moments(v);
        s_square <= SWITCH * m * m
    }

    /// A step by the law that ψ = s²/m² asks for, or by the exponential one, in double precision. The normal of the variance has correlation
    /// ρ with the one that is handed in for the price.
    #[inline(always)]
    pub fn step<const EITHER: bool>(&self, v: f64, normal: f64, other: f64) -> Step {
        let moments = self.moments(v);
        let z_variance = self.rho.mul_add(normal, self.root * other);
        let z_price = self.root.mul_add(normal, -self.rho * other);
        let (mut next, mut growth) = self.exponential_end(moments, z_variance);
        if EITHER {
            let quadratic = self.quadratic_end(moments, z_variance);
            (next, growth) = if self.is_quadratic(v) { quadratic } else { (next, growth) };
        }
        let integrated = 0.5 * self.duration * (v + next);
        let diffusion = (self.uncorrelated * integrated).sqrt() * z_price;
        let log_return = self.k2.mul_add(next, -0.5 * self.k3 * v) - growth + diffusion;
        Step { variance: next, integrated, log_return }
    }
}

/// The larger of a number and a bound; the bound if it is not a number.
#[inline(always)]
pub(super) fn positive(x: f64, bound: f64) -> f64 {
    if x > bound { x } else { bound }
}
