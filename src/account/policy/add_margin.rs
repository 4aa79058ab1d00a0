//! Scheduled payments into the account.

use serde::Serialize;

use crate::market::Duration;

/// Pays in the same sum at every multiple of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AddMargin {
    /// Sum, in units of the equity put up.
    pub amount: f64,
    /// Time between payments.
    pub every: Duration,
}

impl AddMargin {
    /// What is paid in over a horizon in seconds if the position lasts; the horizon itself is too late.
    pub fn total(&self, horizon: u64) -> f64 {
        (horizon.saturating_sub(1) / self.every.seconds().max(1)) as f64 * self.amount
    }
}
