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
    /// Where it may be stopped.
    pub stops: Stops,
}

/// The times at which a martingale is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// All, those inside bars too at which the price meets a barrier.
    Anywhere,
    /// Where a bar begins.
    Bars,
    /// Where a day begins.
    Days,
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
        let price = |drift, stops| Martingale { drift, is_price: true, stops };
        let log_price = |drift, stops| Martingale { drift, is_price: false, stops };
        match self {
            Self::Gbm(gbm) => Some(price(gbm.drift, Stops::Anywhere)),
            Self::Merton(merton) => Some(price(merton.drift, Stops::Anywhere)),
            Self::Kou(kou) => Some(price(kou.drift, Stops::Anywhere)),
            Self::Hawkes(hawkes) => Some(price(hawkes.drift, Stops::Anywhere)),
            Self::Regime(regime) => {
                let drift = regime.states.first()?.drift;
                regime.states.iter().all(|state| state.drift == drift).then(|| price(drift, Stops::Anywhere))
            }
            // The bridge between the ends of a step is not that of the model.
            Self::Heston(Heston { drift, .. }) | Self::Bates(Bates { heston: Heston { drift, .. }, .. }) => {
                Some(price(*drift, Stops::Bars))
            }
            // Under Student-t innovations the expected price does not exist: what the log-price leaves of a return has a tail that no
            // sample tells the weight of.
            Self::Garch(garch) => garch.dof.is_none().then(|| log_price(garch.log_drift, Stops::Bars)),
            // A day and its mirror image are as likely; within one it is known how it ends.
            Self::Har(har) => Some(log_price(har.log_drift(), Stops::Days)),
            Self::Bootstrap(_) | Self::ScaledHistory(_) | Self::Forecast(_) | Self::Custom(_) => None,
        }
    }
}
