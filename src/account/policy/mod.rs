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

    /// What is left of it within a horizon: orders for its end or later change nothing, the account is closed then anyway.
    pub fn within(&self, horizon: Duration) -> Self {
        let end = horizon.seconds();
        let acts = |deleverage: &Deleverage| match deleverage.on {
            Occasion::Every(every) => every.seconds() < end,
            Occasion::Above(_) => true,
        };
        Self {
            exit_after: self.exit_after.filter(|exit| exit.time.seconds() < end),
            deleverage: self.deleverage.filter(acts),
            add_margin: self.add_margin.filter(|add| add.every.seconds() < end),
            ..*self
        }
    }

    /// Whether anything the owner does within a horizon, stops of a loss aside, can change whether or when the price liquidates the
    /// account. A put pays beside the account.
    pub fn can_delay_liquidation(&self, horizon: Duration) -> bool {
        let aside = Self { stop_loss: None, protective_put: None, ..self.within(horizon) };
        !aside.is_empty()
    }

    /// Whether the owner waits for a price or a margin; trailing stops, which move with the price, aside.
    pub fn waits_for_a_price(&self) -> bool {
        let Self { stop_loss, take_profit, margin_call, deleverage, .. } = self;
        stop_loss.is_some() || take_profit.is_some() || margin_call.is_some() || deleverage.is_some()
    }

    /// Money kept ready beside the equity and money paid in over a horizon in seconds, in units of the equity; the premium of
    /// a put, which depends on the leverage, not counted.
    pub fn committed(&self, horizon: u64) -> f64 {
        let reserve = self.margin_call.map_or(0.0, |call| call.reserve);
        let scheduled = self.add_margin.map_or(0.0, |add| add.total(horizon));
        reserve + scheduled
    }
}
