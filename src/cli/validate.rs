//! `validate`: check scenario files without running them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use liqsim::report::count;
use liqsim::scenario::{PathBudget, Scenario};

use liqsim::study::{KnownValue, LARGEST_SCORE, self_check};

use super::output::print;
use super::sources::{load_all, scenario_files};

/// Check scenario files and show every problem with its place
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim validate liqsim.toml\n  liqsim validate --self")]
pub struct Validate {
    /// Scenario files (TOML), or folders of them (*.toml); "-" is standard input
    #[arg(value_name = "FILE", required_unless_present = "this_build")]
    files: Vec<PathBuf>,

    /// Override a key of the scenario, such as simulation.horizon=7d; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Check this build instead: simulate cases with closed forms and show how far they are off, in standard errors
    #[arg(long = "self", conflicts_with_all = ["files", "overrides"])]
    this_build: bool,
}

impl Validate {
    /// One line per file if all are right.
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        if self.this_build {
            return prove();
        }
        let files = scenario_files(&self.files)?;
        let scenarios = load_all(&files, &self.overrides)?;
        let lines = files.iter().zip(&scenarios);
        print(
            &lines
                .map(|(file, scenario)| format!("{}: ok: {}\n", file.display(), summary(scenario)))
                .collect::<String>(),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs the closed-form battery; exit status 1 if a case is off.
fn prove() -> anyhow::Result<ExitCode> {
    let found = self_check()?;
    print(&battery(&found))?;
    let sound = found.iter().all(|value| value.score.abs() < LARGEST_SCORE);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A Markdown table of the battery, and the verdict.
fn battery(found: &[KnownValue]) -> String {
    let width = found.iter().map(|value| value.case.chars().count()).max().unwrap_or_default();
    let mut text = format!(
        "| {:width$} | estimate | exact    | z     |\n|{:-<2$}|---------:|---------:|------:|\n",
        "case",
        "",
        width + 2
    );
    for value in found {
        let KnownValue { case, estimate, exact, score } = value;
        text += &format!("| {case:width$} | {estimate:.6} | {exact:.6} | {score:+.2} |\n");
    }
    let squares: f64 = found.iter().map(|value| value.score * value.score).sum();
    let off = found.iter().filter(|value| value.score.abs() >= LARGEST_SCORE).count();
    let verdict = if off == 0 { "all within" } else { "not all within" };
    text + &format!(
        "\n{} cases, {verdict} {LARGEST_SCORE} standard errors; sum of squares {squares:.1}\n",
        found.len()
    )
}

/// What would be run.
fn summary(scenario: &Scenario) -> String {
    let simulation = &scenario.simulation;
    let paths = match simulation.paths {
        PathBudget::Fixed(paths) => count(paths),
        PathBudget::Precision { max_paths, .. } => format!("at most {}", count(max_paths)),
    };
    let holder = match &scenario.miner {
        Some(miner) => format!("a miner of {}", scenario.assets[miner.asset].name),
        None => format!("venue {}", scenario.account.venue.name),
    };
    format!(
        "{}, {} levels, {}, {paths} paths, {holder}",
        scenario.name,
        scenario.account.leverage.len(),
        simulation.horizon,
    )
}
