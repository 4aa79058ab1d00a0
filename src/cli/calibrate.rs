//! `calibrate`: fit models to recorded prices and write a ready scenario.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use liqsim::calibrate::{
    Calibration, Choices, Chosen, Drift, Garch, OutOfSample, Provenance, Sample, Target, Terms, calibrate,
    choose, range_volatilities, scenario, start_and_long_run,
};
use liqsim::market::{Duration, HistoryReport, PriceHistory};
use liqsim::report::{CalibrationReport, Format, render_network_table};
use liqsim::scenario::{Source, parse};
use liqsim::venue::Side;

use super::calibrate_har::{Shown, calibrate_har};
use super::calibrate_network::NetworkFiles;
use super::failure::{WrongScenarios, error_with_help, warn};
use super::output::{prepare_file, print, terminal_layout, write_file};
use super::prices::{self, PriceOptions};
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json];

/// Fit price models to recorded prices and write a ready scenario
///
/// Reads bars or closes as exchanges and data sites write them (CSV, JSON, Parquet; see docs/prices.md), reports what is
/// wrong with them, fits, and tests the fits.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim calibrate btc_usdt_1h.csv.gz -o btc.toml && liqsim run btc.toml\n  \
                  liqsim calibrate btc_usdt_1h.csv.gz --model garch --since 2023-01-01 --interval 1d\n  \
                  liqsim calibrate btc_usdt_1h.csv.gz --describe\n  \
                  liqsim calibrate btc_usdt_1h.csv.gz --network network.csv"
)]
pub struct Calibrate {
    /// Prices (CSV, JSON or Parquet, plain or gzip); "-" is standard input
    #[arg(value_name = "PRICES")]
    prices: PathBuf,

    /// Model to fit; auto fits all that suit and chooses by how their forecasts over --horizon came true on this file, or, where it is too short,
    /// by the Bayesian information criterion
    #[arg(long, value_enum, default_value = "auto")]
    model: ModelChoice,

    /// How merton is fitted: from detected jumps, which keeps tails over days, or by maximum likelihood of single returns
    #[arg(long, value_enum, default_value = "jumps")]
    estimator: Estimator,

    #[command(flatten)]
    reading: PriceOptions,

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

    /// Write a page of har: coefficients with errors, volatility at the last bar, the season as a picture; with --model har, or auto where har is chosen
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    #[command(flatten)]
    network: NetworkFiles,

    #[command(flatten)]
    terms: TermOptions,

    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,
}

/// What the scenario of --output takes besides the model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenario of --output")]
struct TermOptions {
    /// Name of the coin; that of the file if absent
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,

    /// Venue of the catalogue, or its file; the coin's on Binance if absent
    #[arg(long, value_name = "VENUE")]
    venue: Option<String>,

    /// Direction
    #[arg(long, value_enum, value_name = "SIDE")]
    side: Option<SideChoice>,

    /// Length of the simulation, and of the forecasts that --model auto chooses by; 30d if absent
    #[arg(long, value_name = "DURATION")]
    horizon: Option<Duration>,

    /// Levels, with commas
    #[arg(long, value_name = "L", value_delimiter = ',', value_parser = values::positive)]
    leverage: Vec<f64>,

    /// Equity in the currency of settlement; worth 1,000 if absent
    #[arg(long, value_name = "AMOUNT", value_parser = values::positive)]
    equity: Option<f64>,
}

/// Directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SideChoice {
    /// Gains as the price rises
    Long,
    /// Gains as the price falls
    Short,
}

