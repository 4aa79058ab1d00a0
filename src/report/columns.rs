//! The columns of the tables for people: what a level shows, and under which head.

use std::collections::BTreeMap;

use crate::result::LevelResult;
use crate::stats::Estimate;

use super::number;
use super::table::Table;
use crate::study::figures;

/// A column: the two lines of its head, and the cell of a level.
pub struct Column {
    /// What it is, and of which kind.
    pub head: [&'static str; 2],
    /// The text of a level.
    pub cell: fn(&LevelResult) -> String,
}

/// The leverage in front of these columns, a row per level.
pub fn table<'a>(columns: impl Iterator<Item = &'a Column>, levels: &[LevelResult]) -> Table {
    let columns: Vec<_> = std::iter::once(&LEVERAGE).chain(columns).collect();
    let row = |level| columns.iter().map(move |column| (column.cell)(level));
    Table::of_texts(columns.iter().map(|column| column.head.join("\n")), levels.iter().map(row))
}

/// What tells the rows apart.
const LEVERAGE: Column = Column { head: ["", "Leverage"], cell: |level| number::leverage(level.leverage) };

/// Where, how likely and when.
const LIQUIDATION: [Column; 4] = [
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

/// The same with the errors of the parameters.
const WITH_PARAMETERS: Column = Column {
    head: ["interval with", "parameters"],
    cell: |level| {
        let Estimate { low_with_parameters, high_with_parameters, .. } = level.liquidation_probability;
        let Some((low, high)) = low_with_parameters.zip(high_with_parameters) else {
            return number::NOTHING.to_owned();
        };
        let wide = Estimate { low, high, ..level.liquidation_probability };
        number::probability(&wide).1.unwrap_or_default()
    },
};

/// What the second interval means.
pub const PARAMETERS_LEGEND: &str = "Interval with parameters: at 95 %, sampling and the errors of the fitted parameters together, if the \
     future resembles the window of the fit; the other one is of sampling alone.";

/// Whether any level has a second interval.
pub fn have_parameters(levels: &[LevelResult]) -> bool {
    levels.iter().any(|level| level.liquidation_probability.high_with_parameters.is_some())
}

/// Where, how likely and when; with the second interval where there is one.
pub fn liquidation(levels: &[LevelResult]) -> Vec<&'static Column> {
    let mut columns: Vec<&Column> = LIQUIDATION.iter().collect();
    if have_parameters(levels) {
        columns.insert(3, &WITH_PARAMETERS);
    }
    columns
}

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

/// What fits 80 columns: where, how likely, and the returns, one unit a column.
const NARROW: [Column; 9] = [
    Column { head: ["Liquidation", "price"], cell: |level| number::price(level.liquidation_price) },
    Column {
        head: ["Liquidated", "%"],
        cell: |level| in_percent(&figures::probability(&level.liquidation_probability)),
    },
    Column {
        head: ["95 % interval", "%"],
        cell: |level| in_percent(&figures::interval(&level.liquidation_probability).unwrap_or_default()),
    },
    Column {
        head: ["with para-", "meters %"],
        cell: |level| {
            let interval = figures::interval_with_parameters(&level.liquidation_probability);
            in_percent(&interval.unwrap_or_else(|| number::NOTHING.to_owned()))
        },
    },
    Column { head: ["Stopped", "%"], cell: stopped },
    Column { head: ["Return", "mean %"], cell: |level| in_percent(&mean_return(level)) },
    Column { head: ["1 in 20", "worse %"], cell: |level| in_percent(&quantile(level, "0.05")) },
    Column { head: ["median", "%"], cell: |level| in_percent(&quantile(level, "0.5")) },
    Column { head: ["1 in 20", "better %"], cell: |level| in_percent(&quantile(level, "0.95")) },
];

/// What a ranking shows of a level: how likely liquidation is, and what the returns are.
pub fn ranked() -> impl Iterator<Item = &'static Column> {
    NARROW.iter().skip(1).filter(|column| !["Stopped", "with para-"].contains(&column.head[0]))
}

/// The columns of the narrow table: without those that say nothing at any level.
pub fn narrow(levels: &[LevelResult]) -> Vec<&'static Column> {
    let is_shown = |column: &&Column| levels.iter().any(|level| (column.cell)(level) != number::NOTHING);
    NARROW.iter().filter(is_shown).collect()
}

/// Without the unit that stands in the head.
fn in_percent(text: &str) -> String {
    text.strip_suffix(" %").unwrap_or(text).to_owned()
}

