//! `safe`: what leverage is safe?

use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};

use crate::engine::RunOptions;
use crate::report::{SafeEntry, SafeReport, render_safe_csv, render_safe_json, render_safe_table};
use crate::scenario::{self, Axis, PathBudget, Scenario, Sweep as Cells};
use crate::stats::Method;
use crate::study::{Criterion, Depths, Found, RunError, best, largest_within, run_tallied};

use super::failure::{WrongScenarios, error_with_help};
use super::interrupt;
use super::output::{print, terminal_layout};
use super::over::{over, resolve};
use super::progress::ProgressLine;
use super::sources::{Loaded, Sources};
use super::values;

/// Leverages of the curve in the JSON.
const CURVE_POINTS: usize = 60;

/// Find the largest leverage that is safe enough
///
/// One simulation answers for every leverage: each path has a largest leverage that it survives, under the venue's tiers,
/// fees and caps. Where cash flows on the way break this, and for other criteria, several levels are run on the same
/// random numbers and closed in on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim safe liqsim.toml --max-probability 1%,5%\n  \
                        liqsim safe liqsim.toml --criterion expected-shortfall --max 50%\n  \
                        liqsim safe liqsim.toml --criterion kelly --format json\n  \
                        liqsim safe liqsim.toml --over horizon=1d..90d --over volatility=40%..90%")]
pub struct Safe {
    #[command(flatten)]
    sources: Sources,

    /// Largest probability of liquidation; several with commas
    #[arg(long, value_name = "RATIO", value_delimiter = ',', value_parser = values::positive_ratio, default_value = "1%")]
    max_probability: Vec<f64>,

    /// What is asked of the leverage
    #[arg(long, value_enum, default_value = "liquidation-probability")]
    criterion: CriterionName,

    /// Limit of another criterion: a probability, or a loss as a share of the collateral; several with commas
    #[arg(long, value_name = "RATIO", value_delimiter = ',', value_parser = values::positive_ratio)]
    max: Vec<f64>,

    /// The surface over a key: horizon=1d..90d, volatility=40%..90%, or any key of the scenario with a range or a list; repeatable
    #[arg(long, value_name = "KEY=VALUES", value_parser = over)]
    over: Vec<Axis>,

    /// Number of paths, in place of the scenario's paths or precision
    #[arg(long, value_name = "N", value_parser = values::paths, allow_negative_numbers = true)]
    paths: Option<u64>,

    /// Seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// Format on standard output
    #[arg(long, value_enum, default_value = "table")]
    format: SafeFormat,
}

/// The formats of safe leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SafeFormat {
    /// Text for people
    Table,
    /// JSON
    Json,
    /// One row per scenario, point of the surface and limit
    Csv,
}

/// The criteria as they are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CriterionName {
    /// Liquidated with at most this probability
    LiquidationProbability,
    /// Value at risk at 95 % of at most --max
    Var,
    /// Expected shortfall at 95 % of at most --max
    ExpectedShortfall,
    /// A loss with at most probability --max
    LossProbability,
    /// The most log growth of wealth
    Kelly,
    /// The most mean return per unit of expected shortfall
    MeanPerShortfall,
}

impl From<CriterionName> for Criterion {
    fn from(name: CriterionName) -> Self {
        match name {
            CriterionName::LiquidationProbability => Self::LiquidationProbability,
            CriterionName::Var => Self::ValueAtRisk,
            CriterionName::ExpectedShortfall => Self::ExpectedShortfall,
            CriterionName::LossProbability => Self::LossProbability,
            CriterionName::Kelly => Self::Kelly,
            CriterionName::MeanPerShortfall => Self::MeanPerShortfall,
        }
    }
}

