//! Orders at a price: stop loss, take profit, trailing stop.
//!
//! On a continuous path each fills at its own price less slippage, and one that lies before the liquidation price is
//! reached first. A jump may carry the price past it: the fill is then at the price after the gap, if the position has
//! not been liquidated there.

use serde::Serialize;

use crate::numeric::elementary;

/// Closes the position when the price has moved this far against it from the entry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StopLoss {
    /// Distance from the entry price, as a fraction of it.
    pub distance: f64,
    /// How much worse than the stop the fill is, as a fraction of the price.
    pub slippage: f64,
}

/// Closes the position when the price has moved this far in its favour from the entry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TakeProfit {
    /// Distance from the entry price, as a fraction of it.
    pub distance: f64,
}

/// Closes the position when the price is this far from its best so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrailingStop {
    /// Distance from the best price so far, as a fraction of it.
    pub distance: f64,
    /// How much worse than the stop the fill is, as a fraction of the price.
    pub slippage: f64,
}

/// Both stops of a position, ready for the simulation: mirrored log-prices, so that a loss lies below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stops {
    fixed: f64,
    /// Distance of the trailing stop from the best price; infinite without one.
    distance: f64,
    slippages: (f64, f64),
}

impl Stops {
    /// The stops of a long (sign +1) or a short (−1).
    pub fn new(stop_loss: Option<StopLoss>, trailing: Option<TrailingStop>, sign: f64) -> Self {
        Self {
            fixed: stop_loss.map_or(f64::NEG_INFINITY, |stop| stop.level(sign)),
            distance: trailing.map_or(f64::INFINITY, |stop| stop.log_distance(sign)),
            slippages: (
                stop_loss.map_or(0.0, |stop| stop.slippage),
                trailing.map_or(0.0, |stop| stop.slippage),
            ),
        }
    }

    /// The nearer stop under the best price so far; −∞ without any.
    #[inline]
    pub fn level(&self, top: f64) -> f64 {
        self.fixed.max(top - self.distance)
    }

    /// Slippage of the nearer stop.
    pub fn slippage(&self, top: f64) -> f64 {
        if top - self.distance >= self.fixed { self.slippages.1 } else { self.slippages.0 }
    }

    /// Distance of the trailing stop from the best price, if there is one.
    pub fn trailing(&self) -> Option<f64> {
        (self.distance < f64::INFINITY).then_some(self.distance)
    }
}

impl StopLoss {
    /// Mirrored log-price of the stop: negative.
    pub fn level(&self, sign: f64) -> f64 {
        sign * elementary::ln_1p(-sign * self.distance)
    }
}

impl TakeProfit {
    /// Mirrored log-price of the target: positive.
    pub fn level(&self, sign: f64) -> f64 {
        sign * elementary::ln_1p(sign * self.distance)
    }
}

impl TrailingStop {
    /// Distance below the best mirrored log-price.
    pub fn log_distance(&self, sign: f64) -> f64 {
        -sign * elementary::ln_1p(-sign * self.distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_lie_at_the_distances_on_the_right_sides() {
        let stop = StopLoss { distance: 0.08, slippage: 0.0 };
        assert!((stop.level(1.0).exp() - 0.92).abs() < 1e-15);
        assert!(((-stop.level(-1.0)).exp() - 1.08).abs() < 1e-15);
        let target = TakeProfit { distance: 0.2 };
        assert!((target.level(1.0).exp() - 1.2).abs() < 1e-15);
        assert!(((-target.level(-1.0)).exp() - 0.8).abs() < 1e-15);
        let trailing = TrailingStop { distance: 0.1, slippage: 0.0 };
        assert!(((-trailing.log_distance(1.0)).exp() - 0.9).abs() < 1e-15);
        assert!((trailing.log_distance(-1.0).exp() - 1.1).abs() < 1e-15);
    }
}
