//! What of a price is known in the mean wherever it is stopped.
//!
//! Taken at a time of stopping that knows nothing of what is to come, a martingale has its mean of the start (Doob's theorem of optional
//! sampling). So what a path has come to when a level is liquidated, or at the horizon, is a control variate: its mean is known, and
//! the return of the level follows it closely.

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
