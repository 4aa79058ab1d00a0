//! The dynamics of the daily variance (`har`), estimated from hourly bars: numbers, what is known at the last bar, and past days to draw from.

use serde_json::{Value, json};

use crate::market::{PriceHistory, format_time};
use crate::model::{Days, EstimateError, HAR_COEFFICIENTS, Har, HarEstimate, Season, VarianceState};
use crate::numeric::{elementary, exp};

use super::errors;
use super::fit::Covariance;
use super::provenance::Provenance;
use super::scenario::{frame, item, number};
use super::terms::{Drift, Terms};

const DAYS_PER_YEAR: f64 = 365.0;

/// What was estimated from a history.
#[derive(Debug, Clone)]
pub struct HarCalibration {
    /// Coefficients with their errors, season and shocks.
    pub estimate: HarEstimate,
    /// What is known at the last bar.
    pub state: VarianceState,
    /// The past days.
    days: Days,
    /// Mean seasonal factor of each of the seven days behind the last bar.
    ahead: [f64; 7],
    /// Mean log return per year.
    pub log_growth: f64,
}

impl HarCalibration {
    /// Estimates from a whole history.
    ///
    /// # Errors
    /// It is too short, or not hourly with lows and highs: see [`EstimateError`].
    pub fn of(history: &PriceHistory) -> Result<Self, EstimateError> {
        let (hours, estimate, state) = HarEstimate::of_history(history)?;
        let days = Har::days_of(&hours, &estimate)?;
        let ahead =
            std::array::from_fn(|day| estimate.season.mean(hours.hour(hours.len()) + 24 * day as i64, 24));
        let close = hours.close();
        let years = close.len() as f64 / (24.0 * DAYS_PER_YEAR);
        let log_growth = (close[close.len() - 1] - close[0]) / years;
        Ok(Self { estimate, state, days, ahead, log_growth })
    }

    /// The file of the days.
    pub fn days(&self) -> String {
        self.days.to_csv()
    }

    /// Each coefficient with its name and its standard error.
    pub fn coefficients(&self) -> impl Iterator<Item = (&'static str, f64, f64)> {
        let HarEstimate { coefficients, covariance, .. } = &self.estimate;
        (0..HAR_COEFFICIENTS.len()).map(|index| {
            (HAR_COEFFICIENTS[index], coefficients[index], covariance[index][index].max(0.0).sqrt())
        })
    }

