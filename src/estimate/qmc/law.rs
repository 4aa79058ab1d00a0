//! Brownian log-price with normal jumps, mirrored so that liquidation lies below, and its exponential tilts.
//!
//! ```text
//! X_t = drift·t + volatility·W_t + Σ J_i,   ln E[e^{kX_t}] = t·ψ(k)
//! ψ(k) = drift·k + volatility²·k²/2 + rate·(exp(k·mean + k²·std_dev²/2) − 1)
//! ```
//!
//! Under the measure of density exp(kX_t − tψ(k)) the process is of the same kind with other parameters (Esscher 1932;
//! Gerber and Shiu 1994), so a tilted path is simulated like any other and carries the weight exp(tψ(k) − kX_t).

use crate::model::Model;
use crate::numeric::elementary;

/// A barrier that takes a larger tilt has a probability of e^(-10⁸) or less.
const LARGEST_TILT: f64 = 1e9;

/// The law of the log-price, mirrored for a short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Law {
    /// Drift of the log-price between jumps, per year.
    pub drift: f64,
    /// Volatility per square root of a year.
    pub volatility: f64,
    /// Jumps a year.
    pub rate: f64,
    /// Mean of the log jump.
    pub mean: f64,
    /// Standard deviation of the log jump.
    pub std_dev: f64,
}

impl Law {
    /// The law of a model, times a sign; none if the model is of another kind.
    pub fn of(model: &Model, sign: f64) -> Option<Self> {
        let law = if let Model::Gbm(gbm) = model {
            let drift = gbm.drift - 0.5 * gbm.volatility * gbm.volatility;
            Self { drift, volatility: gbm.volatility, rate: 0.0, mean: 0.0, std_dev: 0.0 }
        } else if let Model::Merton(merton) = model {
            let (volatility, jumps) = (merton.volatility, merton.jumps);
            let drift = merton.drift - jumps.growth() - 0.5 * volatility * volatility;
            Self { drift, volatility, rate: jumps.rate, mean: jumps.mean, std_dev: jumps.std_dev }
        } else {
            return None;
        };
        Some(Self { drift: sign * law.drift, mean: sign * law.mean, ..law })
    }

    /// ψ(k), the cumulant of the log-price per year.
    pub fn cumulant(&self, k: f64) -> f64 {
        let jump = k * self.mean + 0.5 * k * k * self.std_dev * self.std_dev;
        k * self.drift
            + 0.5 * k * k * self.volatility * self.volatility
            + self.rate * elementary::exp_m1(jump)
    }

    /// The law under the measure of density exp(kX_t − tψ(k)).
    pub fn tilted(&self, k: f64) -> Self {
        let jump = k * self.mean + 0.5 * k * k * self.std_dev * self.std_dev;
        Self {
            drift: self.drift + k * self.volatility * self.volatility,
            volatility: self.volatility,
            // Of no jumps the largest tilt makes none.
            rate: if self.rate == 0.0 { 0.0 } else { self.rate * elementary::exp(jump) },
            mean: self.mean + k * self.std_dev * self.std_dev,
            std_dev: self.std_dev,
        }
    }

    /// Expected log-price per year, ψ'(0).
    pub fn growth(&self) -> f64 {
        self.drift + self.rate * self.mean
    }

    /// Variance of the log-price per year, ψ''(0).
    pub fn variance(&self) -> f64 {
        self.volatility * self.volatility + self.rate * (self.mean * self.mean + self.std_dev * self.std_dev)
    }

