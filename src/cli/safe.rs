//! `safe`: what leverage is safe?

use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};

use liqsim::engine::RunOptions;
use liqsim::report::{
    Format, render_safe_csv, render_safe_json, render_safe_table, render_vary_json, render_vary_table,
};
use liqsim::scenario::{Axis, Scenario, Sweep as Cells};
use liqsim::study::{Criterion, SafeReport, Vary, VaryError, safe, vary};

use super::failure::error_with_help;
use super::interrupt;
use super::output::{print, terminal_layout};
use super::progress::ProgressLine;
use super::sources::{Loaded, Sources, load};
use super::values;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json, Format::Csv];

/// Find the largest leverage that is safe enough
///
/// One simulation answers for every leverage: each path has a largest leverage that it survives, under the
/// venue's tiers, fees and caps. Where cash flows on the way break this, and for other criteria, several
/// levels are run on the same random numbers and closed in on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim safe liqsim.toml --max-probability 1%,5%\n  \
                        liqsim safe liqsim.toml --criterion expected-shortfall --max 50%\n  \
                        liqsim safe liqsim.toml --criterion kelly --format json\n  \
                        liqsim safe liqsim.toml --over horizon=1d..90d --over volatility=40%..90%\n  \
                        liqsim safe liqsim.toml --leverage 10 --vary margin --paths 20000\n  \
                        liqsim safe liqsim.toml --leverage 10 --vary stop --max-probability 0.1% --paths 20000")]
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

    /// The surface over a key: horizon=1d..90d, volatility=40%..90%, or any key of the scenario with a range
    /// or a list; repeatable
    #[arg(long, value_name = "KEY=VALUES", value_parser = Axis::from_str)]
    over: Vec<Axis>,

    /// In place of the largest leverage: how much margin must be added to the position, or where its stop
    /// belongs
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "over")]
    vary: Option<VaryName>,

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
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,
}

/// What is varied beside the leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VaryName {
    /// The least margin to add to the position as it is
    Margin,
    /// The widest stop
    Stop,
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
        let Loaded { files, scenarios, overrides: changes } = self.sources.load()?;
        let stop = interrupt::stop_flag()?;
        if let Some(what) = self.vary {
            return self.varied(what, &scenarios, criterion, &stop);
        }
        let mut reports = Vec::new();
        for ((file, scenario), changed) in files.iter().zip(scenarios).zip(changes) {
            if self.over.is_empty() {
                reports.push(self.answer(scenario, criterion, &stop)?);
                continue;
            }
            // Standard input can be read once.
            if file.as_os_str() == "-" {
                return Err(error_with_help("a surface cannot be made of standard input", "name a file"));
            }
            let axes = self.over.iter().map(|axis| axis.resolved(&scenario)).collect::<Result<_, _>>()?;
            let cells = Cells { axes, is_paired: false };
            for cell in 0..cells.cells() {
                let overrides = [changed.clone(), cells.overrides(cell)].concat();
                let scenario = load(file, &overrides)?;
                let point = cells
                    .axes
                    .iter()
                    .map(|axis| axis.key.clone())
                    .zip(cells.values(cell).into_iter().map(str::to_owned));
                let report = self.answer(scenario, criterion, &stop)?;
                reports.push(SafeReport { over: point.collect(), ..report });
            }
        }
        match self.format {
            // Titles alone do not tell files apart.
            Format::Table if files.len() > 1 && reports.len() == files.len() => {
                let named = reports.iter().zip(&files).map(|(report, file)| {
                    let one = render_safe_table(std::slice::from_ref(report), terminal_layout());
                    format!("{}: {one}", file.display())
                });
                print(&named.collect::<Vec<_>>().join("\n"))
            }
            Format::Table => print(&render_safe_table(&reports, terminal_layout())),
            Format::Csv => print(&render_safe_csv(&reports)?),
            _ => print(&render_safe_json(&reports)?),
        }
    }

    /// Prints how much margin, or what stop, keeps the limits.
    fn varied(
        &self,
        what: VaryName,
        scenarios: &[Scenario],
        criterion: Criterion,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let what = match what {
            VaryName::Margin => Vary::Margin,
            VaryName::Stop => Vary::Stop,
        };
        let limits = self.limits(criterion);
        let mut reports = Vec::new();
        for scenario in scenarios {
            let scenario = scenario.clone().with(self.paths, self.seed);
            let line = ProgressLine::new(&scenario.name);
            let progress = |progress| line.show(&progress);
            let options = RunOptions { threads: self.threads, stop, progress: &progress };
            let report = vary(&scenario, what, criterion, limits, &options).map_err(|error| match error {
                VaryError::Run(error) => error.into(),
                error => error_with_help(error, "`liqsim safe` without --vary finds the leverage"),
            })?;
            reports.push(report);
        }
        match self.format {
            Format::Table => print(&render_vary_table(&reports, terminal_layout())),
            Format::Csv => {
                Err(error_with_help("there is no CSV of this", "use --format json, or --format table"))
            }
            _ => print(&render_vary_json(&reports)?),
        }
    }

    fn limits(&self, criterion: Criterion) -> &[f64] {
        match criterion {
            Criterion::LiquidationProbability => &self.max_probability,
            _ => &self.max,
        }
    }

    fn answer(
        &self,
        scenario: Scenario,
        criterion: Criterion,
        stop: &AtomicBool,
    ) -> anyhow::Result<SafeReport> {
        let scenario = scenario.with(self.paths, self.seed);
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop, progress: &progress };
        Ok(safe(&scenario, criterion, self.limits(criterion), &options)?)
    }
}
