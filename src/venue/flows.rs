//! What a venue charges over time: funding between longs and shorts, interest on what is borrowed.

use serde::Serialize;

use super::Funding;

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