    /// The tilt under which a barrier below is where the price is expected at the horizon (the saddle point of large
    /// deviations), or as near to that as so many jumps expected on a path allow; 0 if the barrier is within one standard deviation
    /// anyway, or if no tilt gets there.
    pub fn tilt_to(&self, barrier: f64, horizon: f64, most_jumps: f64) -> f64 {
        let distance = self.growth() * horizon - barrier;
        if distance <= (self.variance() * horizon).sqrt() {
            return 0.0;
        }
        // ψ' rises, so the expected price falls as k does.
        let too_far = |k: f64| {
            let tilted = self.tilted(k);
            tilted.growth() * horizon < barrier || tilted.rate * horizon > most_jumps
        };
        let mut low = -1.0;
        while !too_far(low) {
            // A price that hardly moves goes nowhere under any tilt that is a number.
            if low < -LARGEST_TILT {
                return 0.0;
            }
            low *= 2.0;
        }
        let mut high = 0.0;
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if too_far(middle) { low = middle } else { high = middle }
        }
        high
    }

    /// Distribution function of the number of jumps up to a horizon: P(at most n) for n = 0, 1, ... until the rest is
    /// below 1e-18; the last entry is 1.
    pub fn jump_counts(&self, horizon: f64) -> Vec<f64> {
        let expected = self.rate * horizon;
        if expected == 0.0 {
            return vec![1.0];
        }
        let mut term = elementary::exp(-expected);
        let (mut total, mut n) = (term, 0.0);
        let mut counts = vec![total];
        // Beyond the mean the terms fall faster than a geometric series.
        while term > 1e-18 * total || n < expected {
            n += 1.0;
            term *= expected / n;
            total += term;
            counts.push(total.min(1.0));
        }
        if let Some(last) = counts.last_mut() {
            *last = 1.0;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Law = Law { drift: 0.1, volatility: 0.5, rate: 12.0, mean: -0.03, std_dev: 0.06 };

    #[test]
    fn a_price_that_hardly_moves_is_led_nowhere() {
        for volatility in [1e-7, 1e-170, 1e-320] {
            let still = Law { drift: 0.0, volatility, rate: 0.0, mean: 0.0, std_dev: 0.0 };
            assert_eq!(still.tilt_to(-0.5, 0.1, 100.0), 0.0);
        }
        let calm = Law { volatility: 1e-3, rate: 0.0, drift: 0.0, ..LAW };
        assert!((calm.tilt_to(-0.5, 0.1, 100.0) / -5e6 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_growth_and_variance_are_derivatives_of_the_cumulant() {
        let h = 1e-4;
        let slope = (LAW.cumulant(h) - LAW.cumulant(-h)) / (2.0 * h);
        let bend = (LAW.cumulant(h) + LAW.cumulant(-h)) / (h * h);
        assert!((slope - LAW.growth()).abs() < 1e-6);
        assert!((bend - LAW.variance()).abs() < 1e-6);
    }

    /// ψ_k(u) = ψ(u + k) − ψ(k) is what tilting means.
    #[test]
    fn a_tilted_law_has_the_shifted_cumulant() {
        for (k, u) in [(-3.0, 1.0), (-10.0, -2.0), (4.0, 0.5)] {
            let shifted = LAW.cumulant(u + k) - LAW.cumulant(k);
            assert!((LAW.tilted(k).cumulant(u) - shifted).abs() < 1e-9 * shifted.abs().max(1.0));
        }
    }

    #[test]
    fn the_tilt_leads_to_the_barrier() {
        let horizon = 30.0 / 365.0;
        for barrier in [-0.4, -0.7, -1.5] {
            let k = LAW.tilt_to(barrier, horizon, 200.0);
            assert!((LAW.tilted(k).growth() * horizon - barrier).abs() < 1e-6, "{barrier}: {k}");
        }
        assert_eq!(LAW.tilt_to(-0.05, horizon, 200.0), 0.0);
    }

    #[test]
    fn jump_counts_are_poisson() {
        let counts = LAW.jump_counts(0.5);
        assert!((counts[0] - (-6.0_f64).exp()).abs() < 1e-16);
        assert!((counts[6] - 0.606_302_782_412_592).abs() < 1e-14, "{}", counts[6]);
        assert_eq!(Law { rate: 0.0, ..LAW }.jump_counts(1.0), [1.0]);
    }
}
