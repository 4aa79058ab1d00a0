//! What the owner does on the way: one file per policy, any combination of them.
//!
//! Distances and ratios are fractions; money is in units of the equity put up.

mod add_margin;
mod deleverage;
mod exit_after;
mod margin_call;
mod protective_put;
mod stops;
pub(crate) mod check;

pub use add_margin::AddMargin;
pub use check::PolicyError;
pub use deleverage::{Deleverage, Occasion};
pub use exit_after::ExitAfter;
pub use margin_call::{Answer, MarginCall};
pub use protective_put::ProtectivePut;
pub use stops::{Orders, StopLoss, TakeProfit, TrailingStop, Trigger};

use serde::Serialize;

use crate::market::Duration;

/// Everything the owner does; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Policy {
    /// Close at a loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<StopLoss>,
    /// Close at a profit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<TakeProfit>,
    /// Close at a distance from the best price so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing_stop: Option<TrailingStop>,
    /// Close after a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_after: Option<ExitAfter>,
    /// Top up or reduce when the margin runs low.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_call: Option<MarginCall>,
    /// Bring the leverage back to a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleverage: Option<Deleverage>,
    /// Pay in on a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_margin: Option<AddMargin>,
    /// Hold a put beside the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protective_put: Option<ProtectivePut>,
}

impl Policy {
    /// Whether the owner does nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anything the owner does, stops of a loss aside, can change whether or when the price liquidates the account within a
    /// horizon. A put pays beside the account.
    pub fn can_delay_liquidation(&self, horizon: Duration) -> bool {
        let Self { take_profit, trailing_stop, exit_after, margin_call, deleverage, add_margin, .. } = self;
        take_profit.is_some()
            || trailing_stop.is_some()
            || exit_after.is_some_and(|exit| exit.time.seconds() < horizon.seconds())
            || margin_call.is_some()
            || deleverage.is_some()
            || add_margin.is_some()
    }

    /// Money kept ready beside the equity and money paid in over a horizon in seconds, in units of the equity; the premium of
    /// a put, which depends on the leverage, not counted.
    pub fn committed(&self, horizon: u64) -> f64 {
        let reserve = self.margin_call.map_or(0.0, |call| call.reserve);
        let scheduled = self.add_margin.map_or(0.0, |add| add.total(horizon));
        reserve + scheduled
    }
}
