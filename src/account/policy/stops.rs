//! Orders at a price: stop loss, take profit, trailing stop.
//!
//! On a continuous path each fills at its own price less slippage, and one that lies before the liquidation price is
//! reached first. A jump may carry the price past it: the fill is then at the price after the gap, if the position has
//! not been liquidated there. Each position has its own orders, at a distance from the price at which it was opened or at a
//! price; it is closed alone. A loss or gain that is a share of the margin is that of all positions that share it, from the
//! prices alone, and closes them together: for a single position that is a price too, nearer the higher the leverage.

use serde::Serialize;

use crate::account::leg::{Leg, Unit};
use crate::account::pool::Pool;
use crate::numeric::ln;
use crate::venue::Side;

/// Where an order waits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// At this distance from the entry price, as a fraction of it.
    Distance(f64),
    /// At this price, as a ratio to that at the start.
    Price(f64),
    /// At this loss or gain, as a share of the margin at the start.
    Share(f64),
}

/// Closes the position when the price has moved against it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StopLoss {
    /// Where.
    pub at: Trigger,
    /// How much worse than the stop the fill is, as a fraction of the price.
    pub slippage: f64,
}

/// Closes the position when the price has moved in its favour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TakeProfit {
    /// Where.
    pub at: Trigger,
}

/// Closes the position when the price is this far from its best so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrailingStop {
    /// Distance from the best price so far, as a fraction of it.
    pub distance: f64,
    /// How much worse than the stop the fill is, as a fraction of the price.
    pub slippage: f64,
}

/// The orders of one position at one leverage, in log-prices since the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orders {
    /// +1 for a long: its stops lie below and its target above.
    pub sign: f64,
    /// The fixed stop; infinitely far without one.
    pub stop: f64,
    /// The target; infinitely far without one.
    pub target: f64,
    /// Distance of the trailing stop from the best price; infinite without one.
    pub trail: f64,
    slippages: (f64, f64),
}

impl Trigger {
    /// The log-price at which a position is, where this is one price: `direction` is +1 for a gain and −1 for a loss. None for a
    /// share of a margin that several positions share.
    fn log_price(self, leg: &Leg, pool: &Pool, direction: f64) -> Option<f64> {
        let towards = direction * leg.side.sign();
        let ratio = match self {
            Self::Distance(distance) => leg.entry * towards.mul_add(distance, 1.0),
            Self::Price(ratio) => ratio,
            Self::Share(share) => {
                let [alone] = &pool.legs[..] else { return None };
                let value = 1.0 + direction * share * pool.collateral / alone.exposure;
                if alone.unit == Unit::Coin { 1.0 / value } else { value }
            }
        };
        // A price that is never reached.
        let nowhere = towards * f64::INFINITY;
        Some(if ratio > 0.0 && ratio.is_finite() { ln(ratio) } else { nowhere })
    }
}

impl StopLoss {
    /// Whether it is a loss of several positions together.
    pub fn is_shared(&self, pool: &Pool) -> bool {
        matches!(self.at, Trigger::Share(_)) && pool.legs.len() > 1
    }
}

impl Orders {
    /// The orders of a position of a pool.
    pub fn new(
        (stop, target, trailing): (Option<StopLoss>, Option<TakeProfit>, Option<TrailingStop>),
        leg: &Leg,
        pool: &Pool,
    ) -> Self {
        let sign = leg.side.sign();
        let at = |trigger: Option<Trigger>, direction: f64| {
            let price = trigger.and_then(|trigger| trigger.log_price(leg, pool, direction));
            price.unwrap_or(direction * sign * f64::INFINITY)
        };
        Self {
            sign,
            stop: at(stop.map(|stop| stop.at), -1.0),
            target: at(target.map(|target| target.at), 1.0),
            trail: trailing.map_or(f64::INFINITY, |stop| stop.log_distance(leg.side)),
            slippages: (stop.map_or(0.0, |stop| stop.slippage), trailing.map_or(0.0, |stop| stop.slippage)),
        }
    }

    /// The nearer stop, given the highest and the lowest log-price so far, and its slippage.
    pub fn nearer(&self, (top, bottom): (f64, f64)) -> (f64, f64) {
        let best = if self.sign > 0.0 { top } else { bottom };
        let trailing = best - self.sign * self.trail;
        match self.sign * trailing >= self.sign * self.stop {
            true => (trailing, self.slippages.1),
            false => (self.stop, self.slippages.0),
        }
    }

    /// Whether the fixed stop lies beyond a log-price on the losing side.
    pub fn stops_beyond(&self, log_price: f64) -> bool {
        self.sign * self.stop <= self.sign * log_price
    }
}

impl TrailingStop {
    /// Distance from the best log-price.
    fn log_distance(self, side: Side) -> f64 {
        let sign = side.sign();
        -sign * ln((-sign).mul_add(self.distance, 1.0))
    }
}
