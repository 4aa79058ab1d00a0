//! What a miner's tables show in place of those of a position.

use crate::result::{LevelResult, MinerResult, RunResult};

use super::columns::{Column, RETURNS};
use super::number;

/// What the columns mean.
pub const LEGEND: &str = "Intervals are at 95 %. Returns and bad debt are fractions of the equity. Default: wound up because a bill or an \
     instalment could not be paid; time to it: to the first loss of machines or pledged coins. Days under water: more owed on the \
     machines than they sell for.";

/// Debt and how likely it ends badly; coins only where any are pledged.
const DEFAULT: [Column; 6] = [
    Column {
        head: ["Loan to", "value"],
        cell: |level| of(level, |miner| number::percent(miner.start.loan_to_value, None)),
    },
    Column {
        head: ["Break-even", "hashprice"],
        cell: |level| of(level, |miner| format!("{:.2}", miner.start.break_even_hashprice_with_debt)),
    },
    Column {
        head: ["Probability", "of default"],
        cell: |level| of(level, |miner| number::probability(&miner.default_probability).0),
    },
    Column {
        head: ["95 %", "interval"],
        cell: |level| {
            of(level, |miner| number::probability(&miner.default_probability).1.unwrap_or_default())
        },
    },
    Column { head: ["Coins", "liquidated"], cell: coins_liquidated },
    Column {
        head: ["Median", "time to it"],
        cell: |level| {
            let time = level.time_to_liquidation_days;
            time.map_or(number::NOTHING.to_owned(), |time| number::days(time.p50))
        },
    },
];

/// Losses of the lenders, and days under water.
const LOSSES: [Column; 2] = [
    Column {
        head: ["Bad", "debt"],
        cell: |level| number::percent(level.bad_debt.value, Some(level.bad_debt.std_error)),
    },
    Column {
        head: ["Days under", "water"],
        cell: |level| of(level, |miner| format!("{:.1}", miner.underwater_days.value)),
    },
];

/// Returns that are shown: mean, error, quantiles.
const SHOWN_RETURNS: usize = 5;

/// The columns of debt and default, and those of returns; none without a miner.
pub fn columns(levels: &[LevelResult]) -> Option<(Vec<&'static Column>, Vec<&'static Column>)> {
    levels.first()?.miner.as_ref()?;
    let is_shown = |column: &&Column| levels.iter().any(|level| (column.cell)(level) != number::NOTHING);
    let first = DEFAULT.iter().filter(is_shown).collect();
    Some((first, RETURNS[..SHOWN_RETURNS].iter().chain(&LOSSES).collect()))
}

/// Hashprice now and at the horizon, and the share of days off; none without a miner.
pub fn network_line(result: &RunResult) -> Option<String> {
    let network = result.network.as_ref()?;
    let at = |key: &str| network.hashprice_at_horizon.get(key).map_or(f64::NAN, |estimate| estimate.value);
    Some(format!(
        "Hashprice {:.2} now, at the horizon {:.2} (5 %), {:.2} (50 %), {:.2} (95 %) per PH/s and day · machines off on {} of the days",
        network.hashprice_at_start,
        at("0.05"),
        at("0.5"),
        at("0.95"),
        number::percent(network.curtailed_share.value, Some(network.curtailed_share.std_error))
    ))
}

fn of(level: &LevelResult, text: impl Fn(&MinerResult) -> String) -> String {
    level.miner.as_deref().map_or(number::NOTHING.to_owned(), text)
}

fn coins_liquidated(level: &LevelResult) -> String {
    // Where none are pledged there is no price at which they are sold.
    if level.liquidation_price.is_none() {
        return number::NOTHING.to_owned();
    }
    of(level, |miner| number::probability(&miner.coin_liquidation_probability).0)
}
