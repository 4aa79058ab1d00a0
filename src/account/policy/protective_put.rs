//! A protective put: the right to sell at the strike until the expiry what was bought at the entry.
//!
//! It is bought beside the margin account, on the notional at entry, and held to its expiry whatever becomes of the position:
//! neither the premium nor the payoff touches the collateral, so the liquidation price stays where it is. The premium is the
//! price of Black and Scholes without interest,
//!
//! ```text
//! P(r) = k·Φ(−d₂) − r·Φ(−d₁),   d₁ = (ln(r/k) + v²t/2)/(v·√t),   d₂ = d₁ − v·√t
//! ```
//!
//! per unit of notional, r being the price and k the strike as ratios to the entry price, v the implied volatility and t the
//! time left. At the expiry it pays max(k − r, 0); where the account is judged before, it is worth P(r) with the time left. In
//! a coin-margined account both are turned into coins at the price of the moment.
//!
//! Source: Black and Scholes (1973), "The pricing of options and corporate liabilities", equation 13 with put-call parity,
//! at an interest rate of 0.

use serde::Serialize;

use crate::market::Duration;
use crate::numeric::{ln, upper_tail};

/// A put on the notional at entry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProtectivePut {
    /// Strike as a fraction of the entry price.
    pub strike: f64,
    /// Time from the start to the expiry.
    pub expiry: Duration,
    /// Implied volatility per square root of a year.
    pub implied_volatility: f64,
}

impl ProtectivePut {
    /// What it costs per unit of notional.
    pub fn premium(&self) -> f64 {
        self.value(1.0, 0.0)
    }

    /// What it is worth per unit of notional, some years after the start, at a ratio of the price to that of the entry.
    pub fn value(&self, ratio: f64, years: f64) -> f64 {
        let left = self.expiry.years() - years;
        let spread = self.implied_volatility * left.max(0.0).sqrt();
        let intrinsic = (self.strike - ratio).max(0.0);
        // No time, or a price next to nothing: the logarithm has no meaning there.
        if spread < 1e-9 || ratio < 1e-300 {
            return intrinsic;
        }
        let d1 = ln(ratio / self.strike) / spread + 0.5 * spread;
        // The tail is exact to 12.5 standard deviations; beyond, the put is worth what it would pay.
        if d1.abs() > 12.0 {
            return intrinsic;
        }
        (self.strike * upper_tail(d1 - spread) - ratio * upper_tail(d1)).max(intrinsic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(strike: f64, days: u64, implied_volatility: f64) -> ProtectivePut {
        ProtectivePut { strike, expiry: Duration::from_seconds(86_400 * days), implied_volatility }
    }

    /// At the money the value is 2Φ(v√t/2) − 1, and deep in the money what it would pay.
    #[test]
    fn the_value_is_that_of_black_and_scholes() {
        // v·√t = 0.2: 2Φ(0.1) − 1.
        assert!((put(1.0, 365, 0.2).premium() - 0.079_655_674_554_057_96).abs() < 1e-14);
        // k = 0.9, v·√t = 0.3, with the error function of another library.
        assert!((put(0.9, 365, 0.3).premium() - 0.070_128_799_018_497_06).abs() < 1e-13);
        assert!((put(1.0, 365, 0.2).value(0.2, 0.5) - 0.8).abs() < 1e-12);
        assert_eq!(put(1.0, 365, 0.2).value(1e-6, 0.0), 1.0 - 1e-6);
        assert_eq!(put(0.9, 30, 0.6).value(0.5, 30.0 / 365.0), 0.4);
        assert_eq!(put(0.9, 30, 0.6).value(0.95, 1.0), 0.0);
    }

    /// The value is the mean payoff of a driftless lognormal price, by the midpoint rule over its standard deviations.
    #[test]
    fn the_value_is_the_mean_payoff() {
        for (strike, days, volatility, ratio) in
            [(0.9, 30, 0.6, 1.0), (1.1, 90, 0.8, 0.7), (0.5, 365, 1.0, 1.5)]
        {
            let spread: f64 = volatility * (days as f64 / 365.0).sqrt();
            let steps = 200_000;
            let mean: f64 = (0..steps)
                .map(|i| {
                    let z = -10.0 + 20.0 * (f64::from(i) + 0.5) / f64::from(steps);
                    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
                    let price: f64 = ratio * (spread * z - 0.5 * spread * spread).exp();
                    density * (strike - price).max(0.0) * 20.0 / f64::from(steps)
                })
                .sum();
            let value = put(strike, days, volatility).value(ratio, 0.0);
            assert!((value - mean).abs() < 1e-8, "{value} {mean}");
        }
    }
}
