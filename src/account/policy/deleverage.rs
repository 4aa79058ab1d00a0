//! Bringing the leverage back to a target by trading part of the positions.

use serde::Serialize;

use crate::account::pool::{Held, Pool};
use crate::market::Duration;

/// Trades so that notional over equity is at its target again: all positions that share collateral by the same share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Deleverage {
    /// Notional over equity to come back to.
    pub target: f64,
    /// When.
    pub on: Occasion,
}

/// When the leverage is brought back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// At every multiple of an interval, up or down.
    Every(Duration),
    /// As soon as it is above this, which only a loss can bring about.
    Above(f64),
}

impl Deleverage {
    /// How many times as large all positions become at price ratios; none where there is nothing to trade or to trade with.
    pub fn times(&self, pool: &Pool, held: Held<'_>, x: &[f64]) -> Option<f64> {
        let (equity, notional) = (pool.equity(held, x), pool.notional(held, x));
        if equity <= 0.0 || notional == 0.0 {
            return None;
        }
        // Trading |1 − k| of everything costs as much of the fee F of closing it: k·N = target·(E − F·|1 − k|).
        let fee = pool.closing_fee(held, x) * (notional - self.target * equity).signum();
        Some(self.target * (equity - fee) / (notional - self.target * fee))
    }
}
