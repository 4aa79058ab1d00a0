//! What the owner's policies may be: ranges that the file format and values put together in code share.

use super::{
    AddMargin, Deleverage, ExitAfter, MarginCall, Occasion, Policy, ProtectivePut, StopLoss, TakeProfit,
    TrailingStop, Trigger,
};
use crate::market::Duration;
use crate::numeric::Range;

/// Distances from a price: less than all of it.
pub const DISTANCE: Range = Range::above(0.0).at_most(0.99);
/// How much worse a fill is, as a fraction of the price.
pub const SLIPPAGE: Range = Range::at_least(0.0).at_most(0.5);
/// Equity over maintenance margin.
pub const MARGIN_LEVEL: Range = Range::above(1.0).at_most(1_000.0);
/// Notional over equity.
pub const LEVERAGE: Range = Range::above(0.0).at_most(1_000.0);
/// Losses as shares of the margin.
pub const LOSS: Range = Range::above(0.0).at_most(1.0);
/// Gains as shares of the margin.
pub const GAIN: Range = Range::above(0.0).at_most(1_000.0);
/// Strikes over the entry price.
pub const STRIKE: Range = Range::at_least(0.01).at_most(10.0);
/// Implied volatilities per square root of a year.
pub const IMPLIED_VOLATILITY: Range = Range::above(0.0).at_most(10.0);

/// A policy that nobody can follow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A number outside its range.
    #[error("`{key}` must be {range}, but is {value}")]
    OutOfRange {
        /// Key of the number, as scenario files write it.
        key: &'static str,
        /// What it may be.
        range: Range,
        /// What it is.
        value: f64,
    },
    /// Time between actions, or until one, without length.
    #[error("`{0}` must be longer than 0")]
    NoLength(&'static str),
    /// A call whose answer does not restore more than the level that it comes at.
    #[error("`margin_call.target` must be above `margin_call.level` {level}, but is {target}")]
    Target {
        /// Level that the call comes at.
        level: f64,
        /// Level that the answer restores.
        target: f64,
    },
    /// A leverage that is brought back to one not below it.
    #[error("`deleverage.above` must be above `deleverage.target` {target}, but is {above}")]
    Above {
        /// Leverage to come back to.
        target: f64,
        /// Leverage that is too much.
        above: f64,
    },
}

fn within(key: &'static str, range: Range, value: f64) -> Result<(), PolicyError> {
    if range.contains(value) { Ok(()) } else { Err(PolicyError::OutOfRange { key, range, value }) }
}

fn has_length(key: &'static str, duration: Duration) -> Result<(), PolicyError> {
    if duration.seconds() > 0 { Ok(()) } else { Err(PolicyError::NoLength(key)) }
}

impl Policy {
    /// The same, if it can be followed.
    ///
    /// # Errors
    /// The first value that cannot be, with its range.
    pub fn checked(self) -> Result<Self, PolicyError> {
        self.check()?;
        Ok(self)
    }

    /// Whether it can be followed.
    ///
    /// # Errors
    /// The first value that cannot be, with its range.
    pub fn check(&self) -> Result<(), PolicyError> {
        let Self {
            stop_loss,
            take_profit,
            trailing_stop,
            exit_after,
            margin_call,
            deleverage,
            add_margin,
            protective_put,
        } = self;
        if let Some(StopLoss { at, slippage }) = stop_loss {
            at.check(["stop_loss.distance", "stop_loss.price", "stop_loss.loss"], LOSS)?;
            within("stop_loss.slippage", SLIPPAGE, *slippage)?;
        }
        if let Some(TakeProfit { at }) = take_profit {
            at.check(["take_profit.distance", "take_profit.price", "take_profit.gain"], GAIN)?;
        }
        if let Some(TrailingStop { distance, slippage }) = trailing_stop {
            within("trailing_stop.distance", DISTANCE, *distance)?;
            within("trailing_stop.slippage", SLIPPAGE, *slippage)?;
        }
        if let Some(ExitAfter { time }) = exit_after {
            has_length("exit_after", *time)?;
        }
        if let Some(MarginCall { level, target, reserve, .. }) = margin_call {
            within("margin_call.level", MARGIN_LEVEL, *level)?;
            within("margin_call.target", MARGIN_LEVEL, *target)?;
            within("margin_call.reserve", Range::at_least(0.0).at_most(f64::MAX), *reserve)?;
            if target <= level {
                return Err(PolicyError::Target { level: *level, target: *target });
            }
        }
        if let Some(Deleverage { target, on }) = deleverage {
            within("deleverage.target", LEVERAGE, *target)?;
            match on {
                Occasion::Every(every) => has_length("deleverage.every", *every)?,
                Occasion::Above(above) => {
                    within("deleverage.above", LEVERAGE, *above)?;
                    if above <= target {
                        return Err(PolicyError::Above { target: *target, above: *above });
                    }
                }
            }
        }
        if let Some(AddMargin { amount, every }) = add_margin {
            within("add_margin.amount", Range::above(0.0).at_most(f64::MAX), *amount)?;
            has_length("add_margin.every", *every)?;
        }
        if let Some(ProtectivePut { strike, expiry, implied_volatility }) = protective_put {
            within("protective_put.strike", STRIKE, *strike)?;
            has_length("protective_put.expiry", *expiry)?;
            within("protective_put.implied_volatility", IMPLIED_VOLATILITY, *implied_volatility)?;
        }
        Ok(())
    }
}

