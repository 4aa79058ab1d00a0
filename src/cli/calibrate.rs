//! `calibrate`: fit models to recorded prices and write a ready scenario.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use liqsim::calibrate::{Drift, Garch, Provenance, Sample, Target, calibrate, range_volatilities, scenario};
use liqsim::market::{Duration, HistoryReport, PriceHistory, parse_time};
use liqsim::report::CalibrationReport;

use super::failure::{error_with_help, warn};
use super::output::{print, terminal_layout, write_file};

const SECONDS_PER_DAY: i64 = 86_400;

/// Fit price models to recorded prices and write a ready scenario
///
/// Reads OHLCV or close-only CSV (plain or gzip; usual header names, or a Binance kline dump without header; times since
/// 1970 or ISO 8601), reports what is wrong with it, fits, and tests the fits.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim calibrate btc_usdt_1h.csv.gz -o btc.toml && liqsim run btc.toml\n  \
                  liqsim calibrate btc_usdt_1h.csv.gz --model garch --since 2023-01-01 --interval 1d\n  \
                  liqsim calibrate btc_usdt_1h.csv.gz --describe"
)]
pub struct Calibrate {
    /// Prices (CSV, plain or gzip); "-" is standard input
    #[arg(value_name = "PRICES")]
    prices: PathBuf,

    /// Model to fit; auto fits all that suit and chooses by the Bayesian information criterion
    #[arg(long, value_enum, default_value = "auto")]
    model: ModelChoice,

    /// How merton is fitted: from detected jumps, which keeps tails over days, or by maximum likelihood of single returns
    #[arg(long, value_enum, default_value = "jumps")]
    estimator: Estimator,

    /// First day or time to use (UTC), such as 2023-01-01
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<i64>,

    /// Last day to use, whole, or the time (UTC) before which bars must start
    #[arg(long, value_name = "TIME", value_parser = until)]
    until: Option<i64>,

    /// Join bars into longer ones, such as 1d
    #[arg(long, value_name = "DURATION")]
    interval: Option<Duration>,

    /// Drift of the scenario: none, or the sample's growth
    #[arg(long, value_enum, default_value = "zero")]
    drift: DriftChoice,

    /// Show volatility by range-based estimators; fits nothing unless a model or a scenario is asked for
    #[arg(long)]
    describe: bool,

    /// Write a scenario with the chosen model; "-" is standard output, in place of the table
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Format on standard output
    #[arg(long, value_enum, default_value = "table")]
    format: CalibrationFormat,
}

/// Models, as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelChoice {
    /// All that suit
    Auto,
    /// Geometric Brownian motion
    Gbm,
    /// Normal jumps
    Merton,
    /// Double-exponential jumps
    Kou,
    /// GARCH(1,1), Student-t innovations
    Garch,
    /// GARCH(1,1), normal innovations
    GarchNormal,
    /// Asymmetric GARCH(1,1), Student-t innovations
    Gjr,
    /// Asymmetric GARCH(1,1), normal innovations
    GjrNormal,
    /// Stochastic variance
    Heston,
    /// Stochastic variance and normal jumps
    Bates,
    /// Two regimes of volatility
    Regime,
    /// Self-exciting jumps
    Hawkes,
}

/// Estimators of merton.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Estimator {
    /// Detected jumps
    Jumps,
    /// Maximum likelihood
    Mle,
}

/// What to do about the drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DriftChoice {
    /// No view
    Zero,
    /// The sample's growth
    Estimate,
}

/// Formats of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CalibrationFormat {
    /// Text for people
    Table,
    /// One object
    Json,
}

