//! A quantity that varies from day to day about a median: fees of a network, the price of power.
//!
//! ```text
//! X(n) = median·exp(x(n)),   x(0) = 0,   x(n) = e^(−reversion/365)·x(n−1) + s·ξ
//! s = volatility·sqrt((1 − e^(−2·reversion/365))/(2·reversion)),   volatility·sqrt(1/365) without reversion
//! ```
//!
//! The logarithm is an Ornstein-Uhlenbeck process seen once a day; the transition is exact (Uhlenbeck and Ornstein 1930).

use serde::Serialize;

use crate::numeric::exp;

const DAYS_PER_YEAR: f64 = 365.0;

/// A positive quantity whose logarithm returns to that of its median.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Varying {
    /// Value at the start, and the one that it returns to; not negative.
    pub median: f64,
    /// Volatility of the logarithm per square root of a year; 0 for a constant.
    pub volatility: f64,
    /// Speed of the return per year.
    pub reversion: f64,
}

impl Varying {
    /// A quantity that never changes.
    pub fn constant(median: f64) -> Self {
        Self { median, volatility: 0.0, reversion: 0.0 }
    }

    /// Whether it never changes.
    pub fn is_constant(&self) -> bool {
        self.volatility == 0.0
    }

    /// What a day leaves of the logarithm, and the standard deviation that it adds.
    pub fn transition(&self) -> (f64, f64) {
        let day = 1.0 / DAYS_PER_YEAR;
        let rate = self.reversion;
        // Below this the difference of the exponentials is nothing but rounding.
        let time = if rate * day > 1e-9 { (1.0 - exp(-2.0 * rate * day)) / (2.0 * rate) } else { day };
        (exp(-rate * day), self.volatility * time.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a year of days: variance volatility²·(1 − e^(−2·reversion))/(2·reversion).
    #[test]
    fn the_variance_of_a_year_is_that_of_the_law() {
        for reversion in [0.0, 1e-12, 0.3, 5.0, 200.0] {
            let law = Varying { median: 0.1, volatility: 2.7, reversion };
            let (keeps, adds) = law.transition();
            let variance = (0..365).fold(0.0, |variance, _| keeps * keeps * variance + adds * adds);
            let exact = match reversion > 1e-9 {
                true => 2.7 * 2.7 * -f64::exp_m1(-2.0 * reversion) / (2.0 * reversion),
                false => 2.7 * 2.7,
            };
            assert!((variance / exact - 1.0_f64).abs() < 1e-6, "{reversion}: {variance} {exact}");
        }
    }
}