impl Trigger {
    /// By the names of a distance, a price and a share of the margin, and the range of the last.
    fn check(self, [distance, price, share]: [&'static str; 3], range: Range) -> Result<(), PolicyError> {
        match self {
            Self::Distance(value) => within(distance, DISTANCE, value),
            Self::Price(ratio) => within(price, Range::above(0.0).at_most(f64::MAX), ratio),
            Self::Share(value) => within(share, range, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_refused_with_its_key_and_its_range() {
        let none = Policy::default();
        assert_eq!(none.check(), Ok(()));
        let (no_time, day) = (Duration::from_seconds(0), Duration::from_seconds(86_400));
        let stop = |at, slippage| Policy { stop_loss: Some(StopLoss { at, slippage }), ..none };
        let call = |level, target, reserve| {
            let call = MarginCall { level, delay: no_time, target, reserve, close: false };
            Policy { margin_call: Some(call), ..none }
        };
        let back = |target, on| Policy { deleverage: Some(Deleverage { target, on }), ..none };
        let put = |strike, expiry, implied_volatility| Policy {
            protective_put: Some(ProtectivePut { strike, expiry, implied_volatility }),
            ..none
        };
        assert_eq!(stop(Trigger::Distance(0.08), 0.001).check(), Ok(()));
        assert_eq!(call(1.5, 2.0, 0.5).check(), Ok(()));
        assert_eq!(back(5.0, Occasion::Above(8.0)).check(), Ok(()));
        for (policy, message) in [
            (
                stop(Trigger::Distance(1.0), 0.0),
                "`stop_loss.distance` must be greater than 0 and at most 0.99, but is 1",
            ),
            (
                stop(Trigger::Share(1.5), 0.0),
                "`stop_loss.loss` must be greater than 0 and at most 1, but is 1.5",
            ),
            (stop(Trigger::Price(f64::NAN), 0.0), "`stop_loss.price` must be greater than 0"),
            (stop(Trigger::Distance(0.1), -0.1), "`stop_loss.slippage` must be at least 0"),
            (
                Policy { take_profit: Some(TakeProfit { at: Trigger::Share(-0.5) }), ..none },
                "`take_profit.gain` must be greater than 0",
            ),
            (
                Policy { trailing_stop: Some(TrailingStop { distance: 0.0, slippage: 0.0 }), ..none },
                "`trailing_stop.distance` must be greater than 0",
            ),
            (
                Policy { exit_after: Some(ExitAfter { time: no_time }), ..none },
                "`exit_after` must be longer than 0",
            ),
            (call(1.0, 2.0, 0.0), "`margin_call.level` must be greater than 1"),
            (call(2.0, 1.5, 0.0), "`margin_call.target` must be above `margin_call.level` 2, but is 1.5"),
            (call(1.5, 2.0, f64::INFINITY), "`margin_call.reserve` must be at least 0"),
            (back(0.0, Occasion::Every(day)), "`deleverage.target` must be greater than 0"),
            (back(5.0, Occasion::Every(no_time)), "`deleverage.every` must be longer than 0"),
            (
                back(5.0, Occasion::Above(4.0)),
                "`deleverage.above` must be above `deleverage.target` 5, but is 4",
            ),
            (
                Policy { add_margin: Some(AddMargin { amount: 0.0, every: day }), ..none },
                "`add_margin.amount` must be greater than 0",
            ),
            (put(0.0, day, 0.6), "`protective_put.strike` must be at least 0.01"),
            (put(0.9, no_time, 0.6), "`protective_put.expiry` must be longer than 0"),
            (put(0.9, day, 0.0), "`protective_put.implied_volatility` must be greater than 0"),
        ] {
            let found = policy.checked().unwrap_err().to_string();
            assert!(found.contains(message), "{found:?} does not hold {message:?}");
        }
    }
}
