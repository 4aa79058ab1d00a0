//! What of a price is known in the mean wherever it is stopped.
//!
//! Taken at a time of stopping that knows nothing of what is to come, a martingale has its mean of the start (Doob's theorem of optional
//! sampling). So what a path has come to when a level is liquidated, or at the horizon, is a control variate: its mean is known, and
//! the return of the level follows it closely.

use super::{Bates, Heston, Model};
use crate::numeric::exp;

/// A martingale that a log-price and the time make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Martingale {
    /// Growth per year that is taken off.
    pub drift: f64,
    /// Whether it is the price; else the log-price.
    pub is_price: bool,
    /// Whether it may be stopped inside a bar, where the price meets a barrier; else at the ends of bars.
    pub inside_bars: bool,
    /// Whether all bars end with days.
    pub needs_days: bool,
}

impl Martingale {
    /// How far it is from its mean at a log-price and a time in years.
    #[inline(always)]
    pub fn at(&self, log_price: f64, time: f64) -> f64 {
        let log_price = log_price - self.drift * time;
        if self.is_price { exp(log_price) - 1.0 } else { log_price }
    }
}

impl Model {
    /// The martingale that its price makes; none if none is known.
    pub fn martingale(&self) -> Option<Martingale> {
        let price =
            |drift, inside_bars| Martingale { drift, is_price: true, inside_bars, needs_days: false };
        let log_price =
            |drift, needs_days| Martingale { drift, is_price: false, inside_bars: false, needs_days };
        match self {
            Self::Gbm(gbm) => Some(price(gbm.drift, true)),
            Self::Merton(merton) => Some(price(merton.drift, true)),
            Self::Kou(kou) => Some(price(kou.drift, true)),
            Self::Hawkes(hawkes) => Some(price(hawkes.drift, true)),
            Self::Regime(regime) => {
                let drift = regime.states.first()?.drift;
                regime.states.iter().all(|state| state.drift == drift).then(|| price(drift, true))
            }
            // The bridge between the ends of a step is not that of the model.
            Self::Heston(Heston { drift, .. }) | Self::Bates(Bates { heston: Heston { drift, .. }, .. }) => {
                Some(price(*drift, false))
            }
            Self::Garch(garch) => Some(log_price(garch.log_drift, false)),
            // A day and its mirror image are as likely; within one it is known how it ends.
            Self::Har(har) => Some(log_price(har.log_drift(), true)),
            Self::Bootstrap(_) | Self::ScaledHistory(_) | Self::Forecast(_) | Self::Custom(_) => None,
        }
    }
}