impl Safe {
    /// Simulates and prints.
    pub fn execute(self) -> anyhow::Result<()> {
        let criterion = Criterion::from(self.criterion);
        if criterion.has_limit() && criterion != Criterion::LiquidationProbability && self.max.is_empty() {
            return Err(error_with_help("this criterion needs a limit", "add --max, such as --max 50%"));
        }
        let Loaded { files, scenarios } = self.sources.load()?;
        let stop = interrupt::stop_flag()?;
        let mut reports = Vec::new();
        for (file, scenario) in files.iter().zip(scenarios) {
            if self.over.is_empty() {
                reports.push(self.report(scenario, Vec::new(), criterion, &stop)?);
                continue;
            }
            // Standard input can be read once.
            if file.as_os_str() == "-" {
                return Err(error_with_help("a surface cannot be made of standard input", "name a file"));
            }
            let axes = self.over.iter().map(|axis| resolve(axis, &scenario)).collect::<Result<_, _>>()?;
            let cells = Cells { axes, is_paired: false };
            for cell in 0..cells.cells() {
                let overrides = [self.sources.overrides.clone(), cells.overrides(cell)].concat();
                let scenario =
                    scenario::load(file, &overrides).map_err(|problems| WrongScenarios(vec![problems]))?;
                let point = cells
                    .axes
                    .iter()
                    .map(|axis| axis.key.clone())
                    .zip(cells.values(cell).into_iter().map(str::to_owned));
                reports.push(self.report(scenario, point.collect(), criterion, &stop)?);
            }
        }
        match self.format {
            SafeFormat::Table => print(&render_safe_table(&reports, terminal_layout())),
            SafeFormat::Json => print(&render_safe_json(&reports)?),
            SafeFormat::Csv => print(&render_safe_csv(&reports)?),
        }
    }

    fn report(
        &self,
        mut scenario: Scenario,
        over: Vec<(String, String)>,
        criterion: Criterion,
        stop: &AtomicBool,
    ) -> anyhow::Result<SafeReport> {
        if let Some(paths) = self.paths {
            scenario.simulation.paths = PathBudget::Fixed(paths);
        }
        scenario.simulation.seed = self.seed.unwrap_or(scenario.simulation.seed);
        let scenario = &scenario;
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop, progress: &progress };
        let (result, tally) = run_tallied(scenario, &options)?;
        if stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted.into());
        }
        let mut report = SafeReport {
            liqsim: result.liqsim,
            scenario: result.scenario,
            identity: result.identity,
            seed: result.seed,
            paths: result.paths,
            horizon_days: result.horizon_days,
            over: over.into_iter().collect(),
            criterion,
            method: "search".to_owned(),
            notes: Vec::new(),
            safe_leverage: Vec::new(),
            curve: Vec::new(),
        };
        if criterion == Criterion::LiquidationProbability
            && let Some(depths) = Depths::new(scenario, &tally)
        {
            "one_pass".clone_into(&mut report.method);
            report.curve = depths.curve(CURVE_POINTS);
            let (mut crossing, mut rare) = (Vec::new(), Vec::new());
            for max in &self.max_probability {
                let (safe, by) = depths.safest(*max, &options)?;
                match by {
                    Method::QuasiMonteCarlo => crossing.push(format!("{max}")),
                    Method::Splitting => rare.push(format!("{max}")),
                    _ => {}
                }
                report.safe_leverage.push(safe.into());
            }
            if !crossing.is_empty() {
                report.notes.push(format!(
                    "At most {}: from crossing probabilities on scrambled Sobol points.",
                    crossing.join(", ")
                ));
            }
            if !rare.is_empty() {
                report.notes.push(format!(
                    "At most {}: from particles, paths that are resampled on their way towards liquidation and weighted.",
                    rare.join(", ")
                ));
            }
            return Ok(report);
        }
        report.notes.push(
            "One pass cannot tell this: several levels were run on the same random numbers and closed in on."
                .to_owned(),
        );
        report.safe_leverage = self.search(scenario, criterion, &options)?;
        Ok(report)
    }

    fn search(
        &self,
        scenario: &Scenario,
        criterion: Criterion,
        options: &RunOptions<'_>,
    ) -> anyhow::Result<Vec<SafeEntry>> {
        let nothing = || anyhow::anyhow!("the venue lets no position of this account be opened");
        let entry = |found: Found, max_probability, max| SafeEntry {
            max_probability,
            max,
            leverage: found.leverage,
            low: found.low,
            high: found.high,
            limited_by_venue: found.limited_by_venue,
            kelly: (criterion == Criterion::Kelly).then_some(found.level.kelly),
        };
        if !criterion.has_limit() {
            return Ok(vec![entry(best(scenario, criterion, options)?.ok_or_else(nothing)?, None, None)]);
        }
        let is_liquidation = criterion == Criterion::LiquidationProbability;
        let limits = if is_liquidation { &self.max_probability } else { &self.max };
        limits
            .iter()
            .map(|limit| {
                let found = largest_within(scenario, criterion, *limit, options)?.ok_or_else(nothing)?;
                Ok(entry(found, is_liquidation.then_some(*limit), (!is_liquidation).then_some(*limit)))
            })
            .collect()
    }
}
