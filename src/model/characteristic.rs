//! Characteristic functions of closing log-prices, where a model has one in closed form.
//!
//! ln E[e^{iuX}] of X, the log-price at the horizon less that at the start:
//!
//! - merton, kou: iu(drift − λk − σ²/2)T − σ²u²T/2 + λT(E[e^{iuJ}] − 1) (Merton 1976; Kou 2002, section 2);
//! - heston: iu·drift·T + κθ/ξ²·((b − d)T − 2 ln((1 − g·e^{−dT})/(1 − g))) + V₀·(b − d)/ξ²·(1 − e^{−dT})/(1 −
//!   g·e^{−dT}) with b = κ − ρξiu, d = √(b² + ξ²(iu + u²)), g = (b − d)/(b + d), whose logarithm stays on its
//!   principal branch (Albrecher, Mayer, Schoutens and Tistaert 2007, "The little Heston trap");
//! - bates: both (Bates 1996).

use super::jumps::Jumps;
use super::kou::KouJumps;
use super::{Heston, Model};
use crate::numeric::Complex;

/// Below this volatility of the variance the formula divides rounding errors.
const LEAST_VOL_OF_VOL: f64 = 0.01;

impl Model {
    /// ln E[e^{iuX}] after so many years; none where no closed form is known.
    pub(super) fn log_characteristic(&self, u: f64, years: f64) -> Option<Complex> {
        match self {
            Self::Merton(merton) => {
                let drift = merton.drift - merton.jumps.growth();
                let moved = brownian(u, drift, merton.volatility) + normal_jumps(&merton.jumps, u);
                Some(moved.times(years))
            }
            Self::Kou(kou) => {
                let drift = kou.drift - kou.jumps.growth();
                let moved = brownian(u, drift, kou.volatility) + exponential_jumps(&kou.jumps, u);
                Some(moved.times(years))
            }
            Self::Heston(heston) => stochastic_volatility(heston, u, years),
            Self::Bates(bates) => {
                let drift = bates.heston.drift - bates.jumps.growth();
                let heston = Heston { drift, ..bates.heston };
                Some(stochastic_volatility(&heston, u, years)? + normal_jumps(&bates.jumps, u).times(years))
            }
            _ => None,
        }
    }
}

/// A year of Brownian log-price.
fn brownian(u: f64, drift: f64, volatility: f64) -> Complex {
    let variance = volatility * volatility;
    Complex::new(-0.5 * variance * u * u, u * (drift - 0.5 * variance))
}

/// A year of normal jumps.
fn normal_jumps(jumps: &Jumps, u: f64) -> Complex {
    let of_jump = Complex::new(-0.5 * (jumps.std_dev * u).powi(2), u * jumps.mean).exp();
    (of_jump - ONE).times(jumps.rate)
}

/// A year of double-exponential jumps.
fn exponential_jumps(jumps: &KouJumps, u: f64) -> Complex {
    let up = (ONE / Complex::new(1.0, -u * jumps.up_mean)).times(jumps.up_probability);
    let down = (ONE / Complex::new(1.0, u * jumps.down_mean)).times(1.0 - jumps.up_probability);
    (up + down - ONE).times(jumps.rate)
}

const ONE: Complex = Complex::new(1.0, 0.0);

fn stochastic_volatility(heston: &Heston, u: f64, years: f64) -> Option<Complex> {
    let Heston { drift, variance, long_run_variance, mean_reversion, vol_of_vol, correlation, .. } = *heston;
    if vol_of_vol < LEAST_VOL_OF_VOL {
        return None;
    }
    let squared = vol_of_vol * vol_of_vol;
    let b = Complex::new(mean_reversion, -correlation * vol_of_vol * u);
    let d = (b * b + Complex::new(squared * u * u, squared * u)).sqrt();
    let g = (b - d) / (b + d);
    let decayed = d.times(-years).exp();
    let rest = ONE - g * decayed;
    let grown = (b - d).times(years) - (rest / (ONE - g)).ln().times(2.0);
    let started = (b - d) * (ONE - decayed) / rest;
    let of_variance =
        grown.times(mean_reversion * long_run_variance / squared) + started.times(variance / squared);
    Some(of_variance + Complex::new(0.0, u * drift * years))
}
