//! What a venue charges over time: funding between longs and shorts, interest on what is borrowed.

use serde::Serialize;

use super::Funding;
use crate::numeric::exp;

const HOURS_PER_YEAR: f64 = 8_760.0;

/// Charges over time; none by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Flows {
    /// Funding of perpetual contracts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funding: Option<Funding>,
    /// Interest on borrowed money or coins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub borrow: Option<Borrow>,
}

impl Flows {
    /// Whether nothing is ever charged.
    pub fn is_empty(&self) -> bool {
        self.funding.as_ref().is_none_or(Funding::is_zero)
            && self.borrow.is_none_or(|borrow| borrow.rate == 0.0)
    }
}

/// Interest on the debt of a margin loan: quote currency for a long, coins for a short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Borrow {
    /// Rate per year, as a fraction.
    pub rate: f64,
    /// How interest is added to the debt.
    pub compounding: Compounding,
}

impl Borrow {
    /// The interest that a debt is charged at one settlement date, in the debt's own units: years since the last one, and what was
    /// borrowed at entry, of which simple interest is charged.
    pub fn interest(&self, debt: f64, borrowed: f64, years: f64) -> f64 {
        match self.compounding {
            Compounding::Hourly => debt * (self.rate / HOURS_PER_YEAR),
            Compounding::Simple => debt.min(borrowed) * (self.rate / HOURS_PER_YEAR),
            Compounding::Continuous => debt * (exp(self.rate * years) - 1.0),
        }
    }

    /// Whether the first interest is charged as the debt begins: of every hour begun.
    pub fn charges_ahead(&self) -> bool {
        self.compounding == Compounding::Simple
    }

    /// The factor on a debt that puts a barrier where it is in the middle of an interval between settlement dates: interest that
    /// grows at every instant moves it on the way.
    pub fn halfway(&self, years: f64) -> f64 {
        match self.compounding {
            Compounding::Hourly | Compounding::Simple => 1.0,
            Compounding::Continuous => exp(0.5 * self.rate * years),
        }
    }
}

/// How interest is added to a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compounding {
    /// A factor of 1 + rate/8760 at the end of every hour.
    Hourly,
    /// rate/8760 of the sum borrowed at the start of every hour, the first one in full: hours begun are charged, and
    /// interest bears none (Binance, Kraken).
    Simple,
    /// Growth at the rate at every instant.
    Continuous,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 at 36.5 % a year: a day is 24 hours of 1/8760 of it.
    #[test]
    fn interest_follows_its_rule() {
        let borrow = |compounding| Borrow { rate: 0.365, compounding };
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} is not {b}");
        let day = 1.0 / 365.0;
        near(borrow(Compounding::Hourly).interest(1_000.0, 500.0, day), 0.365 / 8.76);
        near(borrow(Compounding::Simple).interest(1_000.0, 500.0, day), 0.5 * 0.365 / 8.76);
        near(borrow(Compounding::Simple).interest(300.0, 500.0, day), 0.3 * 0.365 / 8.76);
        near(borrow(Compounding::Continuous).interest(1_000.0, 500.0, day), 1_000.0 * 1e-3_f64.exp_m1());
        // Two halves make the whole.
        let half = borrow(Compounding::Continuous).halfway(day);
        near(half * half, 1e-3_f64.exp());
        assert_eq!(borrow(Compounding::Hourly).halfway(day), 1.0);
    }
}
