//! Cash and coins of a miner: paying, pledging, and what a lender of coins does.
//!
//! A sum is paid from cash; what is missing by selling free coins, then pledged coins that the lender lets go, those above
//! Q/(target·S). If all that is not enough nothing is paid or sold.

use super::debt::CoinLoan;

/// What a miner has, and owes on coins.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Treasury {
    /// Quote currency; below 0 between the hedges of a day and its bills only.
    pub cash: f64,
    /// Coins that nobody has a claim on.
    pub free: f64,
    /// Coins pledged.
    pub pledged: f64,
    /// Debt on the pledged coins.
    pub owed: f64,
}

impl Treasury {
    /// Pays a sum where a sold coin brings `sold` and the lender lets some coins go; `false`, and nothing done, if it cannot be paid.
    #[inline(always)]
    pub fn pay(&mut self, sum: f64, sold: f64, price: f64, loan: Option<&CoinLoan>) -> bool {
        let (cash, free, is_paid) = pay_freely(self.cash, self.free, sum, sold);
        if is_paid {
            (self.cash, self.free) = (cash, free);
            return true;
        }
        let pledged = (sum - self.cash) / sold - self.free;
        if self.released(price, loan) >= pledged {
            self.pledged -= pledged;
            self.free = 0.0;
            self.cash = 0.0;
            return true;
        }
        false
    }

    /// Pledged coins that the lender lets go.
    fn released(&self, price: f64, loan: Option<&CoinLoan>) -> f64 {
        loan.map_or(0.0, |loan| (self.pledged - self.owed / (loan.target * price)).max(0.0))
    }

    /// Price at which the coins are liquidated; none without a loan on them.
    pub fn barrier(&self, loan: &CoinLoan) -> f64 {
        barrier(self.owed, self.pledged, loan)
    }

    /// Sells the pledged coins at a price; the lender's loss.
    pub fn liquidate(&mut self, price: f64, loan: &CoinLoan) -> f64 {
        let worth = self.pledged * price;
        self.cash += (worth - self.owed * (1.0 + loan.penalty)).max(0.0);
        let bad_debt = (self.owed - worth).max(0.0);
        (self.pledged, self.owed) = (0.0, 0.0);
        bad_debt
    }

    /// Whether the lender calls at a price; answers as the terms say.
    #[inline(always)]
    pub fn answer_call(&mut self, price: f64, loan: &CoinLoan) -> bool {
        let Self { pledged, owed, .. } = *self;
        if owed <= 0.0 || owed < loan.call * (pledged * price) {
            return false;
        }
        if loan.top_up {
            let need = owed / (loan.target * price) - pledged;
            let moved = need.min(self.free);
            self.free -= moved;
            self.pledged += moved;
            if moved < need {
                let missing = owed - loan.target * self.pledged * price;
                let paid = missing.min(self.cash.max(0.0));
                self.cash -= paid;
                self.owed -= paid;
            }
        }
        true
    }

    /// What cash and coins are worth, after what is owed on these, where a sold coin brings `sold`.
    pub fn worth(&self, sold: f64) -> f64 {
        self.cash + self.free * sold + (self.pledged * sold - self.owed).max(0.0)
    }

    /// What the lender of the coins loses if they are sold.
    pub fn uncovered(&self, sold: f64) -> f64 {
        (self.owed - self.pledged * sold).max(0.0)
    }
}

/// Cash and free coins after a sum is paid from the one and, for what is missing, the other, and whether they were enough.
#[inline(always)]
pub(super) fn pay_freely(cash: f64, free: f64, sum: f64, sold: f64) -> (f64, f64, bool) {
    let has_cash = cash >= sum;
    let coins = (sum - cash) / sold;
    let left = if has_cash { (cash - sum, free) } else { (0.0, free - coins) };
    (left.0, left.1, has_cash | (free >= coins))
}

/// Price at which pledged coins with a debt are liquidated; 0 without one.
#[inline(always)]
pub(super) fn barrier(owed: f64, pledged: f64, loan: &CoinLoan) -> f64 {
    if owed > 0.0 { owed / (pledged * loan.liquidation) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAN: CoinLoan = CoinLoan {
        share: 1.0,
        rate: 0.0,
        call: 0.7,
        target: 0.6,
        liquidation: 0.8,
        penalty: 0.02,
        top_up: true,
    };

    #[test]
    fn a_sum_comes_from_cash_then_free_then_pledged_coins() {
        let start = Treasury { cash: 10.0, free: 1.0, pledged: 2.0, owed: 60.0 };
        let paid = |sum| {
            let mut treasury = start;
            treasury.pay(sum, 99.0, 100.0, Some(&LOAN)).then_some(treasury)
        };
        assert_eq!(paid(4.0), Some(Treasury { cash: 6.0, ..start }));
        assert_eq!(paid(59.5), Some(Treasury { cash: 0.0, free: 0.5, ..start }));
        // 60/(0.6·100): one of the pledged coins is let go.
        assert_eq!(paid(208.0), Some(Treasury { cash: 0.0, free: 0.0, pledged: 1.0, ..start }));
        assert_eq!(paid(208.1), None);
    }

    #[test]
    fn a_negative_cash_is_made_good_by_a_bill_of_nothing() {
        let mut treasury = Treasury { cash: -5.0, free: 1.0, ..Treasury::default() };
        assert!(treasury.pay(0.0, 10.0, 10.0, None));
        assert_eq!(treasury, Treasury { cash: 0.0, free: 0.5, ..Treasury::default() });
    }

    #[test]
    fn a_call_takes_coins_first_and_cash_for_the_rest() {
        let mut treasury = Treasury { cash: 30.0, free: 0.1, pledged: 1.0, owed: 80.0 };
        assert!(treasury.answer_call(100.0, &LOAN));
        assert_eq!((treasury.free, treasury.pledged), (0.0, 1.1));
        assert!((treasury.owed - 66.0).abs() < 1e-12 && (treasury.cash - 16.0).abs() < 1e-12);
        assert!(!treasury.answer_call(100.0, &LOAN));
    }

    #[test]
    fn a_liquidation_gives_back_what_debt_and_penalty_leave() {
        let mut treasury = Treasury { cash: 1.0, free: 0.0, pledged: 1.0, owed: 80.0 };
        assert_eq!(treasury.liquidate(100.0, &LOAN), 0.0);
        assert!((treasury.cash - 19.4).abs() < 1e-12 && treasury.owed == 0.0 && treasury.pledged == 0.0);
        let mut treasury = Treasury { cash: 1.0, free: 0.0, pledged: 1.0, owed: 80.0 };
        assert_eq!((treasury.liquidate(70.0, &LOAN), treasury.cash), (10.0, 1.0));
    }
}
