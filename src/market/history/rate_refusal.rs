//! Why recorded rates of funding are refused that can be read.

use super::super::Duration;

/// The reasons.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RateRefusal {
    /// Rates that look like per cent.
    #[error(
        "half of the rates are beyond {median} in {interval}{why}, which would be {yearly:.0} % a year: if they are per cent, say columns = \"percent={column}\" (or write 0.01%); if they are fractions of the notional, say columns = \"rate={column}\""
    )]
    PerCent {
        /// Median of the absolute rate.
        median: f64,
        /// Between payments.
        interval: Duration,
        /// Further proof, in words; empty where there is none.
        why: &'static str,
        /// The same over a year, in per cent.
        yearly: f64,
        /// Name of their column.
        column: String,
    },
    /// Payments closer than any venue makes them.
    #[error(
        "most rates are {0} apart, and venues pay by the hour at most: these are looks at a rate that holds for longer; keep one row of each payment"
    )]
    ShortPayments(Duration),
    /// Rates that are written more often than they are paid.
    #[error(
        "the rate changes every {every} only, though rows are {interval} apart: as they stand each is paid again and again; keep one row of each payment"
    )]
    CopiedRates {
        /// Distance of the rows.
        interval: Duration,
        /// Distance of the changes.
        every: Duration,
    },
}
