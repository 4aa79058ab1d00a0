//! What all paths go through at a settlement date, in one pass: a few paths at a time, so that their columns
//! are fetched once.

use super::columns::Prices;
use super::followed::{Followed, PATHS_TOGETHER, Worth};
use super::terms::Terms;
use crate::numeric::{Kernel, list_flagged};

/// A settlement date on all paths, interest being charged already.
pub(super) struct Settle<'a> {
    pub terms: &'a mut Terms,
    pub followed: &'a mut Followed,
    pub log_prices: &'a [f64],
    /// Funding rates by path; empty where none is due.
    pub rates: &'a [f64],
    /// Whether the venue looks at the price right after the payment: it watches at every instant.
    pub watches: bool,
    pub log_nearest: &'a mut [f64],
    /// Paths that may be liquidated by it, and those whose barrier is to be looked at.
    pub flagged: &'a mut Vec<u32>,
}

impl Kernel for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { terms, followed, log_prices, rates, watches, log_nearest, flagged } = self;
        let bears_interest = terms.debt.bears_interest();
        let Terms { sign, power, debt, charges, .. } = terms;
        let (sign, power, coins, money) = (*sign, *power, debt.coins, debt.money);
        let (mut x, mut z) = ([0.0; PATHS_TOGETHER], [0.0; PATHS_TOGETHER]);
        let mut flags = [0; PATHS_TOGETHER];
        flagged.clear();
        for first in (0..log_prices.len()).step_by(PATHS_TOGETHER) {
            let n = PATHS_TOGETHER.min(log_prices.len() - first);
            let (x, z, flags) = (&mut x[..n], &mut z[..n], &mut flags[..n]);
            let (log_prices, log_nearest) = (&log_prices[first..][..n], &mut log_nearest[first..][..n]);
            Prices { power, log_prices, x }.run();
            let mut charged: &[f64] = &[];
            if let Some(charges) = charges {
                charges.pay(debt, rates, first, x);
                charges.approach(first, (sign, log_prices), watches, log_nearest, flags);
                charged = &charges.charged[first..][..n];
            } else if bears_interest && watches {
                for ((flag, price), nearest) in flags.iter_mut().zip(log_prices).zip(log_nearest) {
                    *flag = u8::from(sign * price <= *nearest);
                }
            }
            list_flagged(flags, first as u32, flagged);
            Worth { coins, money, x, charged, z }.run();
            followed.follow(first, z);
        }
    }
}
