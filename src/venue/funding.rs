//! Funding of perpetual contracts: at every multiple of an interval the longs pay the shorts a rate on the notional
//! (negative: the shorts the longs).
//!
//! The rate is constant, or mean-reverting, or recorded. The mean-reverting rate f follows Ornstein and Uhlenbeck's law
//!
//! ```text
//! df = reversion·(mean − f)·dt + volatility·dB,     dB·dW = correlation·dt
//! ```
//!
//! with W the driver of the asset's continuous moves. Its transition over an interval Δ is exact: with c = e^(−κΔ), κ the
//! reversion, v the volatility, ρ the correlation and Z an independent normal,
//!
//! ```text
//! f' = mean + c·(f − mean) + v·(a·ΔW + b·Z)
//! a = ρ·(1 − c)/(κ·Δ),   b² = (1 − c²)/(2κ) − ρ²·(1 − c)²/(κ²·Δ)
//! ```
//!
//! since ∫e^(−κ(Δ−s))dB has the variance (1 − c²)/(2κ) and the covariance ρ·(1 − c)/κ with ΔW. The rate that is paid at
//! a payment is f at that time, capped; the cap does not hold the law back.
//!
//! Source: Uhlenbeck and Ornstein (1930), "On the theory of the Brownian motion"; the transition is in Gillespie (1996),
//! "Exact numerical simulation of the Ornstein-Uhlenbeck process and its integral", equation 1.9a.

use std::sync::Arc;

use serde::Serialize;

use crate::market::Duration;
use crate::numeric::elementary;

/// What a venue says of its funding, whatever the rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FundingTerms {
    /// Time between payments.
    pub every: Duration,
    /// Largest rate per interval, in either direction, as a fraction; none where the venue states none.
    pub cap: Option<f64>,
}

/// Terms of funding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Funding {
    /// Fractions of the notional per interval.
    #[serde(flatten)]
    pub rates: FundingRates,
    /// Time between payments.
    pub every: Duration,
    /// The notional that a rate applies to.
    pub basis: FundingBasis,
}

/// The rates of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FundingRates {
    /// The same at every payment.
    Constant {
        /// Fraction of the notional per interval.
        rate: f64,
    },
    /// Mean-reverting.
    Ou(OrnsteinUhlenbeck),
    /// As recorded.
    Recorded(RecordedRates),
}

/// A mean-reverting rate; rates are fractions of the notional per interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OrnsteinUhlenbeck {
    /// Rate that it returns to.
    pub mean: f64,
    /// Speed of return per year: a deviation halves in ln 2/reversion years.
    pub reversion: f64,
    /// Volatility of the rate per square root of a year; the spread after a long time is volatility/√(2·reversion).
    pub volatility: f64,
    /// Correlation with the driver of the asset's continuous moves.
    pub correlation: f64,
    /// Rate at the start.
    pub initial: f64,
    /// Largest rate that is paid, in either direction; none without a cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
}

/// Rates of a record, in its order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedRates {
    /// Hash of the record: two records with the same hash are the same.
    pub hash: String,
    /// How they are dealt out to paths.
    pub order: RecordedOrder,
    /// Fractions of the notional per interval.
    #[serde(skip)]
    pub rates: Arc<[f64]>,
    /// When they were paid, in seconds since 1970; rising.
    #[serde(skip)]
    pub times: Arc<[i64]>,
}

/// How recorded rates are dealt out to paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedOrder {
    /// Every path gets the same ones, from this row on.
    From(usize),
    /// Every path gets blocks of this mean number of rows, put together anew (Politis and Romano 1994, "The stationary
    /// bootstrap"), apart from its prices.
    Blocks(f64),
}

/// The notional that a funding rate applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FundingBasis {
    /// At the mark price of the moment of payment (what venues do).
    Mark,
    /// At the entry price.
    Entry,
}

/// One interval of a mean-reverting rate, without its noise: see the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// What is left of a deviation from the mean.
    pub decay: f64,
    /// Factor of the driver's increment.
    pub driven: f64,
    /// Factor of an independent standard normal.
    pub own: f64,
}

impl Funding {
    /// The same rate at every payment, on the mark.
    pub fn constant(rate: f64, every: Duration) -> Self {
        Self { rates: FundingRates::Constant { rate }, every, basis: FundingBasis::Mark }
    }

    /// The rate where it is the same at every payment; none where it varies.
    pub fn constant_rate(&self) -> Option<f64> {
        match self.rates {
            FundingRates::Constant { rate } => Some(rate),
            FundingRates::Ou(_) | FundingRates::Recorded(_) => None,
        }
    }

    /// Whether a payment is due at a time in seconds since the start.
    pub fn is_due(&self, seconds: u64) -> bool {
        seconds.is_multiple_of(self.every.seconds().max(1))
    }

    /// Whether nothing is ever paid.
    pub fn is_zero(&self) -> bool {
        matches!(self.rates, FundingRates::Constant { rate } if rate == 0.0)
    }

    /// Whether the rate depends on the asset's price.
    pub fn follows_the_price(&self) -> bool {
        matches!(self.rates, FundingRates::Ou(law) if law.correlation != 0.0)
    }
}

impl OrnsteinUhlenbeck {
    /// The transition over an interval in years.
    pub fn transition(&self, years: f64) -> Transition {
        let (k, rho) = (self.reversion, self.correlation);
        let fallen = -elementary::exp_m1(-k * years);
        let variance = -elementary::exp_m1(-2.0 * k * years) / (2.0 * k);
        let explained = rho * rho * fallen * fallen / (k * k * years);
        Transition {
            decay: 1.0 - fallen,
            driven: self.volatility * rho * fallen / (k * years),
            own: self.volatility * (variance - explained).max(0.0).sqrt(),
        }
    }

    /// The rate that is paid where the law stands at a rate.
    #[inline(always)]
    pub fn capped(&self, rate: f64) -> f64 {
        self.cap.map_or(rate, |cap| rate.clamp(-cap, cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: OrnsteinUhlenbeck = OrnsteinUhlenbeck {
        mean: 1e-4,
        reversion: 100.0,
        volatility: 3e-3,
        correlation: 0.6,
        initial: 2e-4,
        cap: Some(3e-4),
    };

    /// Two half intervals are one whole: in mean, in variance and in covariance with the driver.
    #[test]
    fn transitions_compose() {
        let (half, whole) = (LAW.transition(0.01), LAW.transition(0.02));
        let variance = |one: Transition, years: f64| one.driven * one.driven * years + one.own * one.own;
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
        near(half.decay * half.decay, whole.decay);
        near(variance(half, 0.01) * (1.0 + half.decay * half.decay), variance(whole, 0.02));
        near(half.driven * 0.01 * (1.0 + half.decay), whole.driven * 0.02);
        // After a long time the spread is volatility/√(2·reversion).
        near(variance(LAW.transition(10.0), 10.0), 9e-6 / 200.0);
    }

    #[test]
    fn a_cap_holds_in_both_directions() {
        assert_eq!([5e-4, -5e-4, 1e-4].map(|rate| LAW.capped(rate)), [3e-4, -3e-4, 1e-4]);
        assert_eq!(OrnsteinUhlenbeck { cap: None, ..LAW }.capped(5e-4), 5e-4);
    }
}
