//! Bringing the leverage back to a target by trading part of the position.

use serde::Serialize;

use crate::market::Duration;

/// Trades so that notional over equity is at its target again.
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
    /// x at which notional over equity reaches a leverage; none where the price cannot bring it there.
    pub fn price_of(leverage: f64, cash: f64, exposure: f64) -> Option<f64> {
        let x = leverage * cash / (exposure.abs() - leverage * exposure);
        (x > 0.0 && x.is_finite()).then_some(x)
    }

    /// Signed change of the exposure, in units of x, that leaves the target after a fee on what is traded.
    pub fn trade(&self, cash: f64, exposure: f64, x: f64, fee: f64) -> f64 {
        let sign = exposure.signum();
        let equity = exposure * x + cash;
        let excess = exposure.abs() * x - self.target * equity;
        // Selling n of notional costs fee·n of equity: size − n = target·(equity − fee·n).
        let notional = excess / (1.0 - excess.signum() * fee * self.target);
        -sign * notional / x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;

    #[test]
    fn the_trade_leaves_the_target_leverage_after_its_fee() {
        let policy = Deleverage { target: 3.0, on: Occasion::Every(Duration::from_seconds(1)) };
        for (cash, exposure, x) in [(-4.0, 5.0, 0.9), (6.0, -5.0, 1.05), (-4.0, 5.0, 1.4)] {
            let fee = 0.001;
            let change = policy.trade(cash, exposure, x, fee);
            let after = exposure + change;
            let cash = cash - change * x - fee * change.abs() * x;
            assert!((after.abs() * x / (cash + after * x) - 3.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_price_of_a_leverage_has_that_leverage() {
        for (cash, exposure) in [(-4.0, 5.0), (6.0, -5.0)] {
            let x: f64 = Deleverage::price_of(8.0, cash, exposure).unwrap();
            assert!((f64::abs(exposure) * x / (cash + exposure * x) - 8.0).abs() < 1e-12);
        }
        assert_eq!(Deleverage::price_of(8.0, 0.5, 0.5), None);
    }
}
