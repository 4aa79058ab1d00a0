//! The loans of a miner as they are written.

use crate::account::miner::{CoinLoan, EquipmentLoan};

use super::days::Days;
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::Placed;
use super::table::table;
use super::tree::number;

const DEFAULT_EVERY: u32 = 30;
/// Call, target and liquidation, as lenders to individuals have them.
const DEFAULT_LOAN: (f64, f64, f64) = (0.7, 0.6, 0.8);

const RATE: Range = Range::at_least(0.0).at_most(5.0);
const SHARE: Range = Range::at_least(0.0).at_most(1.0);
const COST: Range = Range::at_least(0.0).at_most(0.9);
const PENALTY: Range = Range::at_least(0.0).at_most(0.5);
const LOAN_TO_VALUE: Range = Range::above(0.0).at_most(1.0);

table! {
    /// A loan on the machines.
    struct EquipmentLoanFile {
        /// Interest per year.
        required rate: Ratio where RATE,
        /// Time until it is paid back, a multiple of every.
        required term: Days where Range::at_least(1.0),
        /// Time between instalments; "30d" if absent.
        optional every: Days where Range::at_least(1.0),
        /// Whether the lender can have what the machines do not cover from cash and coins; false if absent.
        optional recourse: bool,
        /// What a lender loses on machines that he seizes, beyond the cost of a sale; 0 if absent.
        optional seizure_cost: Ratio where COST,
        /// Part of the debt; needed beside a coin_loan, and then the two add up to 1.
        optional share: Ratio where SHARE,
    }
}

table! {
    /// A loan on the coins held at the start, without instalments.
    struct CoinLoanFile {
        /// Interest per year.
        required rate: Ratio where RATE,
        /// Loan to value from which on the lender calls; 0.7 if absent.
        optional call: Ratio where LOAN_TO_VALUE,
        /// Loan to value that a call asks for; 0.6 if absent.
        optional target: Ratio where LOAN_TO_VALUE,
        /// Loan to value at which the coins are sold; 0.8 if absent.
        optional liquidation: Ratio where LOAN_TO_VALUE,
        /// Paid at a liquidation, as a share of the debt repaid; 0 if absent.
        optional penalty: Ratio where PENALTY,
        /// Whether calls are answered with free coins, then with cash; true if absent.
        optional top_up: bool,
        /// Part of the debt; needed beside an equipment_loan, and then the two add up to 1.
        optional share: Ratio where SHARE,
    }
}

/// A ratio, or what stands for one that is absent.
fn or(ratio: &Option<Placed<Ratio>>, absent: f64) -> f64 {
    ratio.as_ref().map_or(absent, |ratio| ratio.value.0)
}

impl EquipmentLoanFile {
    pub fn resolve(&self, share: f64, problems: &mut Problems) -> Option<EquipmentLoan> {
        let (term, every) =
            (self.term.as_ref()?, self.every.as_ref().map_or(DEFAULT_EVERY, |days| days.value.0));
        if !term.value.0.is_multiple_of(every) {
            let message =
                format!("`term` must be a multiple of `every`, but {}d is none of {every}d", term.value.0);
            let help = "such as term = \"720d\" with every = \"30d\"";
            problems.push(Problem::new(Code::Conflict, &term.place, message).help(help));
        }
        Some(EquipmentLoan {
            share,
            rate: self.rate.as_ref()?.value.0,
            term: term.value.0,
            every,
            recourse: self.recourse.as_ref().is_some_and(|recourse| recourse.value),
            seizure_cost: or(&self.seizure_cost, 0.0),
        })
    }
}

impl CoinLoanFile {
    pub fn resolve(&self, share: f64, place: &Place, problems: &mut Problems) -> Option<CoinLoan> {
        let (call, target, liquidation) = DEFAULT_LOAN;
        let loan = CoinLoan {
            share,
            rate: self.rate.as_ref()?.value.0,
            call: or(&self.call, call),
            target: or(&self.target, target),
            liquidation: or(&self.liquidation, liquidation),
            penalty: or(&self.penalty, 0.0),
            top_up: self.top_up.as_ref().is_none_or(|top_up| top_up.value),
        };
        if !(loan.target < loan.call && loan.call < loan.liquidation) {
            let message = format!(
                "`target`, `call` and `liquidation` must rise, but are {}, {} and {}",
                number(loan.target),
                number(loan.call),
                number(loan.liquidation)
            );
            let help = "such as target = 0.6, call = 0.7, liquidation = 0.8, which hold for what is left out";
            problems.push(Problem::new(Code::Conflict, place, message).help(help));
        }
        Some(loan)
    }
}

/// Parts of the debt: of the loan on machines and of that on coins.
pub(super) fn shares(
    equipment: Option<&Placed<EquipmentLoanFile>>,
    coins: Option<&Placed<CoinLoanFile>>,
    problems: &mut Problems,
) -> Option<(f64, f64)> {
    let of_equipment = equipment.and_then(|loan| loan.value.share.as_ref());
    let of_coins = coins.and_then(|loan| loan.value.share.as_ref());
    match (equipment, coins) {
        (Some(equipment), Some(loan)) => {
            for (place, given) in [
                (&equipment.place, equipment.value.given.contains(&"share")),
                (&loan.place, loan.value.given.contains(&"share")),
            ] {
                if !given {
                    let message = "two loans need a `share` each";
                    let help = "say what part of the debt it is, such as share = 0.5";
                    problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                }
            }
            let (of_equipment, of_coins) = (of_equipment?, of_coins?);
            let sum = of_equipment.value.0 + of_coins.value.0;
            if (sum - 1.0).abs() > 1e-9 {
                let message = format!("the shares of the two loans must add up to 1, but to {}", number(sum));
                let help = "they are parts of the debt";
                problems.push(Problem::new(Code::Conflict, &of_coins.place, message).help(help));
            }
            Some((of_equipment.value.0, of_coins.value.0))
        }
        (equipment, coins) => {
            if let Some(share) = of_equipment.or(of_coins).filter(|share| share.value.0 != 1.0) {
                let message =
                    format!("the only loan is all of the debt, but `share` is {}", number(share.value.0));
                problems.push(Problem::new(Code::Conflict, &share.place, message).help("leave it out"));
            }
            Some((f64::from(equipment.is_some()), f64::from(coins.is_some())))
        }
    }
}
