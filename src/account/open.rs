//! Opening an account at one leverage: whose collateral is whose, and whether the venues allow it.
//!
//! A margin pool is collateral that some positions share. On isolated margin every position has a pool of its own, on cross
//! margin one pool holds all positions but those that a scenario sets apart.

use thiserror::Error;

use super::coins::CoinCollateral;
use super::leg::{Leg, PositionTerms, Unit};
use super::pool::{Held, Pool, Room};
use super::position::LevelError;
use crate::venue::{Contract, Holding, MarginError, Venue};

/// Why an account cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{source}")]
pub struct OpenError {
    /// Place of the position that is to blame; none where it is all of them together.
    pub position: Option<usize>,
    /// What is wrong.
    pub source: LevelError,
}

/// The pools of an account of this equity at a leverage.
///
/// The account is counted in the coin where all positions are inverse contracts on one asset, else in the quote currency: a position
/// of its own collateral in an inverse contract then holds coins bought at the start, and positions that share
/// collateral keep it in the quote currency. Coins of the account are behind every pool in proportion to its collateral.
///
/// # Errors
/// A position that its venue does not allow, or a pool that is liquidated at entry.
pub fn open(
    equity: f64,
    leverage: f64,
    positions: &[PositionTerms<'_>],
    coins: Option<CoinCollateral>,
) -> Result<Vec<Pool>, OpenError> {
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
    let legs = positions.iter().enumerate();
    let legs = legs.map(|(place, one)| open_leg(place, one, (equity, leverage), in_coin));
    let legs = legs.collect::<Result<Vec<_>, _>>()?;
    let mut pools = Vec::new();
    let mut together = Vec::new();
    let mut rest = 1.0;
    for (leg, one) in legs.into_iter().zip(positions) {
        match one.collateral {
            Some(collateral) => {
                let coin = (leg.0.unit == Unit::Coin && !in_coin).then_some(leg.0.asset);
                rest -= collateral;
                pools.push(Pool::new(vec![leg], collateral, coin, coins));
            }
            None => together.push(leg),
        }
    }
    if !together.is_empty() {
        pools.push(Pool::new(together, rest, None, coins));
    }
    pools.sort_by(|a, b| {
        let first = |pool: &Pool| pool.legs.first().map(|leg| (leg.asset, leg.unit as u8));
        let size = |pool: &Pool| pool.legs.first().map_or(0.0, |leg| leg.exposure);
        first(a).cmp(&first(b)).then(size(b).total_cmp(&size(a)))
    });
    for pool in &pools {
        check_pool(pool, equity, leverage)?;
    }
    Ok(pools)
}

/// One position, with its venue, the equity that its size is a fraction of (in what it settles in), and its price.
fn open_leg<'a>(
    place: usize,
    one: &PositionTerms<'a>,
    (equity, leverage): (f64, f64),
    in_coin: bool,
) -> Result<(Leg, &'a Venue, f64, f64), OpenError> {
    let is_inverse = one.venue.contract == Contract::Inverse;
    let unit = match (is_inverse, in_coin || one.collateral.is_some()) {
        (false, _) => Unit::Quote,
        (true, true) => Unit::Coin,
        (true, false) => Unit::CoinInQuote,
    };
    // Coins of an account that is counted in the quote currency are bought at the start.
    let settled = if is_inverse && !in_coin { equity / one.price } else { equity };
    let size = leverage * one.share;
    let cap = check(place, one, size * settled)?;
    Ok((Leg::new(place, one, unit, size, cap), one.venue, settled, one.price))
}

/// The most leverage that a venue allows for a position of this notional in settlement units, if it knows such sizes at all.
fn check(place: usize, one: &PositionTerms<'_>, notional: f64) -> Result<f64, OpenError> {
    let venue: &Venue = one.venue;
    let quantity = venue.contract.quantity(notional, one.price);
    let holding = Holding { side: one.side, entry: one.price, quantity, collateral: 0.0 };
    venue.max_leverage(&holding).ok_or_else(|| {
        let largest = venue.largest_notional(&holding);
        OpenError { position: Some(place), source: LevelError::AboveTopTier { notional, largest } }
    })
}

/// Whether the collateral covers the initial margins that the venues ask at any size, and the requirements at entry.
fn check_pool(pool: &Pool, equity: f64, leverage: f64) -> Result<(), OpenError> {
    let position = (pool.legs.len() == 1).then(|| pool.legs[0].position);
    let error = |source| Err(OpenError { position, source });
    let initial: f64 = pool.legs.iter().map(|leg| leg.exposure.abs() / leg.largest_leverage).sum();
    if initial > pool.counted_collateral() * (1.0 + 1e-12) {
        let max_leverage = leverage * pool.counted_collateral() / initial;
        return error(LevelError::AboveCap { leverage, max_leverage });
    }
    let x = vec![1.0; pool.assets.len()];
    let stakes = pool.opening();
    let held = Held { cash: pool.opening_cash(), legs: &stakes };
    let excess = pool.room(held, Room::Margin(1.0), &x, &mut vec![0.0; pool.assets.len()]);
    if excess <= 0.0 {
        let own = pool.equity(held, &x);
        return error(LevelError::Margin(MarginError::LiquidatedAtEntry {
            collateral: equity * own,
            requirement: equity * (own - excess),
        }));
    }
    Ok(())
}
