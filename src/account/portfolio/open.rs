//! Opening an account of several positions at one leverage.

use thiserror::Error;

use super::leg::{Leg, Unit};
use super::purse::Purse;
use crate::account::position::LevelError;
use crate::venue::{Contract, Flows, Holding, Liquidation, MarginError, Side, Venue};

/// One position as a scenario describes it.
#[derive(Debug, Clone)]
pub struct PositionTerms<'a> {
    /// Index of the asset.
    pub asset: usize,
    /// Direction.
    pub side: Side,
    /// Price of the asset at the start, in the quote currency.
    pub price: f64,
    /// Notional at entry over leverage times equity.
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

/// Why an account cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{source}")]
pub struct OpenError {
    /// Place of the position that is to blame; none where it is all of them together.
    pub position: Option<usize>,
    /// What is wrong.
    pub source: LevelError,
}

/// The purses of an account of this equity at a leverage; `forfeits` says whether a liquidation of positions that share their
/// collateral leaves nothing.
///
/// The account is counted in the coin where all positions are inverse contracts on one asset, else in the quote currency: a position
/// of its own collateral in an inverse contract then holds coins bought at the start, and positions that share
/// collateral keep it in the quote currency.
///
/// # Errors
/// A position that its venue does not allow, or a purse that is liquidated at entry.
pub fn open(
    equity: f64,
    leverage: f64,
    positions: &[PositionTerms<'_>],
    forfeits: bool,
) -> Result<Vec<Purse>, OpenError> {
    let all = |source| OpenError { position: None, source };
    if !(equity > 0.0 && equity.is_finite()) {
        return Err(all(LevelError::Equity(equity)));
    }
    if !(leverage > 0.0 && leverage.is_finite()) {
        return Err(all(LevelError::Leverage(leverage)));
    }
    let first = positions.first().map(|position| position.asset);
    let in_coin =
        positions.iter().all(|one| one.venue.contract == Contract::Inverse && Some(one.asset) == first);
    let leg = |(place, one): (usize, &PositionTerms<'_>)| {
        let is_inverse = one.venue.contract == Contract::Inverse;
        let unit = match (is_inverse, in_coin || one.collateral.is_some()) {
            (false, _) => Unit::Quote,
            (true, true) => Unit::Coin,
            (true, false) => Unit::CoinInQuote,
        };
        // Coins of an account that is counted in the quote currency are bought at the start.
        let own = if unit == Unit::Coin && !in_coin { equity / one.price } else { equity };
        let size = leverage * one.share;
        check(place, one, size * own, unit)?;
        Ok(Leg::new(place, one, unit, (size, own)))
    };
    let legs = positions.iter().enumerate().map(leg).collect::<Result<Vec<_>, _>>()?;
    let mut purses = Vec::new();
    let mut together = Vec::new();
    let mut rest = 1.0;
    for (leg, one) in legs.into_iter().zip(positions) {
        match one.collateral {
            Some(collateral) => {
                let coin = (leg.unit == Unit::Coin && !in_coin).then_some(leg.asset);
                let forfeits = one.venue.liquidation == Liquidation::Forfeit;
                rest -= collateral;
                purses.push(Purse::new(vec![leg], collateral, coin, forfeits));
            }
            None => together.push(leg),
        }
    }
    if !together.is_empty() {
        purses.push(Purse::new(together, rest, None, forfeits));
    }
    purses.sort_by(|a, b| {
        let first = |purse: &Purse| purse.legs.first().map(|leg| (leg.asset, leg.unit as u8));
        let size = |purse: &Purse| purse.legs.first().map_or(0.0, |leg| leg.exposure);
        first(a).cmp(&first(b)).then(size(b).total_cmp(&size(a)))
    });
    for purse in &purses {
        check_purse(purse, equity, leverage)?;
    }
    Ok(purses)
}

/// Whether a venue knows positions of this size (in the units of the purse) at all.
fn check(place: usize, one: &PositionTerms<'_>, size: f64, unit: Unit) -> Result<(), OpenError> {
    let error = |source| OpenError { position: Some(place), source };
    let settled = if unit == Unit::CoinInQuote { size / one.price } else { size };
    let quantity = match one.venue.contract {
        Contract::Linear | Contract::Spot => settled / one.price,
        Contract::Inverse => settled * one.price,
    };
    let holding = Holding { side: one.side, entry: one.price, quantity, collateral: 0.0 };
    if one.venue.max_leverage(&holding).is_none() {
        let largest = one.venue.largest_notional(&holding);
        return Err(error(LevelError::AboveTopTier { notional: settled, largest }));
    }
    Ok(())
}

/// Whether the collateral covers the initial margins that the venues ask at any size, and the requirements at entry.
fn check_purse(purse: &Purse, equity: f64, leverage: f64) -> Result<(), OpenError> {
    let position = (purse.legs.len() == 1).then(|| purse.legs[0].position);
    let error = |source| Err(OpenError { position, source });
    let initial: f64 = purse.legs.iter().map(|leg| leg.entry_exposure.abs() / leg.largest_leverage).sum();
    if initial > purse.collateral * (1.0 + 1e-12) {
        let max_leverage = leverage * purse.collateral / initial;
        return error(LevelError::AboveCap { leverage, max_leverage });
    }
    let x = vec![1.0; purse.assets.len()];
    let held = purse.opening();
    let excess = purse.excess(held, &x, &mut vec![0.0; purse.assets.len()]);
    if excess <= 0.0 {
        let own = purse.equity(held, &x);
        return error(LevelError::Margin(MarginError::LiquidatedAtEntry {
            collateral: equity * own,
            requirement: equity * (own - excess),
        }));
    }
    Ok(())
}

impl Purse {
    /// Whether a venue would refuse the positions at their sizes, though it allows the leverage for smaller ones.
    pub fn exceeds_cap(&self) -> bool {
        let initial = self.legs.iter().map(|leg| leg.entry_exposure.abs() / leg.cap);
        initial.sum::<f64>() > self.collateral * (1.0 + 1e-12)
    }
}