/// How often a stop closes the position, where there is one.
fn stopped(level: &LevelResult) -> String {
    level
        .exits
        .get("stopped")
        .map_or(number::NOTHING.to_owned(), |stopped| in_percent(&figures::probability(stopped)))
}

/// What an account pays on its way and how it ends; each is shown where any level has it.
const ACCOUNT: [Column; 15] = [
    Column { head: ["Fees", "mean"], cell: |level| cost(level, "fees") },
    Column { head: ["Funding", "mean"], cell: |level| cost(level, "funding") },
    Column { head: ["Interest", "mean"], cell: |level| cost(level, "interest") },
    Column { head: ["Slippage", "mean"], cell: |level| cost(level, "slippage") },
    Column { head: ["Kept at", "liquidation"], cell: |level| cost(level, "liquidation") },
    Column { head: ["Options", "mean"], cell: |level| cost(level, "options") },
    Column { head: ["Margin", "call"], cell: called },
    Column { head: ["Called", "mean"], cell: money_called },
    Column { head: ["Stopped", ""], cell: |level| exit(level, "stopped") },
    Column { head: ["Target", "reached"], cell: |level| exit(level, "target") },
    Column { head: ["Closed", "on call"], cell: |level| exit(level, "called") },
    Column { head: ["Time", "over"], cell: |level| exit(level, "expired") },
    Column {
        head: ["Liquidated", "in part"],
        cell: |level| {
            level
                .partial_liquidations
                .map_or(number::NOTHING.to_owned(), |partial| number::probability(&partial.probability).0)
        },
    },
    Column { head: ["Drawdown", "50 %"], cell: |level| drawdown(level, "0.5") },
    Column { head: ["Drawdown", "95 %"], cell: |level| drawdown(level, "0.95") },
];

/// The columns of accounts that are followed step by step; empty where nothing but the price moves them.
pub fn account(levels: &[LevelResult]) -> Vec<&'static Column> {
    let is_shown = |column: &&Column| levels.iter().any(|level| (column.cell)(level) != number::NOTHING);
    ACCOUNT.iter().filter(is_shown).collect()
}

fn cost(level: &LevelResult, kind: &str) -> String {
    let stats = level.costs.as_ref().and_then(|costs| costs.get(kind));
    // Sums of money are kept to 1e-9; less is rounding.
    stats.filter(|stats| stats.mean.value.abs() >= 1e-12).map_or(number::NOTHING.to_owned(), |stats| {
        number::percent(stats.mean.value, Some(stats.mean.std_error))
    })
}

fn called(level: &LevelResult) -> String {
    level.margin_calls.map_or(number::NOTHING.to_owned(), |calls| number::probability(&calls.probability).0)
}

fn money_called(level: &LevelResult) -> String {
    let money = level.margin_calls.map(|calls| calls.money).filter(|money| money.value > 0.0);
    money.map_or(number::NOTHING.to_owned(), |money| number::percent(money.value, Some(money.std_error)))
}

/// Exits other than the horizon and liquidation, where there is an owner who acts.
fn exit(level: &LevelResult, name: &str) -> String {
    let estimate = level.exits.get(name);
    estimate.map_or(number::NOTHING.to_owned(), |estimate| number::probability(estimate).0)
}

fn drawdown(level: &LevelResult, probability: &str) -> String {
    level.max_drawdown.as_ref().map_or(number::NOTHING.to_owned(), |drawdown| loss(drawdown, probability))
}

fn median_time(level: &LevelResult) -> String {
    level.time_to_liquidation_days.map_or(number::NOTHING.to_owned(), |time| number::days(time.p50))
}

fn mean_return(level: &LevelResult) -> String {
    // A ten-thousandth of a per cent is as much as anybody reads; what has no error has no digits to spare.
    let error =
        Some(level.mean_return.std_error).map(|error| if error > 0.0 { error.max(1e-6) } else { error });
    number::percent(level.mean_return.value, error)
}

fn quantile(level: &LevelResult, probability: &str) -> String {
    let value = level.returns.quantiles.get(probability);
    value.map_or(number::NOTHING.to_owned(), |value| number::percent(*value, None))
}

fn loss(estimates: &BTreeMap<String, Estimate>, probability: &str) -> String {
    let shown = |loss: &Estimate| {
        // Bins are within this of what is left.
        let resolution = 5e-4 * (1.0 - loss.value).max(0.0);
        number::percent(loss.value, Some(loss.std_error.max(resolution)))
    };
    estimates.get(probability).map_or(number::NOTHING.to_owned(), shown)
}
