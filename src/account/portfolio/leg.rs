//! One position of an account with several, at one leverage: its worth and what its venue asks for, in any currency.
//!
//! Fractions are of the equity put up. With x the ratio of the price to that at the start and e the signed exposure:
//!
//! | unit | value | notional |
//! |---|---|---|
//! | a linear contract or coins, in the quote currency | e·x | \|e\|·x |
//! | an inverse contract, in the coin | e/x | \|e\|/x |
//! | an inverse contract, in the quote currency | e·x | \|e\| |
//!
//! The profit of an inverse contract is Q·(1/S₀ − 1/S) coins, which at the mark S are Q·(S/S₀ − 1) in the quote currency: as for a
//! linear contract of the same size. Its margin, asked for in coins, is valued at the mark.

use super::open::PositionTerms;
use crate::account::requirement::Requirement;
use crate::venue::{Contract, Flows, FundingBasis, Holding, Liquidation, Side};

/// What a position's money is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A linear contract or coins, in the quote currency.
    Quote,
    /// An inverse contract, in the coin.
    Coin,
    /// An inverse contract, in the quote currency.
    CoinInQuote,
}

/// One position at one leverage.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Place in the scenario's list.
    pub(super) position: usize,
    /// Index of the asset among those of the scenario.
    pub(super) asset: usize,
    pub(super) side: Side,
    pub(super) unit: Unit,
    /// Signed notional at entry, less coins of interest added to a debt since.
    pub(super) exposure: f64,
    pub(super) entry_exposure: f64,
    pub(super) requirement: Requirement,
    pub(super) taker_fee: f64,
    pub(super) liquidation: Liquidation,
    pub(super) flows: Flows,
    /// Number of the law of its funding rate, where the rate varies.
    pub(super) law: Option<usize>,
    /// Whether it was bought or sold with money or coins of the purse, borrowed where they do not suffice; otherwise it is a
    /// contract that only exchanges profits.
    pub(super) is_funded: bool,
    /// Most leverage that the venue allows for the size, and for any size.
    pub(super) cap: f64,
    pub(super) largest_leverage: f64,
}

/// A position at a price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Worth {
    pub value: f64,
    /// Its derivative in the log-price.
    pub gain: f64,
    pub needed: f64,
    pub needed_gain: f64,
}

impl Leg {
    /// A position of a size (notional over the equity of the account) at a venue; `equity` is the account's in the currency of the
    /// purse: coins for [`Unit::Coin`].
    pub(super) fn new(
        position: usize,
        terms: &PositionTerms<'_>,
        unit: Unit,
        (size, equity): (f64, f64),
    ) -> Self {
        let PositionTerms { asset, side, price, venue, ref flows, law, .. } = *terms;
        // Equity in what the contract settles in, whose fractions the requirement is in.
        let settled = if unit == Unit::CoinInQuote { equity / price } else { equity };
        let quantity = match venue.contract {
            Contract::Linear | Contract::Spot => size * settled / price,
            Contract::Inverse => size * settled * price,
        };
        // Nothing of it is its own: the debt of the purse is handed to the requirement as it is.
        let holding = Holding { side, entry: price, quantity, collateral: 0.0 };
        let gain = match (unit, side) {
            (Unit::Quote | Unit::CoinInQuote, Side::Long) | (Unit::Coin, Side::Short) => 1.0,
            (Unit::Quote | Unit::CoinInQuote, Side::Short) | (Unit::Coin, Side::Long) => -1.0,
        };
        Self {
            position,
            asset,
            side,
            unit,
            exposure: gain * size,
            entry_exposure: gain * size,
            requirement: Requirement::new(venue, &holding, settled),
            taker_fee: venue.taker_fee,
            liquidation: venue.liquidation,
            is_funded: venue.contract == Contract::Spot
                || flows.borrow.is_some_and(|borrow| borrow.rate != 0.0),
            flows: flows.clone(),
            law,
            cap: venue.max_leverage(&holding).unwrap_or(0.0),
            largest_leverage: venue.largest_leverage(side),
        }
    }

    /// Value per exposure at a price ratio.
    pub(super) fn unit_value(&self, x: f64) -> f64 {
        if self.unit == Unit::Coin { 1.0 / x } else { x }
    }

    /// Notional at a price ratio, of the position as it was opened.
    pub(super) fn notional(&self, x: f64) -> f64 {
        self.notional_and_slope(x).0
    }

    /// The same, and its derivative in the log-price.
    pub(super) fn notional_and_slope(&self, x: f64) -> (f64, f64) {
        let size = self.exposure.abs();
        match self.unit {
            Unit::Quote => (size * x, size * x),
            Unit::Coin => (size / x, -size / x),
            Unit::CoinInQuote => (size, 0.0),
        }
    }

    /// Worth and requirement at a price ratio, of this share of the position and with this share of the purse's debt.
    #[inline]
    pub(super) fn at(&self, x: f64, scale: f64, debt: f64) -> Worth {
        let exposure = scale * self.exposure;
        let size = exposure.abs();
        match self.unit {
            Unit::Quote => {
                let (needed, slope) = self.requirement.with_slope(size * x, -debt);
                let value = exposure * x;
                Worth { value, gain: value, needed, needed_gain: slope * size * x }
            }
            Unit::Coin => {
                let (needed, slope) = self.requirement.with_slope(size / x, -debt);
                let value = exposure / x;
                Worth { value, gain: -value, needed, needed_gain: -slope * size / x }
            }
            Unit::CoinInQuote => {
                let (coins, slope) = self.requirement.with_slope(size / x, 0.0);
                let value = exposure * x;
                Worth { value, gain: value, needed: coins * x, needed_gain: coins * x - slope * size }
            }
        }
    }

    /// What the position as it was opened pays in funding at a price ratio (negative: receives) when a rate is due: the long pays a
    /// positive one.
    pub(super) fn funding(&self, x: f64, rate: f64) -> f64 {
        let Some(funding) = &self.flows.funding else { return 0.0 };
        let mark = funding.basis == FundingBasis::Mark;
        let exposure = if mark { self.exposure } else { self.entry_exposure };
        let price = match (self.unit, mark) {
            (Unit::Quote, true) | (Unit::CoinInQuote, false) => x,
            (Unit::Quote, false) | (Unit::CoinInQuote, true) => 1.0,
            (Unit::Coin, true) => -1.0 / x,
            (Unit::Coin, false) => -1.0,
        };
        rate * exposure * price
    }

    /// The price ratio of a fill in the market at liquidation, and the fee on the notional there; none where the collateral
    /// is forfeited.
    pub(super) fn fill(&self, x: f64) -> Option<(f64, f64)> {
        let Liquidation::Close { fee, slippage, .. } = self.liquidation else { return None };
        let against = if self.side == Side::Long { -slippage } else { slippage };
        Some((x * (1.0 + against), fee))
    }
}
