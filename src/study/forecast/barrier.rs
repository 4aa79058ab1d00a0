//! Barriers: how far the price is from liquidation.

use crate::numeric::ln;
use crate::venue::Side;

/// A liquidation price as a distance from the entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Barrier {
    /// Side of the position.
    pub side: Side,
    /// Its leverage.
    pub leverage: f64,
    /// Distance of the log-price, positive; infinite where no price liquidates.
    pub distance: f64,
}

impl Barrier {
    /// The barrier of a linear contract with one maintenance rate and no fees: (1 − 1/L)/(1 − m) of the entry for a long, (1 + 1/L)/(1 + m)
    /// for a short.
    pub fn linear(side: Side, leverage: f64, maintenance: f64) -> Self {
        let distance = match side {
            Side::Long => -ln(((1.0 - 1.0 / leverage) / (1.0 - maintenance)).max(1e-300)),
            Side::Short => ln((1.0 + 1.0 / leverage) / (1.0 + maintenance)),
        };
        Self { side, leverage, distance: distance.max(0.0) }
    }

    /// Whether a price that went so far down and up has passed it.
    pub fn is_passed(&self, down: f64, up: f64) -> bool {
        match self.side {
            Side::Long => down >= self.distance,
            Side::Short => up >= self.distance,
        }
    }
}
