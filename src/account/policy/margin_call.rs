//! Answering a low margin: paying in from a limited reserve, or closing part of the position.

use serde::Serialize;

use crate::market::Duration;

/// Called when equity over maintenance margin falls to a level; answered after a delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginCall {
    /// Equity over maintenance margin at which the call comes.
    pub level: f64,
    /// Time until it is answered; the price moves on meanwhile.
    pub delay: Duration,
    /// Equity over maintenance margin that the answer restores.
    pub target: f64,
    /// Money to pay in, in units of the equity put up; with none the position is reduced instead.
    pub reserve: f64,
    /// Whether the position is closed when the reserve is too small for the target.
    pub close: bool,
}
