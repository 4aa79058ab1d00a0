//! A day of a miner at one leverage on one path: the order of events, and what is left when a bill or an instalment fails.
//!
//! 1. the price moves, and the lender watches pledged coins with the debt of the evening before (not here)
//! 2. mining: `hold` of the coins is kept, the rest sold
//! 3. hedges pay into or out of the cash
//! 4. bills are paid; if they cannot be, the miner is wound up
//! 5. interest of the coin loan, and its liquidation at the price of the evening
//! 6. instalment of the equipment loan; if it cannot be paid, the miner is wound up
//! 7. call of the coin loan
//! 8. whether the machines are worth less than is owed on them

use super::debt::Annuity;
use super::terms::{Miner, MinerLevel};
use super::treasury::Treasury;

pub(super) const DAYS_PER_YEAR: f64 = 365.0;

/// What a day brings on one path; amounts per PH/s are for the hashrate at the start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Day {
    /// Its number, from 1.
    pub number: u32,
    /// Price of the coin at its end.
    pub price: f64,
    /// The same over the price at the start.
    pub ratio: f64,
    /// Coins mined per PH/s.
    pub coins: f64,
    /// Power and other costs per PH/s.
    pub bill: f64,
    /// What the machines sell for, per PH/s.
    pub machines: f64,
    /// What hedges pay per PH/s.
    pub of_hashrate: f64,
    /// What hedges pay per unit of the assets at the start.
    pub of_assets: f64,
}

/// What happened to the coin loan and the machines of a miner so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Course {
    /// Days on which more was owed on the machines than they sell for.
    pub days_under_water: f64,
    /// Whether the lender of the coins has called.
    pub called: bool,
    /// Whether the pledged coins were sold.
    pub coins_sold: bool,
    /// Losses of lenders.
    pub bad_debt: f64,
}

/// The end of a miner that could not pay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WoundUp {
    /// What the owner keeps.
    pub kept: f64,
    /// Whether it was a bill that could not be paid, and not an instalment.
    pub on_bills: bool,
}

impl MinerLevel {
    /// Events 2 and 3: cash and free coins after mining so many coins per PH/s, of which a sold one brings `sold`, and after
    /// what hedges pay per PH/s and per unit of the assets.
    #[inline(always)]
    pub(super) fn earn(
        &self,
        miner: &Miner,
        (cash, free): (f64, f64),
        coins: f64,
        sold: f64,
        (of_hashrate, of_assets): (f64, f64),
    ) -> (f64, f64) {
        let mined = self.hashrate * coins;
        let cash = cash + (1.0 - miner.hold) * mined * sold;
        (cash + (self.hashrate * of_hashrate + self.leverage * of_assets), free + miner.hold * mined)
    }

    /// Lives through the events 2 to 8 of a day; `annuity` is the loan on the machines before it.
    #[inline(always)]
    pub fn live(
        &self,
        miner: &Miner,
        annuity: Option<&Annuity>,
        day: &Day,
        treasury: &mut Treasury,
        course: &mut Course,
    ) -> Option<WoundUp> {
        let sold = day.price * miner.sold();
        let loan = miner.coin_loan.as_ref();
        let before = (treasury.cash, treasury.free);
        let hedged = (day.of_hashrate, day.of_assets);
        (treasury.cash, treasury.free) = self.earn(miner, before, day.coins, sold, hedged);
        let bill = self.hashrate * day.bill;
        if !treasury.pay(bill, sold, day.price, loan) {
            let kept = self.wind_up(miner, annuity, day, treasury, course, bill);
            return Some(WoundUp { kept, on_bills: true });
        }
        if let Some(loan) = loan.filter(|_| treasury.owed > 0.0) {
            treasury.owed *= 1.0 + loan.rate / DAYS_PER_YEAR;
            if treasury.owed >= loan.liquidation * (treasury.pledged * day.price) {
                course.bad_debt += treasury.liquidate(day.price, loan);
                course.coins_sold = true;
            }
        }
        let mut claim = 0.0;
        if let Some(annuity) = annuity {
            claim = annuity.claim(day.number);
            if annuity.is_due(day.number) {
                if !treasury.pay(annuity.instalment, sold, day.price, loan) {
                    let kept = self.wind_up(miner, Some(annuity), day, treasury, course, 0.0);
                    return Some(WoundUp { kept, on_bills: false });
                }
                claim = annuity.after_payment(day.number).claim(day.number);
            }
        }
        if let Some(loan) = loan {
            course.called |= treasury.answer_call(day.price, loan);
        }
        if claim > 0.0 && claim > self.hashrate * day.machines {
            course.days_under_water += 1.0;
        }
        None
    }

    /// What the owner keeps of a miner that cannot pay; losses of lenders are added to the course.
    fn wind_up(
        &self,
        miner: &Miner,
        annuity: Option<&Annuity>,
        day: &Day,
        treasury: &Treasury,
        course: &mut Course,
        unpaid_bill: f64,
    ) -> f64 {
        let sold = day.price * miner.sold();
        let put = self.leverage * miner.hedges.worth(day.number, day.ratio);
        let total = (treasury.worth(sold) + put - unpaid_bill).max(0.0);
        course.bad_debt += treasury.uncovered(sold);
        let machines = self.hashrate * day.machines;
        let claim = annuity.map_or(0.0, |annuity| annuity.claim(day.number));
        let Some(loan) = annuity.map(Annuity::loan).filter(|_| claim > 0.0) else { return total + machines };
        let got = machines * (1.0 - loan.seizure_cost);
        let lack = (claim - got).max(0.0);
        let taken = if loan.recourse { lack.min(total) } else { 0.0 };
        course.bad_debt += lack - taken;
        total - taken + (got - claim).max(0.0)
    }

    /// The owner's equity at the end of the last day; `annuity` is the loan on the machines after it.
    pub fn close(&self, miner: &Miner, annuity: Option<&Annuity>, day: &Day, treasury: &Treasury) -> f64 {
        let put = self.leverage * miner.hedges.worth(day.number, day.ratio);
        let value = treasury.worth(day.price * miner.sold()) + put;
        let machines = self.hashrate * day.machines;
        let rest = match annuity {
            None => machines,
            Some(annuity) if annuity.loan().recourse => machines - annuity.claim(day.number),
            Some(annuity) => (machines - annuity.claim(day.number)).max(0.0),
        };
        (value + rest).max(0.0)
    }
}