    /// Volatility per square root of a year over stretches that end with the last bar, and that of the next day: what ranges of hours
    /// show, without season.
    pub fn volatilities(&self) -> [(&'static str, f64); 6] {
        let yearly = |log_variance: f64| (DAYS_PER_YEAR * exp(log_variance)).sqrt();
        let state = &self.state;
        let next: f64 = self.estimate.coefficients.iter().zip(state.regressors()).map(|(b, x)| b * x).sum();
        [
            ("6h", yearly(state.days[0] + state.short)),
            ("1d", yearly(state.days[0])),
            ("7d", yearly(state.mean(7))),
            ("30d", yearly(state.mean(30))),
            ("90d", yearly(state.mean(90))),
            ("next day", yearly(next)),
        ]
    }

    /// The season of the variance.
    pub fn season(&self) -> &Season {
        &self.estimate.season
    }

    /// The scenario; `days` is the name of the file of days beside it.
    pub fn scenario(&self, provenance: &Provenance, terms: &Terms, days: &str) -> String {
        let report = &provenance.report;
        let mut lines = vec![
            format!("# Fitted by `liqsim calibrate {} --model har`.", provenance.file_name()),
            "#".to_owned(),
            "# Where the model's numbers come from".to_owned(),
        ];
        item(
            &mut lines,
            "Data",
            &format!(
                "{}: {} rows, BLAKE3 {}. Used: {} bars of {} from {} to {} (start of the last bar, UTC).",
                provenance.file_name(),
                report.rows,
                &report.hash[..report.hash.len().min(16)],
                provenance.bars,
                provenance.interval,
                format_time(provenance.range.0),
                format_time(provenance.range.1),
            ),
        );
        if !report.decisions.is_empty() {
            item(&mut lines, "Read as", &format!("{}.", report.decisions.join("; ")));
        }
        let errors: Vec<String> = self
            .coefficients()
            .map(|(name, value, error)| format!("{name} {} ± {}", number(value, 3), number(error, 2)))
            .collect();
        item(
            &mut lines,
            "Estimator",
            "weighted least squares on blocks of 24 hours every 6 hours, half-life four years; errors from scores summed over 5 days.",
        );
        item(&mut lines, "Errors", &format!("{}.", errors.join(", ")));
        item(
            &mut lines,
            "Fit",
            &format!(
                "R² {:.3}; standard deviation of the shocks {:.3}; {} past days in {days}.",
                self.estimate.r_squared,
                self.estimate.shock_std_dev,
                self.days.days().len()
            ),
        );
        let volatilities: Vec<String> = self
            .volatilities()
            .iter()
            .map(|(name, volatility)| format!("{name} {:.0} %", 100.0 * volatility))
            .collect();
        item(
            &mut lines,
            "State",
            &format!("volatility a year over the last {} (forecast).", volatilities.join(", ")),
        );
        if !terms.assumed.is_empty() {
            item(&mut lines, "Assumed", &format!("{}.", terms.assumed.join("; ")));
        }
        lines.push(String::new());
        let covariance = Covariance {
            keys: HAR_COEFFICIENTS.to_vec(),
            matrix: self.estimate.covariance.iter().map(|row| row.to_vec()).collect(),
        };
        let model = self.model(terms.drift, days) + &errors::errors(Some(&covariance), &terms.asset);
        frame(&lines.join("\n"), "har", &model, provenance.last_close, terms)
    }

    /// The model's table without its head.
    fn model(&self, drift: Drift, days: &str) -> String {
        let list = |values: &[f64], digits: usize| {
            values.iter().map(|value| number(*value, digits)).collect::<Vec<_>>().join(", ")
        };
        let mut text = format!("kind = \"har\"\ndays = {}\n", Value::from(days));
        for (name, value, _) in self.coefficients() {
            text += &format!("{name} = {}\n", number(value, 9));
        }
        text += "# Log-variances of the last 90 days, the latest first.\nstate = [\n";
        for row in self.state.days.chunks(10) {
            text += &format!("    {},\n", list(row, 8));
        }
        text += &format!("]\nshort = {}\n", number(self.state.short, 8));
        text += &format!(
            "# Mean seasonal factor of each of the next seven days.\nseason = [{}]\n",
            list(&self.ahead, 8)
        );
        if drift == Drift::Estimate {
            text += &format!("log_drift = {}\n", number(self.log_growth, 3));
        }
        text
    }

    /// One object with everything.
    pub fn json(&self) -> Value {
        let coefficients: serde_json::Map<String, Value> = self
            .coefficients()
            .map(|(name, value, error)| (name.to_owned(), json!({ "value": value, "std_error": error })))
            .collect();
        let volatilities: serde_json::Map<String, Value> = self
            .volatilities()
            .iter()
            .map(|(name, volatility)| (name.replace(' ', "_"), json!(volatility)))
            .collect();
        json!({
            "coefficients": coefficients,
            "covariance": self.estimate.covariance,
            "r_squared": self.estimate.r_squared,
            "shock_std_dev": self.estimate.shock_std_dev,
            "days": self.days.days().len(),
            "volatility": volatilities,
            "season": self.estimate.season,
        })
    }
}

/// Factors as a row of bars, from the smallest to the largest.
pub fn bars(factors: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let logs: Vec<f64> = factors.iter().map(|factor| elementary::ln(*factor)).collect();
    let (low, high) = logs.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let step = (high - low).max(1e-9) / BARS.len() as f64;
    logs.iter().map(|x| BARS[(((x - low) / step) as usize).min(BARS.len() - 1)]).collect()
}