impl TermOptions {
    fn choices(&self) -> Choices {
        Choices {
            asset: self.asset.clone(),
            venue: self.venue.clone(),
            side: self.side.map(|side| match side {
                SideChoice::Long => Side::Long,
                SideChoice::Short => Side::Short,
            }),
            horizon: self.horizon,
            leverage: self.leverage.clone(),
            equity: self.equity,
        }
    }
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
    /// Past days drawn anew under a variance with a memory; writes a file of days beside the scenario
    Har,
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

impl Calibrate {
    /// Reads, fits, writes the scenario, prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let (history, report) = self.history()?;
        let provenance = Provenance::of(report, &history).ok_or_else(|| {
            error_with_help("no bars are left between --since and --until", "choose a wider range")
        })?;
        let drift = match self.drift {
            DriftChoice::Zero => Drift::Zero,
            DriftChoice::Estimate => Drift::Estimate,
        };
        let mut terms = Terms::new(&self.terms.choices(), drift, &provenance);
        let network = self.network.calibrate(&history)?;
        if let Some(network) = &network {
            let table = network.table(&terms.asset);
            terms = terms.with_network(table, &self.terms.choices());
        }
        if let (Some(network), Format::Table) = (&network, self.format)
            && self.output.as_deref() != Some(Path::new("-"))
        {
            print(&(render_network_table(network, &terms.asset, terminal_layout()) + "\n"))?;
        }
        if network.is_some() && self.output.is_none() && self.model == ModelChoice::Auto {
            // Nothing else was asked for.
            return match self.format {
                Format::Table => Ok(()),
                _ => print(&(serde_json::to_string_pretty(&network)? + "\n")),
            };
        }
        if let Some(page) = &self.html {
            prepare_file(page)?;
        }
        if self.model == ModelChoice::Har {
            let shown =
                Shown { as_json: self.format == Format::Json, page: self.html.as_deref(), choice: None };
            return calibrate_har(&history, &provenance, &terms, self.output.as_deref(), &shown);
        }
        if let (Some(page), false) = (&self.html, self.model == ModelChoice::Auto) {
            return Err(error_with_help(
                format_args!("there is no page of this model to write to {}", page.display()),
                "only har has one: --model har",
            ));
        }
        let ranges = self.describe.then(|| range_volatilities(&history));
        if let Some(path) = self.output.as_deref().filter(|path| path.as_os_str() != "-") {
            prepare_file(path)?;
        }
        // --describe alone only describes.
        let fits = !self.describe || self.output.is_some() || self.model != ModelChoice::Auto;
        let mut calibration = if fits { Some(self.fit(&history)?) } else { None };
        let out_of_sample = match &mut calibration {
            Some(calibration) if self.model == ModelChoice::Auto => {
                let found = OutOfSample::of(&history, &self.targets(), terms.horizon);
                let has_place = self.output.as_deref() != Some(Path::new("-"));
                let chosen = choose(calibration, &found, has_place);
                if chosen == Chosen::FitAfterHar {
                    warn(
                        "har forecast best, but its file of days has no place beside standard output: name a file with -o",
                    );
                }
                if chosen == Chosen::Har {
                    let layout = terminal_layout();
                    let report = CalibrationReport {
                        provenance: &provenance,
                        calibration: Some(calibration),
                        ranges: ranges.as_deref(),
                        out_of_sample: Some(&found),
                    };
                    let shown = Shown {
                        as_json: self.format == Format::Json,
                        page: self.html.as_deref(),
                        choice: Some((&found, report.table(layout))),
                    };
                    return calibrate_har(&history, &provenance, &terms, self.output.as_deref(), &shown);
                }
                Some(found)
            }
            _ => None,
        };
        let mut said = Vec::new();
        if let Some(page) = &self.html {
            warn(format_args!(
                "{} was not written: har, which it would be of, was not chosen",
                page.display()
            ));
        }
        if let (Some(path), Some(calibration)) = (&self.output, &calibration) {
            let chosen = &calibration.candidates[calibration.chosen];
            let text = scenario(calibration, chosen, &provenance, &terms);
            // What would not run is not written.
            parse(Source::of_file(path, text.as_str()).at(prices::now()), &[])
                .map_err(|problems| WrongScenarios(vec![problems]))?;
            if let Some((start, long_run)) = start_and_long_run(&chosen.fit) {
                let (start, long_run) = (100.0 * start, 100.0 * long_run);
                said.push(format!(
                    "The scenario starts at a volatility of {start:.0} % (after the last bar); the long-run one is {long_run:.0} %."
                ));
            }
            if !terms.assumed.is_empty() {
                said.push(format!("Assumed: {}.", terms.assumed.join("; ")));
            }
            if path.as_os_str() == "-" {
                for warning in chosen.warnings().into_iter().chain(provenance.report.lines()).chain(said) {
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
            out_of_sample: out_of_sample.as_ref(),
        };
        match self.format {
            Format::Json => print(&report.json()?),
            _ => {
                let next = match &self.output {
                    Some(path) => {
                        let said: String = said.iter().map(|line| format!("{line}\n")).collect();
                        format!("\n{said}Wrote {0}. Next:\n  liqsim run {0}\n", path.display())
                    }
                    None => String::new(),
                };
                print(&(report.table(terminal_layout()) + &next))
            }
        }
    }

    /// The part of the file that is to be used, at the interval asked for.
    fn history(&self) -> anyhow::Result<(PriceHistory, HistoryReport)> {
        let (mut history, mut report) = self.reading.read(&self.prices)?;
        if let Some(interval) = self.interval.filter(|interval| *interval != history.interval) {
            let (joined, issues) = history.resample(interval)?;
            history = joined;
            report.issues.extend(issues);
        }
        Ok((history, report))
    }

    fn fit(&self, history: &PriceHistory) -> anyhow::Result<Calibration> {
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
            // Its estimation is no fit to returns: see `calibrate_har`.
            (ModelChoice::Auto | ModelChoice::Har, _) => return Target::ALL.to_vec(),
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
