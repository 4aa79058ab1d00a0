//! CSV: one row per scenario and leverage, flat columns; what does not exist is an empty cell.

use std::collections::BTreeMap;

use crate::engine::{LevelResult, RunResult, TimeToLiquidation};
use crate::stats::Estimate;

use super::RenderError;

/// The CSV text of the results, with one header.
pub fn render(results: &[RunResult]) -> Result<String, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut header_is_written = false;
    for result in results {
        for level in &result.levels {
            let columns = Columns::of(result, level);
            if !header_is_written {
                writer.write_record(columns.0.iter().map(|(name, _)| name))?;
                header_is_written = true;
            }
            writer.write_record(columns.0.iter().map(|(_, cell)| cell))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Names and cells of one row.
struct Columns(Vec<(String, String)>);

impl Columns {
    fn of(result: &RunResult, level: &LevelResult) -> Self {
        let mut columns = Self(Vec::new());
        columns.text("scenario", &result.scenario);
        columns.text("identity", &result.identity);
        columns.text("seed", &result.seed.to_string());
        columns.text("paths", &result.paths.to_string());
        columns.number("horizon_days", Some(result.horizon_days));
        columns.number("leverage", Some(level.leverage));
        columns.number("liquidation_price", level.liquidation_price);
        columns.number("bankruptcy_price", level.bankruptcy_price);
        columns.estimate("liquidation_probability", &level.liquidation_probability);
        columns.estimate("loss_probability", &level.loss_probability);
        columns.estimate("mean_return", &level.mean_return);
        columns.estimate("bad_debt", &level.bad_debt);
        columns.time(level.time_to_liquidation_days);
        columns.number("return_std_dev", Some(level.returns.std_dev));
        columns.number("return_skewness", level.returns.skewness);
        columns.number("return_kurtosis", level.returns.kurtosis);
        for (probability, value) in &level.returns.quantiles {
            columns.number(&format!("return_{}", percentile(probability)), Some(*value));
        }
        columns.estimates("value_at_risk", &level.value_at_risk);
        columns.estimates("expected_shortfall", &level.expected_shortfall);
        columns.number("kelly_fraction", Some(level.kelly.fraction));
        columns.number("kelly_log_growth", Some(level.kelly.log_growth));
        columns
    }

    fn text(&mut self, name: &str, cell: &str) {
        self.0.push((name.to_owned(), cell.to_owned()));
    }

    fn number(&mut self, name: &str, value: Option<f64>) {
        let cell = value.filter(|value| value.is_finite()).map(|value| value.to_string());
        self.text(name, &cell.unwrap_or_default());
    }

    fn estimate(&mut self, name: &str, estimate: &Estimate) {
        self.number(name, Some(estimate.value));
        self.number(&format!("{name}_std_error"), Some(estimate.std_error));
        self.number(&format!("{name}_low"), Some(estimate.low));
        self.number(&format!("{name}_high"), Some(estimate.high));
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
