//! One position of a margin pool at one leverage, in any currency.
//!
//! Fractions are of the equity of the account. With x the ratio of the price to that at the start and e the signed exposure:
//!
//! | unit | value | notional |
//! |---|---|---|
//! | a linear contract or coins, in the quote currency | e·x | \|e\|·x |
//! | an inverse contract, in the coin | e/x | \|e\|/x |
//! | an inverse contract, in the quote currency | e·x | \|e\| |
//!
//! The profit of an inverse contract is Q·(1/S₀ − 1/S) coins, which at the mark S are Q·(S/S₀ − 1) in the quote currency: as for a
//! linear contract of the same size. Its margin, asked for in coins, is valued at the mark.

use crate::venue::{Contract, Flows, FundingBasis, Side, Venue};

/// What a position's money is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A linear contract or coins, in the quote currency.
    Quote,
    /// An inverse contract, in the coin.
    Coin,
    /// An inverse contract, in the quote currency.
    CoinInQuote,
}

impl Unit {
    /// Value of a unit of exposure at a ratio of prices.
    #[inline]
    pub fn value(self, x: f64) -> f64 {
        if self == Self::Coin { 1.0 / x } else { x }
    }

    /// Logarithm of that value over the log-price.
    #[inline]
    pub fn power(self) -> f64 {
        if self == Self::Coin { -1.0 } else { 1.0 }
    }

    /// Notional of a size at a ratio of prices, and its derivative in the log-price.
    #[inline]
    pub fn notional(self, size: f64, x: f64) -> (f64, f64) {
        match self {
            Self::Quote => (size * x, size * x),
            Self::Coin => (size / x, -size / x),
            Self::CoinInQuote => (size, 0.0),
        }
    }

    /// The sign of the exposure of a position on a side.
    pub fn gain_sign(self, side: Side) -> f64 {
        if self == Self::Coin { -side.sign() } else { side.sign() }
    }
}

/// One position as a scenario describes it.
#[derive(Debug, Clone)]
pub struct PositionTerms<'a> {
    /// Index of the asset.
    pub asset: usize,
    /// Direction.
    pub side: Side,
    /// Price of the asset at the start, in the quote currency.
    pub price: f64,
    /// Price at which it was opened, where that was before the start: no fee is paid at the start then.
    pub entry: Option<f64>,
    /// Notional at the start over leverage times equity.
    pub share: f64,
    /// Fraction of the account's equity that stands behind this position alone; none where it shares.
    pub collateral: Option<f64>,
    /// The venue's terms.
    pub venue: &'a Venue,
    /// What is charged over time.
    pub flows: Flows,
    /// Number of the law of its funding rate, where the rate varies.
    pub law: Option<usize>,
}

/// One position at one leverage.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Place in the scenario's list.
    pub position: usize,
    /// Index of the asset among those of the scenario.
    pub asset: usize,
    /// Place of the asset among those of the pool.
    pub place: usize,
    /// Direction.
    pub side: Side,
    /// What its money is counted in.
    pub unit: Unit,
    /// Signed notional at the start.
    pub exposure: f64,
    /// Price at which it was opened, as a ratio to that at the start.
    pub entry: f64,
    /// Fee at the start, and of trades on the way, as fractions of the notional.
    pub entry_fee: f64,
    /// See [`Leg::entry_fee`].
    pub taker_fee: f64,
    /// What is charged over time.
    pub flows: Flows,
    /// Number of the law of its funding rate, where the rate varies.
    pub law: Option<usize>,
    /// Whether it was bought or sold with money or coins of the pool, borrowed where they do not suffice; otherwise it is a
    /// contract that only exchanges profits.
    pub is_funded: bool,
    /// Most leverage that the venue allows for the size, and for any size.
    pub cap: f64,
    /// See [`Leg::cap`].
    pub largest_leverage: f64,
}

impl Leg {
    /// A position of a size (notional over the equity of the account) at a venue.
    pub(super) fn new(position: usize, terms: &PositionTerms<'_>, unit: Unit, size: f64, cap: f64) -> Self {
        let PositionTerms { asset, side, price, entry, venue, ref flows, law, .. } = *terms;
        Self {
            position,
            asset,
            place: 0,
            side,
            unit,
            exposure: unit.gain_sign(side) * size,
            entry: entry.map_or(1.0, |entry| entry / price),
            entry_fee: if entry.is_some() { 0.0 } else { venue.taker_fee },
            taker_fee: venue.taker_fee,
            is_funded: venue.contract == Contract::Spot
                || flows.borrow.is_some_and(|borrow| borrow.rate != 0.0),
            flows: flows.clone(),
            law,
            cap,
            largest_leverage: venue.largest_leverage(side),
        }
    }

    /// What an exposure of this position pays in funding at a price ratio (negative: receives) when a rate is due: the long pays
    /// a positive one.
    pub fn funding(&self, exposure: f64, x: f64, rate: f64) -> f64 {
        let Some(funding) = &self.flows.funding else { return 0.0 };
        let exposure = if funding.basis == FundingBasis::Mark { exposure } else { self.exposure };
        rate * exposure * self.charged(x)
    }

    /// What funding at a rate of 1 charges a unit of exposure at a price ratio.
    #[inline]
    pub fn charged(&self, x: f64) -> f64 {
        let on_mark = self.flows.funding.as_ref().is_none_or(|funding| funding.basis == FundingBasis::Mark);
        match (self.unit, on_mark) {
            (Unit::Quote, true) | (Unit::CoinInQuote, false) => x,
            (Unit::Quote, false) | (Unit::CoinInQuote, true) => 1.0,
            (Unit::Coin, true) => -1.0 / x,
            (Unit::Coin, false) => -1.0,
        }
    }

    /// What a fill that is worse than the mark by a fraction of the price loses on an exposure.
    pub fn lost(&self, exposure: f64, x: f64, slippage: f64) -> f64 {
        let filled = x * slippage.mul_add(-self.side.sign(), 1.0);
        exposure * (self.unit.value(x) - self.unit.value(filled))
    }
}
