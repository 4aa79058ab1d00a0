//! Charges over time as they are written.

use crate::market::Duration;
use crate::venue::{Borrow, Compounding, Funding, FundingBasis};

use super::numbers::Ratio;
use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::table::table;

/// Interval of most perpetual contracts.
const DEFAULT_INTERVAL: Duration = Duration::from_seconds(8 * 3_600);

table! {
    /// Funding of a perpetual contract: longs pay shorts at every multiple of an interval.
    struct FundingFile {
        /// Fraction of the notional per interval, such as "1bp"; negative where shorts pay longs.
        required rate: Ratio where Range::at_least(-0.1).at_most(0.1),
        /// Time between payments; "8h" if absent.
        optional every: Duration,
        /// Notional that the rate applies to: at the "mark" price (used if absent) or at "entry".
        optional basis: FundingBasis,
    }
}

table! {
    /// Interest on the debt of a margin loan: quote currency for a long, coins for a short.
    struct BorrowFile {
        /// Rate per year, as a fraction such as "12%".
        required rate: Ratio where Range::at_least(0.0).at_most(50.0),
        /// "hourly" (added at the end of every hour; used if absent), "simple" (every hour begun is charged, interest
        /// bears none) or "continuous".
        optional compounding: Compounding,
    }
}

impl FundingFile {
    /// The terms, if all of them were read.
    pub fn resolve(&self, problems: &mut Problems) -> Option<Funding> {
        if let Some(every) = self.every.as_ref().filter(|every| every.value.seconds() == 0) {
            let problem = Problem::new(Code::OutOfRange, &every.place, "`every` must be longer than 0");
            problems.push(problem.help("give the time between payments, such as \"8h\""));
            return None;
        }
        Some(Funding {
            rate: self.rate.as_ref()?.value.0,
            every: self.every.as_ref().map_or(DEFAULT_INTERVAL, |every| every.value),
            basis: self.basis.as_ref().map_or(FundingBasis::Mark, |basis| basis.value),
        })
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
