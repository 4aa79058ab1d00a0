//! Interest on debts as it is written.

use crate::venue::check::INTEREST;
use crate::venue::{Borrow, Compounding};

use super::numbers::Ratio;
use super::table::table;

table! {
    /// Interest on the debt of a margin loan: quote currency for a long, coins for a short.
    struct BorrowFile {
        /// Rate per year, as a fraction such as "12%".
        required rate: Ratio where INTEREST,
        /// "hourly" (added at the end of every hour; used if absent), "simple" (every hour begun is charged, interest
        /// bears none) or "continuous".
        optional compounding: Compounding,
    }
}

impl BorrowFile {
    /// The terms, if all of them were read.
    pub fn resolve(&self) -> Option<Borrow> {
        Some(Borrow {
            rate: self.rate.as_ref()?.value.0,
            compounding: self
                .compounding
                .as_ref()
                .map_or(Compounding::Hourly, |compounding| compounding.value),
        })
    }
}
