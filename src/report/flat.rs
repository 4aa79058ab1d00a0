//! A level of a result as one row of flat, typed columns: what CSV and Parquet write.

use std::collections::BTreeMap;

use crate::result::{LevelResult, MinerResult, RunResult, TimeToLiquidation};
use crate::stats::Estimate;

use super::cell::Cell;
use super::table::Table;

/// One row per result and level.
pub fn table(results: &[RunResult]) -> Table {
    let further = Further::of(results);
    let rows = |result| move |level| row(result, level, further);
    Table::of_rows(results.iter().flat_map(|result| result.levels.iter().map(rows(result))))
}

/// Columns that only some levels have: where any of a table has them, the others' are empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Further {
    /// Those of a miner.
    pub miner: bool,
    /// Those of intervals that count in errors of the parameters.
    pub parameters: bool,
}

impl Further {
    /// What any level of some results has.
    pub fn of(results: &[RunResult]) -> Self {
        let levels = || results.iter().flat_map(|result| &result.levels);
        Self { miner: levels().any(|level| level.miner.is_some()), parameters: levels().any(has_parameters) }
    }
}

fn has_parameters(level: &LevelResult) -> bool {
    level.mean_return.low_with_parameters.is_some()
}

/// Names and cells of a level among others.
pub(super) fn row(result: &RunResult, level: &LevelResult, further: Further) -> Vec<(String, Cell)> {
    let mut row = Row(Vec::new());
    row.add("scenario", Cell::Text(result.scenario.clone()));
    row.add("identity", Cell::Text(result.identity.clone()));
    row.count("seed", result.seed);
    row.count("paths", result.paths);
    row.number("horizon_days", Some(result.horizon_days));
    row.number("leverage", Some(level.leverage));
    row.number("liquidation_price", level.liquidation_price);
    row.number("bankruptcy_price", level.bankruptcy_price);
    row.estimate("liquidation_probability", &level.liquidation_probability);
    row.estimate("loss_probability", &level.loss_probability);
    row.estimate("mean_return", &level.mean_return);
    row.estimate("bad_debt", &level.bad_debt);
    row.time(level.time_to_liquidation_days);
    row.number("return_std_dev", Some(level.returns.std_dev));
    row.number("return_skewness", level.returns.skewness);
    row.number("return_kurtosis", level.returns.kurtosis);
    for (probability, value) in &level.returns.quantiles {
        row.number(&format!("return_{}", percentile(probability)), Some(*value));
    }
    row.estimates("value_at_risk", &level.value_at_risk);
    row.estimates("expected_shortfall", &level.expected_shortfall);
    row.number("kelly_fraction", Some(level.kelly.fraction));
    row.number("kelly_log_growth", Some(level.kelly.log_growth));
    if further.miner {
        row.miner(level.miner.as_deref());
    }
    if further.parameters {
        row.with_parameters("liquidation_probability", &level.liquidation_probability);
        row.with_parameters("loss_probability", &level.loss_probability);
        row.with_parameters("mean_return", &level.mean_return);
        row.with_parameters("bad_debt", &level.bad_debt);
    }
    row.0
}

struct Row(Vec<(String, Cell)>);

impl Row {
    fn add(&mut self, name: &str, cell: Cell) {
        self.0.push((name.to_owned(), cell));
    }

    fn count(&mut self, name: &str, count: u64) {
        self.add(name, Cell::Count(count));
    }

    fn number(&mut self, name: &str, value: Option<f64>) {
        self.add(name, Cell::Number(value.filter(|value| value.is_finite())));
    }

    fn miner(&mut self, miner: Option<&MinerResult>) {
        let start = miner.map(|miner| &miner.start);
        self.known("default_probability", miner.map(|miner| &miner.default_probability));
        self.known("default_on_bills_probability", miner.map(|miner| &miner.default_on_bills_probability));
        self.known("coin_liquidation_probability", miner.map(|miner| &miner.coin_liquidation_probability));
        self.known("margin_call_probability", miner.map(|miner| &miner.margin_call_probability));
        self.known("underwater_days", miner.map(|miner| &miner.underwater_days));
        self.known("coins_mined", miner.map(|miner| &miner.coins_mined));
        self.number("hashrate_ph", start.map(|start| start.hashrate_ph));
        self.number("debt", start.map(|start| start.debt));
        self.number("loan_to_value", start.map(|start| start.loan_to_value));
        self.number("instalment", start.map(|start| start.instalment));
        self.number("coverage", start.and_then(|start| start.coverage));
        self.number(
            "break_even_hashprice_with_debt",
            start.map(|start| start.break_even_hashprice_with_debt),
        );
    }

    fn estimate(&mut self, name: &str, estimate: &Estimate) {
        self.known(name, Some(estimate));
    }

    /// An estimate that may not exist.
    fn known(&mut self, name: &str, estimate: Option<&Estimate>) {
        self.number(name, estimate.map(|estimate| estimate.value));
        self.number(&format!("{name}_std_error"), estimate.map(|estimate| estimate.std_error));
        self.number(&format!("{name}_low"), estimate.map(|estimate| estimate.low));
        self.number(&format!("{name}_high"), estimate.map(|estimate| estimate.high));
    }

    /// The ends of the second interval.
    fn with_parameters(&mut self, name: &str, estimate: &Estimate) {
        self.number(&format!("{name}_low_with_parameters"), estimate.low_with_parameters);
        self.number(&format!("{name}_high_with_parameters"), estimate.high_with_parameters);
    }

    fn estimates(&mut self, name: &str, estimates: &BTreeMap<String, Estimate>) {
        for (probability, estimate) in estimates {
            self.estimate(&format!("{name}_{}", percentile(probability)), estimate);
        }
    }

    fn time(&mut self, time: Option<TimeToLiquidation>) {
        const NAME: &str = "time_to_liquidation_days";
        self.number(&format!("{NAME}_mean"), time.map(|time| time.mean));
        self.number(&format!("{NAME}_std_error"), time.map(|time| time.std_error));
        self.number(&format!("{NAME}_p05"), time.map(|time| time.p05));
        self.number(&format!("{NAME}_p50"), time.map(|time| time.p50));
        self.number(&format!("{NAME}_p95"), time.map(|time| time.p95));
    }
}

/// A probability as the usual suffix of a column: `"0.05"` is `p05`, `"0.5"` is `p50`.
fn percentile(probability: &str) -> String {
    let digits = probability.split_once('.').map_or(probability, |(_, digits)| digits);
    format!("p{digits:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_become_percentiles() {
        for (probability, suffix) in [("0.01", "p01"), ("0.5", "p50"), ("0.95", "p95"), ("0.999", "p999")] {
            assert_eq!(percentile(probability), suffix);
        }
    }
}
