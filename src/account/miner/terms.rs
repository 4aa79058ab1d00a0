//! The terms of a miner, and what a leverage makes of them at the start.
//!
//! Leverage is the assets at the start over the owner's equity: the debt is (leverage − 1)·E. Everything is for an equity of 1.

use serde::Serialize;

use super::debt::{Annuity, CoinLoan, EquipmentLoan};
use super::fleet::{Electricity, Fleet, TH_PER_PH};
use super::hedges::Hedges;
use super::treasury::Treasury;

/// A miner: what it owns, owes and does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miner {
    /// Index of the coin among the assets.
    pub asset: usize,
    /// Share of the assets held in cash at the start.
    pub cash: f64,
    /// Share of the assets held in coins at the start.
    pub coins: f64,
    /// Share of the mined coins that is kept.
    pub hold: f64,
    /// Share of the price that selling coins costs.
    pub sale_fee: f64,
    /// Share of the coins that the pool keeps.
    pub pool_fee: f64,
    /// Quote currency per PH/s at the start and day.
    pub other_costs: f64,
    /// The machines.
    pub fleet: Fleet,
    /// Their power.
    pub electricity: Electricity,
    /// Loan on the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equipment_loan: Option<EquipmentLoan>,
    /// Loan on the coins held at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coin_loan: Option<CoinLoan>,
    /// Hedges.
    #[serde(skip_serializing_if = "Hedges::is_empty")]
    pub hedges: Hedges,
}

/// Why a miner cannot start at a leverage.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MinerError {
    /// The loan on coins would be called at once.
    #[error("the loan to value of the coins is {loan_to_value} at the start, not below the call at {call}")]
    Called {
        /// Debt on the coins over their price; infinite without coins.
        loan_to_value: f64,
        /// Where the lender calls.
        call: f64,
    },
    /// The put costs more than there is.
    #[error("the put costs {premium} of the assets, but only {cash} of them are cash")]
    Premium {
        /// Premium over the assets.
        premium: f64,
        /// Cash over the assets.
        cash: f64,
    },
    /// There is nothing to owe on.
    #[error("a leverage of {leverage} needs a loan")]
    NoLoan {
        /// The leverage.
        leverage: f64,
    },
}

/// A miner at one leverage, as it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct MinerLevel {
    /// The leverage: also the assets for an equity of 1.
    pub leverage: f64,
    /// PH/s.
    pub hashrate: f64,
    /// Cash and coins.
    pub treasury: Treasury,
    /// Loan on the machines, if there is one at this leverage.
    pub annuity: Option<Annuity>,
}

impl Miner {
    /// The miner at a leverage, where a coin has this price.
    ///
    /// # Errors
    /// See [`MinerError`].
    pub fn open(&self, leverage: f64, price: f64) -> Result<MinerLevel, MinerError> {
        let debt = (leverage - 1.0).max(0.0);
        if debt > 0.0 && self.equipment_loan.is_none() && self.coin_loan.is_none() {
            return Err(MinerError::NoLoan { leverage });
        }
        let premium = self.hedges.premium();
        if premium > self.cash {
            return Err(MinerError::Premium { premium, cash: self.cash });
        }
        let held = self.coins * leverage / price;
        let owed = self.coin_loan.map_or(0.0, |loan| loan.share * debt);
        let (free, pledged) = if owed > 0.0 { (0.0, held) } else { (held, 0.0) };
        if let Some(loan) = self.coin_loan.filter(|_| owed > 0.0) {
            let loan_to_value = owed / (pledged * price);
            if loan_to_value >= loan.call {
                return Err(MinerError::Called { loan_to_value, call: loan.call });
            }
        }
        let annuity = self.equipment_loan.filter(|loan| loan.share * debt > 0.0);
        Ok(MinerLevel {
            leverage,
            hashrate: (1.0 - self.cash - self.coins) * leverage / (TH_PER_PH * self.fleet.price),
            treasury: Treasury { cash: (self.cash - premium) * leverage, free, pledged, owed },
            annuity: annuity.map(|loan| Annuity::new(loan, loan.share * debt)),
        })
    }

    /// What is kept of the price when a coin is sold.
    pub fn sold(&self) -> f64 {
        1.0 - self.sale_fee
    }

    /// Hashprice below which machines do not pay their power.
    pub fn shutdown_hashprice(&self) -> f64 {
        self.fleet.energy() * self.electricity.price.median / self.kept()
    }

    /// Hashprice that pays all costs of a PH/s, and this much more a day.
    pub fn break_even_hashprice(&self, more: f64) -> f64 {
        let power = self.fleet.uptime * self.fleet.energy() * self.electricity.price.median;
        (power + self.other_costs + more) / (self.fleet.uptime * self.kept())
    }

    /// What is left of a coin after the pool's fee and that of its sale.
    fn kept(&self) -> f64 {
        (1.0 - self.pool_fee) * self.sold()
    }
}

impl MinerLevel {
    /// Instalment of each date; 0 without a loan on the machines.
    pub fn instalment(&self) -> f64 {
        self.annuity.as_ref().map_or(0.0, |annuity| annuity.instalment)
    }

    /// What the instalments are of a day and PH/s at the start.
    pub fn daily_debt_service(&self) -> f64 {
        self.annuity
            .as_ref()
            .map_or(0.0, |annuity| annuity.instalment / (f64::from(annuity.loan().every) * self.hashrate))
    }

    /// Income of a day after all costs at this hashprice, over the instalment of a day; none without one.
    pub fn coverage(&self, miner: &Miner, hashprice: f64) -> Option<f64> {
        let service = self.daily_debt_service();
        let income = miner.fleet.uptime * miner.kept() * (hashprice - miner.break_even_hashprice(0.0));
        (service > 0.0).then(|| income / service)
    }
}
