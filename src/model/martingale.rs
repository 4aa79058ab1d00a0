//! The martingales that the prices of the models make.

use super::{Bates, Heston, Model};
use crate::market::{Martingale, Stops};

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
