//! What a miner owes: a loan on machines, paid back in instalments, and a loan on coins, called and liquidated.
//!
//! ```text
//! instalment  P·i/(1 − (1 + i)^(−K)) on days every, 2·every, …   i = rate·every/365, K = term/every; P/K without interest
//! principal   P ← P·(1 + i) − instalment at each, 0 after the last
//! claim       P·(1 + rate·(days since the last payment)/365) in between
//! coin loan   Q ← Q·(1 + rate/365) every evening; liquidated where Q/(G·S) reaches `liquidation`, called from `call` on
//! ```

use serde::Serialize;

const DAYS_PER_YEAR: f64 = 365.0;

/// A loan on machines: an annuity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EquipmentLoan {
    /// Part of the debt.
    pub share: f64,
    /// Interest per year.
    pub rate: f64,
    /// Days until it is paid back, a multiple of `every`.
    pub term: u32,
    /// Days between instalments.
    pub every: u32,
    /// Whether the lender can have what the machines do not cover from the rest of the miner's means.
    pub recourse: bool,
    /// What a lender loses on machines that he seizes, beyond the cost of a sale.
    pub seizure_cost: f64,
}

/// A loan on coins, without instalments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CoinLoan {
    /// Part of the debt.
    pub share: f64,
    /// Interest per year.
    pub rate: f64,
    /// Loan to value from which on the lender calls.
    pub call: f64,
    /// Loan to value that a call asks for, and up to which the lender lets coins go.
    pub target: f64,
    /// Loan to value at which the coins are sold.
    pub liquidation: f64,
    /// Paid at a liquidation, as a share of the debt.
    pub penalty: f64,
    /// Whether the miner answers calls.
    pub top_up: bool,
}

/// An annuity on its way; it is the same on all paths on which it is still served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annuity {
    /// Paid at every date.
    pub instalment: f64,
    loan: EquipmentLoan,
    principal: f64,
    /// Day of the last payment.
    paid: u32,
}

impl Annuity {
    /// A loan of a sum.
    pub fn new(loan: EquipmentLoan, sum: f64) -> Self {
        let payments = loan.term / loan.every.max(1);
        let rate = loan.rate * f64::from(loan.every) / DAYS_PER_YEAR;
        let instalment = if rate == 0.0 {
            sum / f64::from(payments.max(1))
        } else {
            let discount = (0..payments).fold(1.0, |discount, _| discount / (1.0 + rate));
            sum * rate / (1.0 - discount)
        };
        Self { instalment, loan, principal: sum, paid: 0 }
    }

    /// What the lender can ask for on a day.
    pub fn claim(&self, day: u32) -> f64 {
        self.principal * (1.0 + self.loan.rate * f64::from(day - self.paid) / DAYS_PER_YEAR)
    }

    /// Whether an instalment is due on a day.
    pub fn is_due(&self, day: u32) -> bool {
        day <= self.loan.term && day.is_multiple_of(self.loan.every)
    }

    /// The loan after the instalment of a day.
    pub fn after_payment(self, day: u32) -> Self {
        let principal = if day >= self.loan.term { 0.0 } else { self.claim(day) - self.instalment };
        Self { principal, paid: day, ..self }
    }

    /// The terms.
    pub fn loan(&self) -> &EquipmentLoan {
        &self.loan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loan(rate: f64, term: u32) -> EquipmentLoan {
        EquipmentLoan { share: 1.0, rate, term, every: 30, recourse: false, seizure_cost: 0.0 }
    }

    /// The first worked example: a million at 12 % over 12 payments.
    #[test]
    fn an_annuity_is_that_of_the_worked_example() {
        let annuity = Annuity::new(loan(0.12, 360), 1e6);
        assert!((annuity.instalment - 88_771.906_915).abs() < 5e-7);
        let after = annuity.after_payment(30);
        assert!((after.claim(30) - 921_091.11).abs() < 5e-3);
        assert!((after.after_payment(60).claim(60) - 841_403.93).abs() < 5e-3);
    }

    #[test]
    fn the_last_instalment_leaves_nothing() {
        for rate in [0.0, 0.12, 1.5] {
            let mut annuity = Annuity::new(loan(rate, 360), 1e6);
            for day in (30..360).step_by(30) {
                assert!(annuity.is_due(day) && !annuity.is_due(day + 1));
                annuity = annuity.after_payment(day);
            }
            assert!((annuity.claim(360) / annuity.instalment - 1.0).abs() < 1e-9, "{rate}");
            let annuity = annuity.after_payment(360);
            assert_eq!((annuity.claim(400), annuity.is_due(390)), (0.0, false));
        }
    }
}