impl Calibrate {
    /// Reads, fits, writes the scenario, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let (history, report) = self.history()?;
        let provenance = Provenance::of(report, &history).ok_or_else(|| {
            error_with_help("no bars are left between --since and --until", "choose a wider range")
        })?;
        let ranges = self.describe.then(|| range_volatilities(&history));
        // --describe alone only describes.
        let fits = !self.describe || self.output.is_some() || self.model != ModelChoice::Auto;
        let calibration = if fits { Some(self.fit(&history)?) } else { None };
        if let (Some(path), Some(calibration)) = (&self.output, &calibration) {
            let drift = match self.drift {
                DriftChoice::Zero => Drift::Zero,
                DriftChoice::Estimate => Drift::Estimate,
            };
            let chosen = &calibration.candidates[calibration.chosen];
            let text = scenario(calibration, chosen, &provenance, drift);
            if path.as_os_str() == "-" {
                for warning in chosen.warnings() {
                    warn(warning);
                }
                return print(&text);
            }
            write_file(path, &text)?;
        }
        let report = CalibrationReport {
            provenance: &provenance,
            calibration: calibration.as_ref(),
            ranges: ranges.as_deref(),
        };
        match self.format {
            CalibrationFormat::Json => print(&report.json()?),
            CalibrationFormat::Table => {
                let next = match &self.output {
                    Some(path) => format!("\nWrote {0}. Next:\n  liqsim run {0}\n", path.display()),
                    None => String::new(),
                };
                print(&(report.table(terminal_layout()) + &next))
            }
        }
    }

    /// The part of the file that is to be used, at the interval asked for.
    fn history(&self) -> anyhow::Result<(PriceHistory, HistoryReport)> {
        let (whole, mut report) = PriceHistory::read(&self.prices)?;
        let mut history = whole.between(self.since, self.until);
        report.issues.retain(|issue| {
            issue.line.is_some() && issue.time == 0
                || self.since.is_none_or(|since| issue.time >= since)
                    && self.until.is_none_or(|until| issue.time < until)
        });
        if let Some(interval) = self.interval {
            let (joined, issues) = history.resample(interval)?;
            history = joined;
            report.issues.extend(issues);
        }
        Ok((history, report))
    }

    fn fit(&self, history: &PriceHistory) -> anyhow::Result<liqsim::calibrate::Calibration> {
        let sample = Sample::of(history)
            .map_err(|error| error_with_help(error, "use a longer range or a shorter --interval"))?;
        let targets = self.targets();
        calibrate(sample, &targets).map_err(|failures| {
            let reasons: Vec<String> =
                failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
            error_with_help(format_args!("cannot fit {}", reasons.join("; ")), "try --model auto")
        })
    }

    fn targets(&self) -> Vec<Target> {
        let garch = |student, asymmetric| Target::Garch(Garch { student, asymmetric });
        vec![match (self.model, self.estimator) {
            (ModelChoice::Auto, _) => return Target::ALL.to_vec(),
            (ModelChoice::Gbm, _) => Target::Gbm,
            (ModelChoice::Merton, Estimator::Jumps) => Target::MertonJumps,
            (ModelChoice::Merton, Estimator::Mle) => Target::Merton,
            (ModelChoice::Kou, _) => Target::Kou,
            (ModelChoice::Garch, _) => garch(true, false),
            (ModelChoice::GarchNormal, _) => garch(false, false),
            (ModelChoice::Gjr, _) => garch(true, true),
            (ModelChoice::GjrNormal, _) => garch(false, true),
            (ModelChoice::Heston, _) => Target::Heston,
            (ModelChoice::Bates, _) => Target::Bates,
            (ModelChoice::Regime, _) => Target::Regime,
            (ModelChoice::Hawkes, _) => Target::Hawkes,
        }]
    }
}

/// The start of the time in text.
fn since(text: &str) -> Result<i64, String> {
    parse_time(text)
        .ok_or_else(|| "must be a day or a time, such as 2023-01-01 or 2023-01-01T12:00:00Z".to_owned())
}

/// The end of the day in text, or the time.
fn until(text: &str) -> Result<i64, String> {
    let time = since(text)?;
    let is_day = !text.contains([':', 'T']) && text.contains('-');
    Ok(if is_day { time + SECONDS_PER_DAY } else { time })
}
