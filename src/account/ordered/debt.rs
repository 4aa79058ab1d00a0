//! What interest makes of the cash and the coins of all levels: the same on every path.

use crate::account::opening::Opening;
use crate::account::schedule::Moment;
use crate::market::SECONDS_PER_YEAR;
use crate::venue::{Borrow, Compounding};

/// Debts of all levels along the settlement dates, what funding has charged left aside.
#[derive(Debug, Clone)]
pub(super) struct Debt {
    borrow: Option<Borrow>,
    /// Cash at entry by level.
    start: Vec<f64>,
    /// Cash by level.
    pub cash: Vec<f64>,
    /// Exposure over that at entry: coins that are owed grow.
    pub coins: f64,
    /// A debt in money of 1 at entry; it grows where every level owes money.
    pub money: f64,
    /// Factor on debts that decides the barriers until the next settlement date, see [`Borrow::halfway`].
    pub lead: f64,
    owes_coins: bool,
    /// Seconds up to which interest is charged.
    charged: u64,
}

impl Debt {
    /// The debts of levels as they open.
    pub fn new(levels: &[Opening], borrow: Option<Borrow>) -> Self {
        let start: Vec<f64> = levels.iter().map(|level| level.start.cash).collect();
        let owes_coins = levels.first().is_some_and(|level| level.start.exposure < 0.0);
        let owes = owes_coins || start.iter().any(|cash| *cash < 0.0);
        Self {
            borrow: borrow.filter(|borrow| owes && borrow.rate != 0.0),
            cash: start.clone(),
            start,
            coins: 1.0,
            money: 1.0,
            lead: 1.0,
            owes_coins,
            charged: 0,
        }
    }

    /// How many levels bear interest on money.
    pub fn bear_money(&self) -> usize {
        let owing = self.start.iter().filter(|cash| **cash < 0.0).count();
        if self.borrow.is_some() { owing } else { 0 }
    }

    /// Whether interest is ever charged.
    pub fn bears_interest(&self) -> bool {
        self.borrow.is_some()
    }

    /// Whether interest bears no interest.
    pub fn is_simple(&self) -> bool {
        self.borrow.is_some_and(|borrow| borrow.compounding == Compounding::Simple)
    }

    /// Back to the start of a schedule.
    pub fn begin(&mut self, schedule: &[Moment]) {
        self.cash.clone_from(&self.start);
        (self.coins, self.money, self.lead, self.charged) = (1.0, 1.0, 1.0, 0);
        if let Some(borrow) = self.borrow {
            if borrow.charges_ahead() {
                self.charge(&borrow, 0.0);
            }
            self.lead_to(&borrow, schedule);
        }
    }

    /// Charges what is due at a settlement date; `next` are those after it. Whether anything was.
    pub fn settle(&mut self, now: &Moment, next: &[Moment]) -> bool {
        let Some(borrow) = self.borrow.filter(|_| now.interest) else { return false };
        self.charge(&borrow, (now.seconds - self.charged) as f64 / SECONDS_PER_YEAR);
        self.charged = now.seconds;
        self.lead_to(&borrow, next);
        true
    }

    fn charge(&mut self, borrow: &Borrow, years: f64) {
        for (cash, start) in self.cash.iter_mut().zip(&self.start) {
            *cash -= borrow.interest((-*cash).max(0.0), (-start).max(0.0), years);
        }
        if self.bear_money() == self.start.len() {
            self.money += borrow.interest(self.money, 1.0, years);
        }
        if self.owes_coins {
            self.coins += borrow.interest(self.coins, 1.0, years);
        }
    }

    fn lead_to(&mut self, borrow: &Borrow, next: &[Moment]) {
        let next = next.iter().find(|moment| moment.interest);
        self.lead =
            next.map_or(1.0, |next| borrow.halfway((next.seconds - self.charged) as f64 / SECONDS_PER_YEAR));
    }

    /// The cash of a level that decides its barrier.
    pub fn leading_cash(&self, level: usize) -> f64 {
        let cash = self.cash[level];
        if cash < 0.0 { cash * self.lead } else { cash }
    }

    /// The exposure that decides a barrier, over that at entry.
    pub fn leading_coins(&self) -> f64 {
        if self.owes_coins { self.coins * self.lead } else { self.coins }
    }
}
