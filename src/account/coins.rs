//! Coins as the collateral of linear contracts, which the venue counts at less than their price.
//!
//! The profit of a linear contract is in the quote currency, so a wallet that holds coins has two things in
//! it: the coins, which are not sold, and money, which pays fees, funding and what positions lose when they
//! are closed, and may be negative. With c coins' worth at the start, haircut h, money and positions w + Σ
//! e·x, the venue compares
//!
//! ```text
//! w + Σ e·x + (1 − h)·c·x   with what the positions need,
//! ```
//!
//! and the owner has w + Σ e·x + c·x: the haircut decides when an account is liquidated and how much can be
//! opened, never what is lost. It is written here as a requirement of h·c·x beside those of the positions.
//! For one long of exposure e on the same asset with maintenance m
//!
//! ```text
//! liquidation at x = (e + fees − cash)/(e·(1 − m) + c·(1 − h))
//! bankruptcy  at x = (e + fees − cash)/(e + c)
//! ```
//!
//! At a haircut of 0 it is an account whose money was spent on the same coins. Coins are no position: stops,
//! targets, deleveraging and steps of a liquidation leave them alone, and where they end with the account
//! they count at the price of that moment. Negative money bears no interest of its own here.
//!
//! Source: Binance support, "What Is Multi-Assets Mode" (collateral value ratios, 2021-05-28).

/// Coins behind all positions of an account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoinCollateral {
    /// Index of the asset.
    pub asset: usize,
    /// Worth at the start, as a fraction of the equity of the account.
    pub worth: f64,
    /// What the venue takes off the price, as a fraction of it.
    pub haircut: f64,
}

/// The coins of one pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PledgedCoins {
    /// Place of the asset among those of the pool.
    pub place: usize,
    /// Worth at the start, as a fraction of the equity of the account.
    pub worth: f64,
    /// See [`CoinCollateral::haircut`].
    pub haircut: f64,
}

impl PledgedCoins {
    /// What they are worth at price ratios (by place).
    #[inline]
    pub fn worth_at(&self, x: &[f64]) -> f64 {
        self.worth * x[self.place]
    }

    /// What the venue takes off that.
    #[inline]
    pub fn taken_off(&self, x: &[f64]) -> f64 {
        self.haircut * self.worth_at(x)
    }
}
