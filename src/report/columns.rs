//! The columns of the tables for people: what a level shows, and under which head.

use std::collections::BTreeMap;

use crate::engine::LevelResult;
use crate::stats::Estimate;

use super::number;

/// A column: the two lines of its head, and the cell of a level.
pub struct Column {
    /// What it is, and of which kind.
    pub head: [&'static str; 2],
    /// The text of a level.
    pub cell: fn(&LevelResult) -> String,
}

/// What tells the rows apart.
pub const LEVERAGE: Column =
    Column { head: ["", "Leverage"], cell: |level| number::leverage(level.leverage) };

/// Where, how likely and when.
pub const LIQUIDATION: [Column; 4] = [
    Column { head: ["Liquidation", "price"], cell: |level| number::price(level.liquidation_price) },
    Column {
        head: ["Probability of", "liquidation"],
        cell: |level| number::probability(&level.liquidation_probability).0,
    },
    Column {
        head: ["95 %", "interval"],
        cell: |level| number::probability(&level.liquidation_probability).1.unwrap_or_default(),
    },
    Column { head: ["Median", "time to it"], cell: median_time },
];

/// Returns on the collateral, and the losses that are in every table.
pub const RETURNS: [Column; 7] = [
    Column { head: ["Mean", "return"], cell: mean_return },
    Column {
        head: ["standard", "error"],
        cell: |level| number::plus_minus(level.mean_return.std_error).unwrap_or_default(),
    },
    Column { head: ["Return", "5 %"], cell: |level| quantile(level, "0.05") },
    Column { head: ["Return", "50 %"], cell: |level| quantile(level, "0.5") },
    Column { head: ["Return", "95 %"], cell: |level| quantile(level, "0.95") },
    Column { head: ["VaR", "95 %"], cell: |level| loss(&level.value_at_risk, "0.95") },
    Column { head: ["ES", "95 %"], cell: |level| loss(&level.expected_shortfall, "0.95") },
];

/// Losses that are shown where there is room.
pub const TAIL: [Column; 2] = [
    Column { head: ["VaR", "99 %"], cell: |level| loss(&level.value_at_risk, "0.99") },
    Column { head: ["ES", "99 %"], cell: |level| loss(&level.expected_shortfall, "0.99") },
];

fn median_time(level: &LevelResult) -> String {
    level.time_to_liquidation_days.map_or(number::NOTHING.to_owned(), |time| number::days(time.p50))
}

fn mean_return(level: &LevelResult) -> String {
    number::percent(level.mean_return.value, Some(level.mean_return.std_error))
}

fn quantile(level: &LevelResult, probability: &str) -> String {
    let value = level.returns.quantiles.get(probability);
    value.map_or(number::NOTHING.to_owned(), |value| number::percent(*value, None))
}

fn loss(estimates: &BTreeMap<String, Estimate>, probability: &str) -> String {
    let estimate = estimates.get(probability);
    estimate.map_or(number::NOTHING.to_owned(), |loss| number::percent(loss.value, Some(loss.std_error)))
}
