//! A miner at every leverage level, before any path is drawn.

use super::terms::{Miner, MinerError, MinerLevel};

/// A miner opened at every level, and the network that it starts in.
#[derive(Debug, Clone)]
pub struct OpenMiner {
    /// The terms.
    pub miner: Miner,
    /// The levels, by rising leverage.
    pub levels: Vec<MinerLevel>,
    /// Price of the coin at the start.
    pub price: f64,
    /// Hashprice at the start.
    pub hashprice: f64,
    /// Difficulty at the start.
    pub difficulty: f64,
    /// Equity put up, quote currency: the unit of all amounts.
    pub equity: f64,
}

impl OpenMiner {
    /// A miner of some equity at some leverages, where the coin has this price, and the network this hashprice and this difficulty.
    ///
    /// # Errors
    /// The first leverage at which it cannot start, and why.
    pub fn new(
        miner: &Miner,
        (equity, leverage): (f64, &[f64]),
        price: f64,
        (hashprice, difficulty): (f64, f64),
    ) -> Result<Self, (f64, MinerError)> {
        let open = |leverage: &f64| miner.open(*leverage, price).map_err(|error| (*leverage, error));
        let levels = leverage.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { miner: miner.clone(), levels, price, hashprice, difficulty, equity })
    }

    /// Price at which the pledged coins of a level are sold; none without a loan on them.
    pub fn liquidation_price(&self, level: &MinerLevel) -> Option<f64> {
        let loan = self.miner.coin_loan.as_ref()?;
        Some(level.treasury.barrier(loan)).filter(|price| *price > 0.0)
    }
}
