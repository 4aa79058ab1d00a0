//! Kou's jump diffusion: double-exponential jumps.
//!
//! ```text
//! ln S_t = (drift − λ·k − volatility²/2)·t + volatility·W_t + Σ J_i   at Poisson times of rate λ
//! J = +Exp(mean up_mean) with probability p = up_probability, else −Exp(mean down_mean)
//! k = E[e^J − 1] = p·up_mean/(1 − up_mean) − (1 − p)·down_mean/(1 + down_mean)
//! ```
//!
//! In Kou's notation η₁ = 1/up_mean and η₂ = 1/down_mean. `up_mean` must be below 1 (100 %), or the expected price does not
//! exist. Jumps of a size that is rare under a normal law are common here, and up and down jumps differ: what crypto
//! returns ask for. Exact, as Merton's model. With rate 0 this is geometric Brownian motion.
//! Source: Kou (2002), "A jump-diffusion model for option pricing"; first passage: Kou and Wang (2003).

use serde::Serialize;

use super::jumps::{JumpDiffusion, JumpLaw};
use super::{Stepper, Tilt};
use crate::numeric::{Kernel, Stream, dispatch, ln};

/// Double-exponential log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KouJumps {
    /// Expected number of jumps a year, λ; not negative.
    pub rate: f64,
    /// Probability that a jump is upwards.
    pub up_probability: f64,
    /// Mean of an upward log jump; positive, below 1.
    pub up_mean: f64,
    /// Mean size of a downward log jump; positive.
    pub down_mean: f64,
}

impl KouJumps {
    /// Growth rate of the expected price that the jumps bring, λ·E[e^J − 1], per year.
    pub fn growth(&self) -> f64 {
        JumpLaw::growth(self)
    }
}

impl JumpLaw for KouJumps {
    fn rate(&self) -> f64 {
        self.rate
    }

    fn mean_relative_jump(&self) -> f64 {
        self.up_probability * self.up_mean / (1.0 - self.up_mean)
            - (1.0 - self.up_probability) * self.down_mean / (1.0 + self.down_mean)
    }

    fn sizes(&self, out: &mut [f64], noise: &mut Stream) {
        noise.uniforms(out);
        dispatch(Sizes { law: *self, out });
    }

    /// Below p it chooses up, and what lies below it is uniform again, as is what lies above.
    #[inline(always)]
    fn size(&self, uniform: f64) -> f64 {
        let p = self.up_probability;
        let is_up = uniform < p;
        let share = if is_up { uniform / p } else { (1.0 - uniform) / (1.0 - p) };
        if is_up { -self.up_mean * ln(share) } else { self.down_mean * ln(share) }
    }

    fn allowed_exponent(&self, tilt: Tilt) -> f64 {
        // The means become 1/(1/up_mean − k) and 1/(1/down_mean + k).
        let most = |mean: f64| (1.0 / mean - 1.0 / tilt.goal).max(0.0);
        tilt.exponent.clamp(-most(self.down_mean), most(self.up_mean))
    }

    fn tilted(&self, exponent: f64) -> Self {
        let (up, down) = (1.0 - exponent * self.up_mean, 1.0 + exponent * self.down_mean);
        let (ups, downs) = (self.up_probability / up, (1.0 - self.up_probability) / down);
        Self {
            rate: self.rate * (ups + downs),
            up_probability: ups / (ups + downs),
            up_mean: self.up_mean / up,
            down_mean: self.down_mean / down,
        }
    }
}

/// Turns uniforms into jumps.
struct Sizes<'a> {
    law: KouJumps,
    out: &'a mut [f64],
}

impl Kernel for Sizes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for out in self.out {
            *out = self.law.size(*out);
        }
    }
}

/// Geometric Brownian motion with double-exponential log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kou {
    /// Growth rate of the expected price, jumps included, per year.
    pub drift: f64,
    /// Volatility of the continuous part per square root of a year; positive.
    pub volatility: f64,
    /// The jumps.
    pub jumps: KouJumps,
}

impl Kou {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        JumpDiffusion::new(self.drift, self.volatility, self.jumps, lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Purpose;

    /// Moments of the law of one jump, each within 4 standard errors (false-alarm rate below 4e-4).
    #[test]
    fn jumps_have_the_moments_of_the_double_exponential_law() {
        let law = KouJumps { rate: 1.0, up_probability: 0.3, up_mean: 0.05, down_mean: 0.08 };
        let n = 1_000_000;
        let mut sizes = vec![0.0; n];
        law.sizes(&mut sizes, &mut Stream::new(5, Purpose::Event(0), 0));
        let check = |name: &str, of: &dyn Fn(f64) -> f64, expected: f64| {
            let mean = sizes.iter().map(|x| of(*x)).sum::<f64>() / n as f64;
            let square = sizes.iter().map(|x| of(*x).powi(2)).sum::<f64>() / n as f64;
            let error = ((square - mean * mean) / n as f64).sqrt();
            assert!(
                (mean - expected).abs() < 4.0 * error,
                "{name}: {mean} against {expected}, error {error}"
            );
        };
        check("share of up jumps", &|x| f64::from(u8::from(x > 0.0)), 0.3);
        check("mean", &|x| x, 0.3 * 0.05 - 0.7 * 0.08);
        check("second moment", &|x| x * x, 2.0 * (0.3 * 0.05 * 0.05 + 0.7 * 0.08 * 0.08));
        check("relative jump", &f64::exp_m1, law.mean_relative_jump());
        check("tail", &|x| f64::from(u8::from(x < -0.4)), 0.7 * (-0.4_f64 / 0.08).exp());
    }

    #[test]
    fn certain_directions_are_finite() {
        for up_probability in [0.0, 1.0] {
            let law = KouJumps { rate: 1.0, up_probability, up_mean: 0.05, down_mean: 0.08 };
            let mut sizes = vec![0.0; 10_000];
            law.sizes(&mut sizes, &mut Stream::new(6, Purpose::Event(0), 0));
            assert!(sizes.iter().all(|x| x.is_finite() && (*x > 0.0) == (up_probability == 1.0)));
        }
    }
}
