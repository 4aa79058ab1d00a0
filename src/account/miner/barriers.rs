//! Where the pledged coins of a miner are sold: of all levels the highest price, by path.

use super::debt::CoinLoan;
use super::ordinary::Purses;
use super::treasury::barrier;
use crate::numeric::{Kernel, ln};

/// Far below any log-price: no barrier.
pub(super) const NOWHERE: f64 = f64::NEG_INFINITY;

/// Raises the highest barriers to those of a level.
pub(super) struct Highest<'a> {
    pub loan: &'a CoinLoan,
    pub purses: &'a Purses,
    /// Prices; 0 where there is no barrier.
    pub highest: &'a mut [f64],
}

impl Kernel for Highest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (owed, pledged) = self.purses.pledges();
        for ((highest, owed), pledged) in self.highest.iter_mut().zip(owed).zip(pledged) {
            let price = barrier(*owed, *pledged, self.loan);
            *highest = if price > *highest { price } else { *highest };
        }
    }
}

/// Log-prices of barriers.
pub(super) struct Nearest<'a> {
    pub start: f64,
    pub highest: &'a [f64],
    pub nearest: &'a mut [f64],
}

impl Kernel for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (nearest, highest) in self.nearest.iter_mut().zip(self.highest) {
            let log = ln(highest / self.start);
            *nearest = if *highest > 0.0 { log } else { NOWHERE };
        }
    }
}
