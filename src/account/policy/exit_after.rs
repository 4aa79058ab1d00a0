//! Closing after a set time.

use serde::Serialize;

use crate::market::Duration;

/// Closes the position at this time, whatever the price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExitAfter {
    /// Time since the start.
    pub time: Duration,
}
